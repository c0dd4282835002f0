// SPDX-License-Identifier: Apache-2.0
#include "schema/patch/shape.h"

#include "codec/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace knarr::schema {

using object::Field;
using object::Type;
using object::TypeKind;

namespace {

Shape leaf(Type type) { return {Shape::Form::Leaf, type, {}}; }

Shape of_type(Type type, bool atomic, bool granular) {
  if (!type || type.is(TypeKind::Any)) return {};
  switch (type.kind()) {
    case TypeKind::Struct:
      if (atomic || (type.has(object::kTypeAtomic) && !granular)) return leaf(type);
      return {Shape::Form::Struct, type, {}};
    case TypeKind::Map:
      if (atomic || (type.has(object::kTypeAtomic) && !granular)) return leaf(type);
      return {Shape::Form::Map, type, {}};
    default: return leaf(type);  // Lists without marks are atomic.
  }
}

template <typename Tree>
Result<PathElement> set_element(Tree item) {
  if (item.is_null()) {
    return Error(Reason::BadRequest,
                 "associative list without keys has an element that's an explicit null");
  }
  if (item.is_map()) {
    return Error(Reason::BadRequest,
                 "associative list without keys has an element that's a map type");
  }
  if (item.is_list()) {
    return Error(Reason::BadRequest, "not supported: associative list with lists as elements");
  }
  PathElement out;
  out.kind = PathElement::Kind::Value;
  out.value = PathScalar::of(item);
  return out;
}

// What a key field counts as when an item leaves it out: its default, else the zero value that Go's
// plain fields are published with.
std::optional<PathScalar> key_default(Field field) {
  if (!field) return std::nullopt;
  PathScalar out;
  if (!field.default_json().empty()) {
    const auto value = codec::parse_json(field.default_json());
    if (!value || value->root().is_null()) return std::nullopt;
    return PathScalar::of(value->root());
  }
  if (field.has(object::kPointer) || field.has(object::kOmitEmpty) || !field.has(object::kRequired)) {
    return std::nullopt;
  }
  switch (field.type().kind()) {
    case TypeKind::String: out.kind = PathScalar::Kind::Text; return out;
    case TypeKind::Bool: out.kind = PathScalar::Kind::Bool; return out;
    case TypeKind::Int32:
    case TypeKind::Int64: out.kind = PathScalar::Kind::Number; return out;
    default: return std::nullopt;
  }
}

template <typename Tree>
Result<PathElement> keyed_element(Tree item, const Shape& list) {
  if (item.is_null()) {
    return Error(Reason::BadRequest, "associative list with keys may not have a null element");
  }
  if (!item.is_map()) {
    return Error(Reason::BadRequest, "associative list with keys may not have non-map elements");
  }
  PathElement out;
  out.kind = PathElement::Kind::Key;
  std::string_view keys = list.keys;
  while (!keys.empty()) {
    const std::size_t comma = keys.find(',');
    const std::string_view key = keys.substr(0, comma);
    keys = comma == std::string_view::npos ? std::string_view{} : keys.substr(comma + 1);
    if (const auto value = item[key]; value.exists()) {
      out.keys.emplace_back(key, PathScalar::of(value));
      continue;
    }
    const Type item_type = list.type.element();
    auto fallback = key_default(item_type.is(TypeKind::Struct) ? item_type.find(key) : Field());
    if (fallback) out.keys.emplace_back(key, std::move(*fallback));
  }
  if (out.keys.empty()) {
    return Error(Reason::BadRequest,
                 fmt::format("associative list with keys has an element that omits all key fields "
                             "\"{}\" (and doesn't have default values for any key fields)",
                             list.keys));
  }
  std::sort(out.keys.begin(), out.keys.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return out;
}

}  // namespace

Shape Shape::of(Type type) { return of_type(type, false, false); }

Shape Shape::of(Field field) {
  const Type type = field.type();
  if (type && type.is(TypeKind::List)) {
    if (field.has(object::kListAtomic)) return leaf(type);
    if (field.has(object::kListMap)) return {Form::MapList, type, field.list_map_keys()};
    if (field.has(object::kListSet)) return {Form::Set, type, {}};
    if (!field.has(object::kPatchMerge)) return leaf(type);
    if (!field.merge_key().empty()) return {Form::MapList, type, field.merge_key()};
    return type.element().is(TypeKind::Struct) ? leaf(type) : Shape{Form::Set, type, {}};
  }
  return of_type(type, field.has(object::kMapAtomic), field.has(object::kMapGranular));
}

std::optional<Shape> Shape::member(object::Atom atom, std::string_view key) const {
  switch (form) {
    case Form::Struct: {
      const Field field = atom ? type.find(atom) : type.find(key);
      if (field) return of(field);
      if (type.has(object::kTypePreserveUnknown)) return Shape{};
      return std::nullopt;
    }
    case Form::Map: return of(type.element());
    default: return Shape{};
  }
}

Result<PathElement> item_element(object::Value item, const Shape& list) {
  return list.form == Shape::Form::Set ? set_element(item) : keyed_element(item, list);
}

Result<PathElement> item_element(object::NodeRef item, const Shape& list) {
  return list.form == Shape::Form::Set ? set_element(item) : keyed_element(item, list);
}

}  // namespace knarr::schema
