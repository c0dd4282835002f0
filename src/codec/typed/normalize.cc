// SPDX-License-Identifier: Apache-2.0
// normalize(): what Go's encoding/json does with tags (order, omitempty, omitzero), done to a tree
// once, so that writing it needs no schema.
#include "codec/typed.h"
#include "codec/typed/path.h"

#include <algorithm>
#include <array>

namespace knarr::codec {
namespace {

using internal::FieldFinder;
using internal::IndexBuffer;
using object::Field;
using object::Kind;
using object::NodeRef;
using object::Type;
using object::TypeKind;

void normalize_value(NodeRef node, Type type, bool stored);

/// The kinds that are structs in Go: omitempty does not apply to them.
bool is_never_empty(TypeKind kind) {
  switch (kind) {
    case TypeKind::Struct:
    case TypeKind::Quantity:
    case TypeKind::Time:
    case TypeKind::MicroTime:
    case TypeKind::Duration:
    case TypeKind::IntOrString:
    case TypeKind::RawExtension:
    case TypeKind::FieldsV1:
    case TypeKind::Json:
    case TypeKind::SchemaOrArray:
    case TypeKind::SchemaOrBool:
    case TypeKind::SchemaOrStringArray: return true;
    default: return false;
  }
}

/// Go's "empty": false, 0, "", nil, a list or map without children.
bool is_empty(NodeRef node) {
  switch (node.kind()) {
    case Kind::Null: return true;
    case Kind::Bool: return !node.as_bool();
    case Kind::Int: return node.as_int() == 0;
    case Kind::Double: return node.as_double() == 0;
    case Kind::String: return node.as_string().empty();
    case Kind::Raw: return false;
    case Kind::List:
    case Kind::Map: return node.size() == 0;
  }
  return false;
}

/// Go's "zero", for omitzero: as is_empty(), but a struct is zero when all its fields are, and an
/// empty list is not nil.
bool is_zero(NodeRef node, Type type) {
  switch (type.kind()) {
    case TypeKind::Struct:
      for (auto [key, atom, child] : node.entries()) {
        const Field field = atom ? type.find(atom) : type.find(key);
        if (!field || (field.has(object::kPointer) && !child.is_null())) return false;
        if (!is_zero(child, field.type())) return false;
      }
      return true;
    case TypeKind::List:
    case TypeKind::Map:
    case TypeKind::Bytes: return node.is_null();
    case TypeKind::Quantity: return node.is_null() || node.as_string() == "0";
    case TypeKind::Duration: return node.is_null() || node.as_string() == "0s";
    default: return is_empty(node);
  }
}

/// Whether Go would leave out a field that has this (present, not null) value.
bool is_omitted(NodeRef child, Field field) {
  if (field.has(object::kPointer)) return false;
  const Type type = field.type();
  if (field.has(object::kOmitEmpty) && !is_never_empty(type.kind()) && is_empty(child)) return true;
  return field.has(object::kOmitZero) && is_zero(child, type);
}

/// Whether Go would write a field that has no value.
bool is_always_written(Field field) {
  if (field.has(object::kPointer)) return !field.has(object::kOmitEmpty);
  if (field.has(object::kOmitZero)) return false;
  return !field.has(object::kOmitEmpty) || is_never_empty(field.type().kind());
}

void normalize_struct(NodeRef node, Type type, bool stored) {
  if (!node.is_map()) node.set_map();
  const std::size_t fields = type.field_count();
  constexpr std::size_t kFew = 64;
  constexpr std::uint32_t kNone = FieldFinder::kNone;
  std::array<std::uint32_t, kFew> few;  // NOLINT: filled below.
  std::vector<std::uint32_t> many;
  std::uint32_t* slots = few.data();
  if (fields > kFew) {
    many.resize(fields);
    slots = many.data();
  }
  std::fill(slots, slots + fields, kNone);
  IndexBuffer unknown;  // Kept behind the fields.
  FieldFinder finder(type);
  const auto known = static_cast<std::uint32_t>(node.size());
  for (std::uint32_t i = 0; i < known; ++i) {
    const object::NodeEntry entry = node.entry(i);
    const std::uint32_t position = finder.find_position(entry.key, entry.atom);
    if (position != kNone) {
      slots[position] = i;
    } else {
      NodeRef(entry.value).sort_keys_deep();
      unknown.push_back(i);
    }
  }
  IndexBuffer order;
  for (std::uint32_t position = 0; position < fields; ++position) {
    const Field field = type.field(position);
    std::uint32_t at = slots[position];
    NodeRef child = at == kNone ? NodeRef() : node.entry(at).value;
    if (child.exists() && !child.is_null()) {
      normalize_value(child, field.type(), stored);
      if (is_omitted(child, field)) continue;
      if (stored && child.is_list() && child.empty() && field.type().is(TypeKind::List) &&
          !field.has(object::kPointer)) {
        child.set_null();
      }
    } else {
      if (!is_always_written(field)) continue;
      if (at == kNone) {
        at = static_cast<std::uint32_t>(node.size());
        child = field.atom() ? node.append_entry(field.atom()) : node.append_entry(field.name());
      }
      if (!field.has(object::kPointer)) {
        internal::set_zero(child, field.type());
        if (field.type().is(TypeKind::Struct)) normalize_struct(child, field.type(), stored);
      }
      // "" and 0 stand for nothing; nil lists and maps stay null.
    }
    order.push_back(at);
  }
  for (const std::uint32_t index : unknown.span()) order.push_back(index);
  node.select(order.span());
}

void normalize_value(NodeRef node, Type type, bool stored) {
  switch (type.kind()) {
    case TypeKind::Struct: return normalize_struct(node, type, stored);
    case TypeKind::List:
      for (NodeRef item : node.items()) normalize_value(item, type.element(), stored);
      return;
    case TypeKind::Map:
      for (auto [key, atom, child] : node.entries()) normalize_value(child, type.element(), stored);
      node.sort_keys();
      return;
    case TypeKind::SchemaOrArray:
    case TypeKind::SchemaOrBool:
    case TypeKind::SchemaOrStringArray:
      if (node.is_map()) return normalize_struct(node, type.element(), stored);
      if (type.is(TypeKind::SchemaOrArray)) {
        for (NodeRef item : node.items()) normalize_struct(item, type.element(), stored);
      }
      return;
    case TypeKind::Any: node.sort_keys_deep(); return;
    default: return;
  }
}

}  // namespace

void normalize(NodeRef tree, Type type) {
  if (type) return normalize_value(tree, type, false);
  tree.sort_keys_deep();
}

object::Document freeze_typed(object::Draft& draft, Type type) {
  normalize(draft.root(), type);
  return draft.freeze();
}

object::Document freeze_stored(object::Draft& draft, Type type) {
  if (!type) return freeze_typed(draft, type);
  normalize_value(draft.root(), type, true);
  return draft.freeze();
}

}  // namespace knarr::codec
