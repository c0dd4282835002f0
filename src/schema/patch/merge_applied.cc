// SPDX-License-Identifier: Apache-2.0
// Merging an applied object into the live one, and pruning what its manager let go.
// Source: sigs.k8s.io/structured-merge-diff typed/merge.go and remove.go.
#include "schema/patch/apply_parts.h"
#include "schema/patch/raw.h"
#include "schema/patch/shape.h"

#include <algorithm>
#include <map>
#include <optional>

namespace knarr::schema {

using object::NodeRef;
using object::Type;

namespace {

using Nodes = std::vector<NodeRef>;

void merge_node(NodeRef target, NodeRef applied, const Shape& shape);

// Items of a list with the places of their keys. An item without a key has no place.
struct Keyed {
  std::vector<PathElement> elements;
  Nodes items;
  std::map<PathElement, std::optional<std::size_t>> places;  // Nothing: the key stands twice.

  Keyed(NodeRef list, const Shape& shape) {
    for (NodeRef item : list.items()) {
      auto element = item_element(item, shape);
      if (!element) continue;
      const auto [place, is_new] = places.emplace(*element, items.size());
      if (!is_new) place->second = std::nullopt;
      elements.push_back(std::move(*element));
      items.push_back(item);
    }
  }
  [[nodiscard]] bool has(const PathElement& element) const { return places.contains(element); }
};

// The order of the merged list: that of the live list, where the applied one does not say otherwise;
// items that both have stand as applied, and what comes new follows its neighbour there.
class ListMerge {
 public:
  ListMerge(NodeRef target, NodeRef applied, const Shape& shape)
      : element_shape_(shape.element()), live_(target, shape), applied_(applied, shape) {
    for (std::size_t i = 0; i < applied_.elements.size(); ++i) {
      if (live_.has(applied_.elements[i])) shared_.push_back(i);
    }
  }

  Nodes run() {
    std::size_t l = 0;
    std::size_t r = 0;
    while (l < live_.items.size() || r < applied_.items.size()) {
      if (l < live_.items.size() && r < applied_.items.size()) {
        if (live_.elements[l] == applied_.elements[r]) {
          take(r++);
          ++l;
          ++next_shared_;
          continue;
        }
        // An item that both have, but not the one whose turn it is.
        if (applied_.has(live_.elements[l]) && next_shared_ < shared_.size() &&
            applied_.elements[shared_[next_shared_]] != live_.elements[l]) {
          ++l;
          continue;
        }
      }
      if (l < live_.items.size()) {
        if (!applied_.has(live_.elements[l])) {
          out_.push_back(live_.items[l++]);
          continue;
        }
        if (taken_.contains(live_.elements[l])) ++l;
      }
      if (r < applied_.items.size()) {
        const bool is_shared =
            next_shared_ < shared_.size() && shared_[next_shared_] == r;
        take(r++);
        if (is_shared) ++next_shared_;
      }
    }
    return std::move(out_);
  }

 private:
  void take(std::size_t r) {
    const PathElement& element = applied_.elements[r];
    taken_.emplace(element, true);
    const auto place = live_.places.find(element);
    if (place == live_.places.end() || !place->second) {
      out_.push_back(applied_.items[r]);  // New, or a double of the live list, which it replaces.
      return;
    }
    const NodeRef item = live_.items[*place->second];
    merge_node(item, applied_.items[r], element_shape_);
    out_.push_back(item);
  }

