// SPDX-License-Identifier: Apache-2.0
// The flat form of types that src/object/type_table.h describes, as numbers and C++ words, ready to
// be printed: structs with inlined ones expanded, a row for every notation, one pool of texts.
#pragma once

#include "model.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace knarr::apigen {

/// Texts one after another, each ended by a zero byte; the empty one is at 0.
class StringPool {
 public:
  StringPool() { add(""); }
  std::uint32_t add(const std::string& text);
  /// The pool as C++ string literals, a line each.
  [[nodiscard]] std::string literal() const;

 private:
  std::map<std::string, std::uint32_t> offsets_;
  std::vector<std::string> texts_;
  std::uint32_t size_ = 0;
};

struct FieldRow {
  std::string name;
  std::string atom;  // The C++ expression.
  int proto = 0;
  int inline_proto = 0;
  int inline_group = 0;
  std::uint32_t type = 0;
  std::string flags;
  std::uint32_t default_json = 0;
  std::uint32_t merge_key = 0;
  std::uint32_t list_map_keys = 0;
  std::uint32_t help = 0;
  std::int64_t minimum = 0;
  std::int64_t maximum = 0;
  std::uint32_t name_offset = 0;
};

struct TypeRow {
  std::string name;
  std::uint32_t name_offset = 0;
  std::uint32_t openapi = 0;
  std::string kind;
  std::string flags;
  std::uint32_t first_field = 0;
  std::uint32_t field_count = 0;
  std::uint32_t element = 0;
  std::uint32_t first_enum = 0;
  std::uint32_t enum_count = 0;
  std::uint32_t help = 0;
  std::uint32_t hook = 0;
};

struct Tables {
  std::vector<TypeRow> types;
  std::vector<FieldRow> fields;
  std::vector<std::uint32_t> enums;
  std::vector<std::uint32_t> by_name;
  std::map<std::string, std::uint32_t> index;
  StringPool strings;
};

/// Makes tables of the types of the packages that `wanted` accepts.
Tables make_tables(const Api& api, const std::function<bool(const Package&)>& wanted);

/// The C++ identifier of an atom: "namespace" -> "namespace_", "$ref" -> "_ref".
std::string atom_identifier(const std::string& name);

/// A C++ string literal.
std::string quote(const std::string& text);

}  // namespace knarr::apigen
