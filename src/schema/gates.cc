// SPDX-License-Identifier: Apache-2.0
#include "schema/gates.h"

#include <vector>

namespace knarr::schema {

using object::Field;
using object::NodeRef;
using object::Type;
using object::TypeKind;
using object::Value;

namespace {

constexpr int kDepthMax = 128;  // As deep as descriptions nest; schemas of CRDs hold no gates.

void drop(NodeRef node, Value old, Type type, int depth) {
  if (depth > kDepthMax) return;
  if (type.is(TypeKind::List)) {
    // Items move about: the old list says only whether the field was in use at all, by position.
    std::size_t i = 0;
    for (NodeRef item : node.items()) drop(item, old.at(i++), type.element(), depth + 1);
  } else if (type.is(TypeKind::Map)) {
    for (auto entry : node.entries()) {
      drop(entry.value, old[entry.key], type.element(), depth + 1);
    }
  } else if (type.is(TypeKind::Struct) && node.is_map()) {
    std::vector<std::string_view> gone;
    for (auto entry : node.entries()) {
      const Field field = entry.atom ? type.find(entry.atom) : type.find(entry.key);
      if (!field) continue;
      const Value before = entry.atom ? old[entry.atom] : old[entry.key];
      if (field.has(object::kGateOff) && !before.exists()) {
        gone.push_back(entry.key);
      } else {
        drop(entry.value, before, field.type(), depth + 1);
      }
    }
    for (const std::string_view key : gone) node.erase(key);
  }
}

}  // namespace

void drop_disabled_fields(NodeRef object, Value old, Type type) { drop(object, old, type, 0); }

}  // namespace knarr::schema