  Shape element_shape_;
  Keyed live_;
  Keyed applied_;
  std::vector<std::size_t> shared_;  // Applied items that the live list has, in applied order.
  std::size_t next_shared_ = 0;
  std::map<PathElement, bool> taken_;
  Nodes out_;
};

// Makes `list` hold these nodes, its own or the applied object's.
void rebuild(NodeRef list, const Nodes& items) {
  NodeRef next = list.append();
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

void merge_list(NodeRef target, NodeRef applied, const Shape& shape) {
  const bool nothing_live = !target.is_list() || target.empty();
  if (nothing_live) {
    target.assign(applied);
  } else if (applied.is_list() && !applied.empty()) {
    rebuild(target, ListMerge(target, applied, shape).run());
  }
}

void merge_map(NodeRef target, NodeRef applied, const Shape& shape, bool root) {
  if (!target.is_map() || target.empty()) {
    if (!root) {
      target.assign(applied);
      return;
    }
    target.set_map();
  }
  for (const auto [key, atom, value] : applied.entries()) {
    if (root && (key == "kind" || key == "apiVersion")) continue;
    NodeRef child = atom ? target[atom] : target[key];
    if (child.exists()) {
      merge_node(child, value, shape.member(atom, key).value_or(Shape{}));
    } else {
      target.ensure(key).assign(value);
    }
  }
}

void merge_node(NodeRef target, NodeRef applied, const Shape& shape) {
  switch (shape.form) {
    case Shape::Form::Leaf: target.assign(applied); return;
    case Shape::Form::Set:
    case Shape::Form::MapList: merge_list(target, applied, shape); return;
    case Shape::Form::Struct:
    case Shape::Form::Map: merge_map(target, applied, shape, false); return;
    case Shape::Form::Open:
      open_raw(target);
      if (target.is_map() && (applied.is_map() || applied.is_null())) {
        merge_map(target, applied, shape, false);
      } else {
        target.assign(applied);
      }
      return;
  }
}

// ---------------------------------------------------------------- pruning

struct Owners {
  std::vector<const FieldSet*> sets;

  [[nodiscard]] bool own(const PathElement& element, bool named) const {
    return std::any_of(sets.begin(), sets.end(), [&](const FieldSet* set) {
      const FieldSet::Entry* entry = set->find(element);
      return entry != nullptr && (entry->member || (named && !entry->children.empty()));
    });
  }
  [[nodiscard]] Owners below(const PathElement& element) const {
    Owners out;
    for (const FieldSet* set : sets) {
      const FieldSet::Entry* entry = set->find(element);
      if (entry != nullptr && !entry->children.empty()) out.sets.push_back(&entry->children);
    }
    return out;
  }
};

void prune_node(NodeRef node, const Shape& shape, const FieldSet& last, const Owners& owners);

// True when the child at `entry` is to go.
bool prune_child(NodeRef child, const Shape& shape, bool named, const FieldSet::Entry& entry,
                 const Owners& owners) {
  const bool had = entry.member || (named && !entry.children.empty());
  if (had && !owners.own(entry.element, named)) return true;
  if (!entry.children.empty()) {
    prune_node(child, shape, entry.children, owners.below(entry.element));
  }
  return false;
}

void prune_node(NodeRef node, const Shape& shape, const FieldSet& last, const Owners& owners) {
  const bool was_empty = node.empty();
  if (node.is_map()) {
    for (const FieldSet::Entry& entry : last.entries()) {
      if (entry.element.kind != PathElement::Kind::Field) continue;
      NodeRef child = node[entry.element.name];
      if (!child.exists()) continue;
      const Shape below =
          shape.member(object::find_atom(entry.element.name), entry.element.name).value_or(Shape{});
      const bool named = shape.declares(entry.element.name);
      if (prune_child(child, below, named, entry, owners)) node.erase(entry.element.name);
    }
  } else if (node.is_list() &&
             (shape.form == Shape::Form::Set || shape.form == Shape::Form::MapList)) {
    const Shape below = shape.element();
    for (std::size_t i = node.size(); i > 0; --i) {
      const auto element = item_element(node.at(i - 1), shape);
      const FieldSet::Entry* entry = element ? last.find(*element) : nullptr;
      if (entry == nullptr) continue;
      if (prune_child(node.at(i - 1), below, false, *entry, owners)) node.erase_at(i - 1);
    }
  }
  if (!was_empty && node.empty()) node.set_null();  // As if it had never been sent.
}

}  // namespace

void merge_applied(NodeRef target, NodeRef applied, Type type) {
  merge_map(target, applied, type ? Shape::of(type) : Shape{}, true);
}

void prune_unowned(NodeRef target, Type type, const FieldSet& last,
                   const std::vector<const FieldSet*>& owners) {
  // Whoever applies names the object and so keeps its metadata, though names are in no set.
  const std::string_view name[] = {"metadata.name"};
  const FieldSet named = FieldSet::of(name);
  Owners all{owners};
  all.sets.push_back(&named);
  prune_node(target, type ? Shape::of(type) : Shape{}, last, all);
}

}  // namespace knarr::schema
