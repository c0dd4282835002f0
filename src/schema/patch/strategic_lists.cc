// SPDX-License-Identifier: Apache-2.0
// Merging of lists by key, and the order of the result: what the patch names comes in the patch's
// order, what it does not name keeps the order it had, and the two interleave as before.
#include "schema/patch/strategic_lists.h"

#include "schema/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace knarr::schema::strategic {

using object::Kind;
using object::NodeRef;

namespace {

using Nodes = std::vector<NodeRef>;

Nodes nodes_of(NodeRef list) {
  Nodes out;
  out.reserve(list.size());
  for (NodeRef item : list.items()) out.push_back(item);
  return out;
}

Error no_merge_key(NodeRef map, std::string_view key) {
  return bad(fmt::format("map: {} does not contain declared merge key: {}", json_text(map), key));
}

// What an item is found by: itself, or its merge key. JSON text tells texts from numbers.
std::string identity(NodeRef item, std::string_view merge_key) {
  return json_text(merge_key.empty() ? item : item[merge_key]);
}

// The first place of each identity in a list.
class Places {
 public:
  Places(const Nodes& list, std::string_view merge_key) : merge_key_(merge_key) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (merge_key.empty() || list[i][merge_key].exists()) {
        places_.emplace(identity(list[i], merge_key), i);
      }
    }
  }
  [[nodiscard]] std::optional<std::size_t> find(NodeRef item) const {
    const auto found = places_.find(identity(item, merge_key_));
    if (found == places_.end()) return std::nullopt;
    return found->second;
  }

 private:
  std::string_view merge_key_;
  std::unordered_map<std::string, std::size_t> places_;
};

// All elements must be of one kind, and no lists.
Result<Kind> element_kind(const Nodes& a, const Nodes& b) {
  std::optional<Kind> kind;
  for (const Nodes* list : {&a, &b}) {
    for (const NodeRef item : *list) {
      if (item.is_list()) return bad("lists of lists are not supported");
      if (item.is_null() || (kind && *kind != item.kind())) {
        return bad("list element types are not identical");
      }
      kind = item.kind();
    }
  }
  if (!kind) return bad("no elements in any given slices");
  return *kind;
}

void sort_by(Nodes& items, const Places& order) {
  constexpr std::size_t kLast = static_cast<std::size_t>(-1);
  std::vector<std::pair<std::size_t, NodeRef>> keyed;
  keyed.reserve(items.size());
  for (NodeRef item : items) keyed.emplace_back(order.find(item).value_or(kLast), item);
  std::vector<std::size_t> index(keyed.size());
  for (std::size_t i = 0; i < index.size(); ++i) index[i] = i;
  std::sort(index.begin(), index.end(), [&](std::size_t a, std::size_t b) {
    return keyed[a].first != keyed[b].first ? keyed[a].first < keyed[b].first : a < b;
  });
  for (std::size_t i = 0; i < index.size(); ++i) items[i] = keyed[index[i]].second;
}

// Puts `merged` in order: items that `order` names as it names them, the others as `server` had them;
// of two that `server` knows both, the one it had first comes first.
Result<Nodes> arrange(const Nodes& merged, const Nodes& order, const Nodes& server,
                      std::string_view merge_key) {
  const Places order_places(order, merge_key);
  const Places server_places(server, merge_key);
  Nodes named;
  Nodes others;
  for (const NodeRef item : merged) {
    if (!merge_key.empty() && !item[merge_key].exists()) return no_merge_key(item, merge_key);
    (order_places.find(item) ? named : others).push_back(item);
  }
  sort_by(named, order_places);
  sort_by(others, server_places);
  Nodes out;
  out.reserve(merged.size());
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < others.size() && j < named.size()) {
    const auto left = server_places.find(others[i]);
    const auto right = server_places.find(named[j]);
    const bool left_first = left && right && *left < *right;
    out.push_back(left_first ? others[i++] : named[j++]);
  }
  while (i < others.size()) out.push_back(others[i++]);
  while (j < named.size()) out.push_back(named[j++]);
  return out;
}

// Makes `list` hold these nodes, which are its own or the patch's.
void rebuild(NodeRef list, const Nodes& items) {
  NodeRef next = list.append();  // A place in the same Draft; the list takes it over.
  next.set_list();
  for (const NodeRef item : items) {
    NodeRef place = next.append();
    if (item.arena() == list.arena()) {
      place.take(item);
    } else {
      place.assign(item);
    }
  }
  list.take(next);
}

