// SPDX-License-Identifier: Apache-2.0
#include "codec/json/duplicates.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace knarr::codec::internal {

std::size_t KeyFilter::find(object::NodeRef map, std::string_view key, object::Atom atom) {
  if (map.size() >= kLarge) return kNone;
  std::uint64_t hash = atom.id;
  if (!atom && !key.empty()) {
    hash = key.size() * 7 + static_cast<unsigned char>(key.front()) * 31U +
           static_cast<unsigned char>(key[key.size() / 2]) * 17U + static_cast<unsigned char>(key.back());
  }
  const std::uint64_t bit = std::uint64_t{1} << (hash & 63U);
  if ((seen_ & bit) == 0) {
    seen_ |= bit;
    return kNone;
  }
  for (std::size_t i = 0; i < map.size(); ++i) {
    const object::NodeEntry entry = map.entry(i);
    if (atom ? entry.atom == atom : entry.key == key) return i;
  }
  return kNone;
}

std::vector<std::uint32_t> KeyFilter::merge_duplicates(object::NodeRef map) {
  std::vector<std::uint32_t> order(map.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, [map](std::uint32_t a, std::uint32_t b) {
    const int order = map.entry(a).key.compare(map.entry(b).key);
    return order != 0 ? order < 0 : a < b;
  });
  std::vector<std::uint32_t> drop;
  std::vector<std::uint32_t> kept;
  for (std::size_t i = 1, first = 0; i < order.size(); ++i) {
    if (map.entry(order[first]).key != map.entry(order[i]).key) {
      first = i;
      continue;
    }
    map.entry(order[first]).value.take(map.entry(order[i]).value);
    drop.push_back(order[i]);
    if (kept.empty() || kept.back() != order[first]) kept.push_back(order[first]);
  }
  if (drop.empty()) return {};
  std::ranges::sort(kept);
  std::ranges::sort(drop);
  for (const std::uint32_t index : kept) map.mark_duplicated(index);
  map.erase_many(drop);
  for (std::uint32_t& index : kept) {
    index -= static_cast<std::uint32_t>(std::ranges::lower_bound(drop, index) - drop.begin());
  }
  return kept;
}

}  // namespace knarr::codec::internal
