// SPDX-License-Identifier: Apache-2.0
// Finds keys that stand twice in a map under construction. A filter of 64 bits answers nearly always;
// large maps are looked at once, sorted, when they are complete: no hash a sender could attack.
#pragma once

#include "object/draft.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace knarr::codec::internal {

class KeyFilter {
 public:
  static constexpr std::size_t kNone = ~std::size_t{0};

  /// The index of `key` in `map`, or kNone when it is new, or when the map is so large that
  /// finish() looks.
  std::size_t find(object::NodeRef map, std::string_view key, object::Atom atom);

  /// To be called when the map is complete: of equal keys the last one's value moves to the first
  /// one's place, which is marked. `found` is called with the index of each key kept that way.
  template <typename Found>
  void finish(object::NodeRef map, Found found) const {
    if (map.size() > kLarge) merge_duplicates(map, [](void* f, std::size_t i) { (*static_cast<Found*>(f))(i); }, &found);
  }

 private:
  static constexpr std::size_t kLarge = 48;
  static void merge_duplicates(object::NodeRef map, void (*found)(void*, std::size_t), void* context);

  std::uint64_t seen_ = 0;
};

}  // namespace knarr::codec::internal
