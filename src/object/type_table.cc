// SPDX-License-Identifier: Apache-2.0
// Look-ups in type tables.
#include "object/type_table.h"

#include <algorithm>

namespace knarr::object {

Type TypeTable::find(std::string_view name) const {
  const auto at = std::lower_bound(
      by_name.begin(), by_name.end(), name,
      [this](std::uint32_t index, std::string_view text) { return this->text(types[index].name) < text; });
  if (at == by_name.end() || text(types[*at].name) != name) return {};
  return {this, *at};
}

Field Type::find(Atom name) const {
  if (table_ == nullptr || !name || kind() != TypeKind::Struct) return {};
  const TypeRow& type = row();
  for (std::uint32_t i = type.first_field; i < type.first_field + type.field_count; ++i) {
    if (table_->fields[i].atom == name) return {table_, i};
  }
  return {};
}

Field Type::find(std::string_view name) const {
  if (table_ == nullptr || kind() != TypeKind::Struct) return {};
  if (Atom atom = find_atom(name)) {
    if (Field field = find(atom)) return field;
  }
  const TypeRow& type = row();
  for (std::uint32_t i = type.first_field; i < type.first_field + type.field_count; ++i) {
    if (!table_->fields[i].atom && table_->text(table_->fields[i].name) == name) return {table_, i};
  }
  return {};
}

}  // namespace knarr::object
