// SPDX-License-Identifier: Apache-2.0
#include "schema/patch/compare.h"

#include "codec/json.h"
#include "object/equality.h"
#include "schema/patch/shape.h"

#include <algorithm>
#include <map>

namespace knarr::schema {

using object::Atom;
using object::Kind;
using object::NodeRef;
using object::Type;
using object::Value;

bool is_system_metadata(std::string_view key) {
  static constexpr std::string_view kKeys[] = {
      "name", "namespace", "creationTimestamp", "selfLink", "uid",
      "clusterName", "generation", "managedFields", "resourceVersion"};
  return std::find(std::begin(kKeys), std::end(kKeys), key) != std::end(kKeys);
}

namespace {

bool equal_trees(NodeRef a, NodeRef b) { return object::equal(a, b); }
bool equal_trees(Value a, NodeRef b) { return object::equal(a, b); }
bool equal_trees(NodeRef a, Value b) { return object::equal(b, a); }

// Raw JSON may differ in the order of its keys.
template <typename L, typename R>
bool same_leaf(L before, R after) {
  if (before.kind() != Kind::Raw || after.kind() != Kind::Raw) return equal_trees(before, after);
  if (before.as_raw() == after.as_raw()) return true;
  const auto a = codec::parse_json(before.as_raw());
  const auto b = codec::parse_json(after.as_raw());
  return a && b && object::equal(a->root(), b->root());
}

// One step of the path being looked at; made into an element only when something is told of it.
struct Step {
  std::string_view field;
  const PathElement* element = nullptr;
};

template <typename L, typename R>
class Walk {
 public:
  void object(L before, R after, Type type) {
    // kind and apiVersion name the type, they are no fields.
    const Shape shape = type ? Shape::of(type) : Shape{};
    members(before, after, shape, [](std::string_view key) {
      return key != "kind" && key != "apiVersion";
    });
  }
  Comparison result;

 private:
  void node(L before, R after, const Shape& shape) {
    if (!before.exists() && !after.exists()) return;
    switch (shape.form) {
      case Shape::Form::Leaf: leaf(before, after); return;
      case Shape::Form::Set:
      case Shape::Form::MapList: list(before, after, shape); return;
      case Shape::Form::Open: open(before, after, shape); return;
      case Shape::Form::Struct:
      case Shape::Form::Map: map(before, after, shape); return;
    }
  }

  void leaf(L before, R after) {
    if (!before.exists()) {
      tell(result.added);
    } else if (!after.exists()) {
      tell(result.removed);
    } else if (!same_leaf(before, after)) {
      tell(result.modified);
    }
  }

  // Without a schema the values say what they are.
  void open(L before, R after, const Shape& shape) {
    const bool maps_before = before.is_map() || before.is_null();
    const bool maps_after = after.is_map() || after.is_null();
    if ((before.is_map() || after.is_map()) && maps_before && maps_after) {
      map(before, after, shape);
      return;
    }
    if (before.is_map()) members(before, R{}, shape, [](std::string_view) { return true; });
    if (after.is_map()) members(L{}, after, shape, [](std::string_view) { return true; });
    leaf(before, after);
  }

  void map(L before, R after, const Shape& shape) {
    const bool empty_before = !before.is_map() || before.empty();
    const bool empty_after = !after.is_map() || after.empty();
    if (empty_before && empty_after) {
      leaf(before, after);
      return;
    }
    const bool metadata = path_.size() == 1 && path_[0].field == "metadata";
    members(before, after, shape,
            [&](std::string_view key) { return !metadata || !is_system_metadata(key); });
    edge(before, after);
  }

  // What stands on one side only is told of itself too, after its parts.
  void edge(L before, R after) {
    if (!before.exists()) {
      tell(result.added);
    } else if (!after.exists()) {
      tell(result.removed);
    }
  }

  template <typename Wanted>
  void members(L before, R after, const Shape& shape, Wanted wanted) {
    for (const auto item : before.entries()) {
      if (!wanted(item.key)) continue;
      const R other = item.atom ? after[item.atom] : after[item.key];
      member(item.atom, item.key, item.value, other, shape);
    }
    for (const auto item : after.entries()) {
      if (!wanted(item.key)) continue;
      const L other = item.atom ? before[item.atom] : before[item.key];
      if (!other.exists()) member(item.atom, item.key, other, item.value, shape);
    }
  }

  void member(Atom atom, std::string_view key, L before, R after, const Shape& shape) {
    path_.push_back({key, nullptr});
    node(before, after, shape.member(atom, key).value_or(Shape{}));
    path_.pop_back();
  }

  template <typename Tree>
  struct Items {
    std::vector<Tree> items;
  };

  void list(L before, R after, const Shape& shape) {
    const bool empty_before = !before.is_list() || before.empty();
    const bool empty_after = !after.is_list() || after.empty();
    if (empty_before && empty_after) {
      leaf(before, after);
      return;
    }
    std::map<PathElement, std::pair<Items<L>, Items<R>>> all;
    for (const L item : before.items()) {
      if (auto element = item_element(item, shape)) {
        all[std::move(*element)].first.items.push_back(item);
      }
    }
    for (const R item : after.items()) {
      if (auto element = item_element(item, shape)) {
        all[std::move(*element)].second.items.push_back(item);
      }
    }
    const Shape element_shape = shape.element();
    for (const auto& [element, sides] : all) {
      path_.push_back({{}, &element});
      items(sides.first.items, sides.second.items, element_shape);
      path_.pop_back();
    }
    edge(before, after);
  }

  void items(const std::vector<L>& before, const std::vector<R>& after, const Shape& shape) {
    if (before.size() <= 1 && after.size() <= 1) {
      node(before.empty() ? L{} : before[0], after.empty() ? R{} : after[0], shape);
    } else if (before.size() >= 2 && after.size() >= 2) {
      bool same = before.size() == after.size();
      for (std::size_t i = 0; same && i < before.size(); ++i) {
        same = equal_trees(before[i], after[i]);
      }
      if (!same) tell(result.modified);
    } else if (before.size() >= 2) {
      if (!after.empty()) node(L{}, after[0], shape);
      tell(result.removed);
    } else {
      if (!before.empty()) node(before[0], R{}, shape);
      tell(result.added);
    }
  }

  void tell(FieldSet& set) {
    Path path;
    path.reserve(path_.size());
    for (const Step& step : path_) {
      path.push_back(step.element != nullptr ? *step.element : PathElement::field(step.field));
    }
    set.insert(path);
  }

  std::vector<Step> path_;
};

template <typename L, typename R>
Comparison run(L before, R after, Type type) {
  Walk<L, R> walk;
  walk.object(before, after, type);
  return std::move(walk.result);
}

}  // namespace

Comparison compare_objects(Value before, NodeRef after, Type type) {
  return run(before, after, type);
}
Comparison compare_objects(NodeRef before, NodeRef after, Type type) {
  return run(before, after, type);
}
Comparison compare_objects(NodeRef before, Value after, Type type) {
  return run(before, after, type);
}

}  // namespace knarr::schema
