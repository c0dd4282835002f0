// SPDX-License-Identifier: Apache-2.0
// Finds keys that stand twice in a map under construction. A filter of 64 bits answers nearly always;
// large maps are looked at once, sorted, when they are complete: no hash a sender could attack.
#pragma once

#include "object/draft.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace knarr::codec::internal {

class KeyFilter {
 public:
  static constexpr std::size_t kNone = ~std::size_t{0};

  /// The index of `key` in `map`, or kNone when it is new, or when the map is so large that
  /// finish() looks.
  std::size_t find(object::NodeRef map, std::string_view key, object::Atom atom);

  /// To be called when the map is complete; `found` is called with the index of each key that
  /// merge_duplicates() found in a large map.
  template <typename Found>
  void finish(object::NodeRef map, Found found) const {
    if (map.size() <= kLarge) return;
    for (const std::uint32_t index : merge_duplicates(map)) found(index);
  }

  /// Of equal keys keeps the last one's value at the first one's place, marked. Gives the (new)
  /// indices of those places.
  static std::vector<std::uint32_t> merge_duplicates(object::NodeRef map);

 private:
  static constexpr std::size_t kLarge = 48;

  std::uint64_t seen_ = 0;
};

}  // namespace knarr::codec::internal
