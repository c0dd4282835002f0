// SPDX-License-Identifier: Apache-2.0
// How server-side apply looks at a value: as one leaf, field by field, entry by entry, or item by item
// with keys. Read off the type table. Source: kube-openapi schemaconv and structured-merge-diff.
#pragma once

#include "object/draft.h"
#include "object/type_table.h"
#include "schema/patch/field_path.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace knarr::schema {

struct Shape {
  enum class Form : std::uint8_t {
    Leaf,     // Scalars, and what is atomic.
    Struct,   // `type` has the fields.
    Map,      // Entries of type.element().
    Set,      // A list of scalars that are their own keys.
    MapList,  // A list of maps with keys.
    Open,     // No schema: maps entry by entry, lists whole.
  };
  Form form = Form::Open;
  object::Type type;
  std::string_view keys;  // MapList: "containerPort,protocol"

  static Shape of(object::Type type);    // Of a root or an element.
  static Shape of(object::Field field);  // Of a member, whose marks count.

  [[nodiscard]] Shape element() const {
    return form == Form::Open || !type ? Shape{} : of(type.element());
  }
  /// The shape of a member of a map; nothing when a struct does not declare it.
  [[nodiscard]] std::optional<Shape> member(object::Atom atom, std::string_view key) const;
  /// True for a field that a struct declares: such fields come and go with what is below them.
  [[nodiscard]] bool declares(std::string_view key) const {
    return form == Form::Struct && static_cast<bool>(type.find(key));
  }
};

/// The path element of an item of a Set or MapList; keys that are left out take their defaults.
/// Errors: BadRequest when it has none.
Result<PathElement> item_element(object::Value item, const Shape& list);
Result<PathElement> item_element(object::NodeRef item, const Shape& list);

}  // namespace knarr::schema
