// SPDX-License-Identifier: Apache-2.0
#include "schema/semantic_equality.h"

#include "object/equality.h"
#include "object/quantity.h"

namespace knarr::schema {

using object::Field;
using object::Kind;
using object::Quantity;
using object::Type;
using object::TypeKind;
using object::Value;

namespace {

bool is_zero(Value value, Type type) {
  switch (value.kind()) {
    case Kind::Null: return true;
    case Kind::Bool: return !value.as_bool();
    case Kind::Int: return value.as_int() == 0;
    case Kind::Double: return value.as_double() == 0;
    case Kind::String: return value.as_string().empty();
    case Kind::Raw: return false;
    case Kind::List: return value.empty();
    case Kind::Map: break;
  }
  if (!type || !type.is(TypeKind::Struct)) return value.empty();
  for (const auto [key, atom, child] : value.entries()) {
    const Field field = atom ? type.find(atom) : type.find(key);
    const bool pointer = field && field.has(object::kPointer);
    const bool zero = pointer ? child.is_null() : is_zero(child, field ? field.type() : Type());
    if (!zero) return false;
  }
  return true;
}

Value child_of(Value map, const object::MapItem& item) {
  return item.atom ? map[item.atom] : map[item.key];
}

bool equal_fields(Value a, Value b, Type type) {
  for (const object::MapItem item : a.entries()) {
    const Field field = item.atom ? type.find(item.atom) : type.find(item.key);
    const Value other = child_of(b, item);
    if (!field) {
      if (!object::equal(item.value, other)) return false;
    } else if (field.has(object::kPointer) && item.value.is_null() != other.is_null()) {
      return false;
    } else if (!semantic_equal(item.value, other, field.type())) {
      return false;
    }
  }
  for (const object::MapItem item : b.entries()) {  // What only the other has.
    if (child_of(a, item).exists()) continue;
    const Field field = item.atom ? type.find(item.atom) : type.find(item.key);
    if (!field) return false;
    if (field.has(object::kPointer) ? !item.value.is_null() : !is_zero(item.value, field.type())) {
      return false;
    }
  }
  return true;
}

bool equal_entries(Value a, Value b, Type element) {
  if (a.size() != b.size()) return false;
  for (const object::MapItem item : a.entries()) {
    const Value other = child_of(b, item);
    if (!other.exists() || !semantic_equal(item.value, other, element)) return false;
  }
  return true;
}

bool equal_items(Value a, Value b, Type element) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!semantic_equal(a.at(i), b.at(i), element)) return false;
  }
  return true;
}

}  // namespace

bool semantic_equal(Value a, Value b, Type type) {
  if (!type || type.is(TypeKind::Any)) return object::equal(a, b);
  if (a.is_null() || b.is_null()) return is_zero(a, type) && is_zero(b, type);
  switch (type.kind()) {
    case TypeKind::Struct: return equal_fields(a, b, type);
    case TypeKind::Map: return equal_entries(a, b, type.element());
    case TypeKind::List: return equal_items(a, b, type.element());
    case TypeKind::Quantity:
      return a.as_string() == b.as_string() ||
             Quantity::of(a.as_string()) == Quantity::of(b.as_string());
    default: return object::equal(a, b);
  }
}

}  // namespace knarr::schema