// The directives among the elements: deletions are carried out, `replace` empties the original.
Result<> take_directives(Nodes& original, Nodes& patch, std::string_view merge_key) {
  Nodes plain;
  std::unordered_set<std::string> deleted;
  bool replace = false;
  for (const NodeRef item : patch) {
    const NodeRef directive = item["$patch"];
    if (!directive.exists()) {
      plain.push_back(item);
    } else if (directive.as_string() == "delete") {
      if (!item[merge_key].exists()) return no_merge_key(item, merge_key);
      deleted.insert(identity(item, merge_key));
    } else if (directive.as_string() == "replace") {
      replace = true;
    } else if (directive.as_string() == "merge") {
      return bad("merging lists cannot yet be specified in the patch");
    } else {
      return unknown_directive(directive, item);
    }
  }
  if (replace) {
    original = std::move(plain);
    patch.clear();
    return ok();
  }
  std::erase_if(original, [&](NodeRef item) {
    return !deleted.empty() && item[merge_key].exists() &&
           deleted.contains(identity(item, merge_key));
  });
  patch = std::move(plain);
  return ok();
}

Result<Nodes> merge_maps(Nodes& original, Nodes& patch, const Member& member) {
  const std::string_view merge_key = member.merge_key;
  if (merge_key.empty()) {
    return bad(fmt::format("cannot merge lists without merge key for {}", member.type.name()));
  }
  TRY(take_directives(original, patch, merge_key));
  const Places places(original, merge_key);
  Nodes merged = original;
  std::unordered_map<std::string, NodeRef> added;
  for (NodeRef item : patch) {
    if (!item[merge_key].exists()) return no_merge_key(item, merge_key);
    if (const auto at = places.find(item)) {
      TRY(merge_map(merged[*at], item, member.type.element()));
      continue;
    }
    const auto [found, is_new] = added.emplace(identity(item, merge_key), item);
    if (is_new) {
      drop_nulls(item);
      merged.push_back(item);
    } else {
      TRY(merge_map(found->second, item, member.type.element()));
    }
  }
  return merged;
}

Nodes merge_scalars(const Nodes& original, const Nodes& patch, bool delete_list) {
  Nodes out;
  std::unordered_set<std::string> seen;
  if (delete_list) {
    for (const NodeRef item : patch) seen.insert(identity(item, {}));
    for (const NodeRef item : original) {
      if (!seen.contains(identity(item, {}))) out.push_back(item);
    }
    return out;
  }
  for (const Nodes* list : {&original, &patch}) {
    for (const NodeRef item : *list) {
      if (seen.insert(identity(item, {})).second) out.push_back(item);
    }
  }
  return out;
}

Result<Nodes> merged_nodes(Nodes original, Nodes patch, const Member& member, bool delete_list) {
  if (original.empty() && patch.empty()) return original;
  const Kind kind = TRY(element_kind(original, patch));
  if (kind != Kind::Map) {
    Nodes merged = merge_scalars(original, patch, delete_list);
    if (delete_list) return merged;
    return arrange(merged, patch, original, {});
  }
  const Nodes merged = TRY(merge_maps(original, patch, member));
  return arrange(merged, patch, original, member.merge_key);
}

// The elements of the patch must come in the order that $setElementOrder names.
Result<> check_order(const Nodes& patch, const Nodes& order, std::string_view merge_key) {
  if (patch.empty() || order.empty()) return ok();
  std::size_t at = 0;
  for (const NodeRef item : patch) {
    if (!merge_key.empty() && item.is_map() && item["$patch"].as_string() == "delete") continue;
    if (!merge_key.empty() && !item[merge_key].exists()) return no_merge_key(item, merge_key);
    while (at < order.size() && identity(order[at], merge_key) != identity(item, merge_key)) ++at;
    if (at == order.size()) {
      return bad("The order in patch list doesn't match $setElementOrder list");
    }
    ++at;
  }
  return ok();
}

}  // namespace

Result<> merge_list(NodeRef original, NodeRef patch, const Member& member, bool delete_list) {
  if (original.empty() && patch.empty()) return ok();
  rebuild(original, TRY(merged_nodes(nodes_of(original), nodes_of(patch), member, delete_list)));
  return ok();
}

Result<> merge_in_order(NodeRef original, bool had_original, NodeRef patch, NodeRef order,
                        const Member& member) {
  const Nodes before = nodes_of(original);
  const Nodes wanted = nodes_of(order);
  const Nodes patched = nodes_of(patch);
  const bool maps = (!before.empty() && before[0].is_map()) ||
                    (!patched.empty() && patched[0].is_map());
  if (maps && member.merge_key.empty()) {
    return bad(fmt::format("$setElementOrder needs a list with a merge key, {} has none",
                           member.type.name()));
  }
  if (!member.merge_key.empty()) {
    for (const NodeRef item : wanted) {
      if (!item.is_map()) return bad("an element of $setElementOrder is not a map");
      if (!item[member.merge_key].exists()) return no_merge_key(item, member.merge_key);
    }
  }
  TRY(check_order(patched, wanted, member.merge_key));
  Nodes merged = before;
  if (patch.exists() && had_original) {
    merged = member.merges ? TRY(merged_nodes(before, patched, member, false)) : patched;
  } else if (patch.exists()) {
    drop_directives(patch);
    merged = nodes_of(patch);
  }
  TRY(element_kind(before, patched));
  rebuild(original, TRY(arrange(merged, wanted, before, member.merge_key)));
  return ok();
}

}  // namespace knarr::schema::strategic
