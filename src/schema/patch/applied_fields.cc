// SPDX-License-Identifier: Apache-2.0
// From an applied object to the set of its fields, refusing what the type does not know.
#include "schema/json_text.h"
#include "schema/patch/apply_parts.h"
#include "schema/patch/compare.h"
#include "schema/patch/shape.h"

#include <fmt/format.h>

#include <set>

namespace knarr::schema {

using object::Kind;
using object::NodeRef;
using object::Type;
using object::TypeKind;

namespace {

std::string_view kind_name(NodeRef node) {
  switch (node.kind()) {
    case Kind::Null: return "null";
    case Kind::Bool: return "boolean";
    case Kind::Int:
    case Kind::Double: return "number";
    case Kind::String: return "string";
    case Kind::List: return "list";
    case Kind::Map:
    case Kind::Raw: return "map";
  }
  return "";
}

// What a scalar of a type must be: "" for no rule, else the words of the complaint.
std::string_view expected(NodeRef node, TypeKind kind) {
  const bool number = node.is_int() || node.kind() == Kind::Double;
  switch (kind) {
    case TypeKind::String:
    case TypeKind::Bytes:
    case TypeKind::Time:
    case TypeKind::MicroTime:
    case TypeKind::Duration: return node.is_string() ? "" : "string";
    case TypeKind::Bool: return node.is_bool() ? "" : "boolean";
    case TypeKind::Int32:
    case TypeKind::Int64:
    case TypeKind::Uint32:
    case TypeKind::Uint64:
    case TypeKind::Double:
    case TypeKind::Float: return number ? "" : "numeric (int or float)";
    case TypeKind::Quantity:
    case TypeKind::IntOrString: return number || node.is_string() ? "" : "scalar";
    default: return "";
  }
}

class Walk {
 public:
  explicit Walk(std::vector<std::string>& problems) : problems_(problems) {}

  FieldSet root(NodeRef applied, Type type) {
    members(applied, type ? Shape::of(type) : Shape{}, true);
    return std::move(set_);
  }

 private:
  // `own`: paths at and below count; inside of a leaf only the types are looked at.
  void node(NodeRef node, const Shape& shape, bool own) {
    switch (shape.form) {
      case Shape::Form::Leaf:
        if (own) tell();
        inside(node, shape.type);
        return;
      case Shape::Form::Set:
      case Shape::Form::MapList:
        if (!check_kind(node, Kind::List)) return;
        items(node, shape, own);
        return;
      case Shape::Form::Struct:
      case Shape::Form::Map:
        if (!check_kind(node, Kind::Map)) return;
        members(node, shape, own);
        return;
      case Shape::Form::Open:
        if (node.is_map()) {
          members(node, shape, own);
        } else if (own) {
          tell();
        }
        return;
    }
  }

  // A leaf may still be a whole tree of a type.
  void inside(NodeRef node, Type type) {
    if (!type || node.is_null()) return;
    switch (type.kind()) {
      case TypeKind::Struct:
        if (check_kind(node, Kind::Map)) members(node, {Shape::Form::Struct, type, {}}, false);
        return;
      case TypeKind::Map:
        if (check_kind(node, Kind::Map)) members(node, {Shape::Form::Map, type, {}}, false);
        return;
      case TypeKind::List: {
        if (!check_kind(node, Kind::List)) return;
        std::int64_t i = 0;
        for (NodeRef item : node.items()) {
          PathElement index;
          index.kind = PathElement::Kind::Index;
          index.index = i++;
          path_.push_back(std::move(index));
          inside(item, type.element());
          path_.pop_back();
        }
        return;
      }
      default: break;
    }
    const std::string_view wanted = expected(node, type.kind());
    if (!wanted.empty()) problem(fmt::format("expected {}, got {}", wanted, kind_name(node)));
  }

  bool check_kind(NodeRef node, Kind kind) {
    if (node.is_null()) return false;
    if (node.kind() == kind) return true;
    problem(fmt::format("expected {}, got {}", kind == Kind::Map ? "map" : "list", kind_name(node)));
    return false;
  }

  void members(NodeRef map, const Shape& shape, bool own) {
    const bool root = path_.empty();
    const bool metadata = path_.size() == 1 && path_[0].name == "metadata";
    for (const auto [key, atom, value] : map.entries()) {
      if (root && (key == "kind" || key == "apiVersion")) continue;
      path_.push_back(PathElement::field(key));
      const auto member_shape = shape.member(atom, key);
      if (!member_shape) {
        problem("field not declared in schema");
      } else {
        const bool mine = own && !(metadata && is_system_metadata(key));
        node(value, *member_shape, mine);
        const bool hollow = value.is_null() || (value.is_map() && value.empty());
        const bool nobodys = root && key == "metadata";
        if (mine && !nobodys && (hollow || !shape.declares(key))) tell();
      }
      path_.pop_back();
    }
  }

  void items(NodeRef list, const Shape& shape, bool own) {
    const Shape element_shape = shape.element();
    std::set<PathElement> seen;
    std::size_t i = 0;
    for (NodeRef item : list.items()) {
      auto element = item_element(item, shape);
      if (!element) {
        problem(fmt::format("element {}: {}", i++, element.error().message()));
        continue;
      }
      ++i;
      if (!seen.insert(*element).second) {
        problem(fmt::format("duplicate entries for key {}", element->text()));
        continue;
      }
      path_.push_back(std::move(*element));
      node(item, element_shape, own);
      if (own) tell();
      path_.pop_back();
    }
  }

  void tell() { set_.insert(path_); }
  void problem(std::string_view what) {
    problems_.push_back(fmt::format("{}: {}", path_text(path_), what));
  }

  std::vector<std::string>& problems_;
  Path path_;
  FieldSet set_;
};

}  // namespace

FieldSet applied_fields(NodeRef applied, Type type, std::vector<std::string>& problems) {
  return Walk(problems).root(applied, type);
}

}  // namespace knarr::schema
