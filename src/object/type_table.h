// SPDX-License-Identifier: Apache-2.0
// Type tables: what the generator makes of api/*.api, and what a CustomResourceDefinition's schema
// is compiled into at run time. Rows hold 32-bit offsets and indices, never pointers: relocations
// of a static-pie would dirty them. Generic code (codec, schema) works on these tables alone.
#pragma once

#include "object/atom.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace knarr::object {

/// The JSON and protobuf shape of a type. From Quantity on: types with a form of their own, stored
/// in documents as said here. Source: k8s-api types.json, "special".
enum class TypeKind : std::uint8_t {
  Struct,
  List,    // `element`
  Map,     // text keys, values of `element`
  String,  // Named text types are String rows of their own, with their enum values.
  Bool,
  Int32,
  Int64,
  Double,
  Float,
  Uint32,  // gRPC descriptions only, as Uint64.
  Uint64,
  Bytes,        // base64 text in JSON and in documents, raw in protobuf.
  Quantity,     // Canonical text.
  Time,         // RFC 3339, whole seconds, UTC; the zero time is null.
  MicroTime,    // RFC 3339 with six decimals.
  Duration,     // Go's text form ("1h0m0s"); protobuf: nanoseconds.
  IntOrString,  // Int or String.
  RawExtension,   // Any JSON, Kind::Raw. Protobuf: message, 1 = raw bytes.
  FieldsV1,       // A JSON object, Kind::Raw. Protobuf: message, 1 = raw bytes.
  Json,           // apiextensions JSON: any JSON, Kind::Raw. Protobuf: message, 1 = raw bytes.
  SchemaOrArray,        // apiextensions JSONSchemaPropsOrArray; `element` is JSONSchemaProps.
  SchemaOrBool,         // JSONSchemaPropsOrBool; `element` is JSONSchemaProps.
  SchemaOrStringArray,  // JSONSchemaPropsOrStringArray; `element` is JSONSchemaProps.
  Any,  // An open tree kept as nodes: custom resources with preserve-unknown-fields, []interface{}.
};

enum FieldFlag : std::uint32_t {
  kPointer = 1U << 0U,     // Absent and zero differ.
  kOmitEmpty = 1U << 1U,   // Left out of JSON when empty (false, 0, "", nil, empty list or map).
  kOmitZero = 1U << 2U,    // Left out when the zero value, structs and times too.
  kRequired = 1U << 3U,    // In OpenAPI's required list.
  kOptional = 1U << 4U,    // Marked optional.
  kProtoAlways = 1U << 5U,  // Written to protobuf also when empty (emit: always).
  kPatchMerge = 1U << 6U,   // patchStrategy merge; merge_key() may be set.
  kPatchReplace = 1U << 7U,
  kRetainKeys = 1U << 8U,
  kListAtomic = 1U << 9U,
  kListSet = 1U << 10U,
  kListMap = 1U << 11U,  // list_map_keys() is set.
  kMapAtomic = 1U << 12U,
  kMapGranular = 1U << 13U,
  kDeprecated = 1U << 14U,
  kGateOff = 1U << 15U,  // Belongs to a feature gate that is off by default in 1.36.
  kImmutable = 1U << 16U,
  kHasMinimum = 1U << 17U,
  kHasMaximum = 1U << 18U,
  kEnumPublished = 1U << 19U,  // OpenAPI publishes the type's enum values for this field.
  kProtoPacked = 1U << 21U,  // A list of numbers in one protobuf value: proto3's default, so gRPC only.
  kDefaultPublished = 1U << 20U,  // OpenAPI publishes default_json; other defaults are only applied.
};

enum TypeFlag : std::uint8_t {
  kTypeAtomic = 1U << 0U,      // structType atomic: server-side apply treats it as one value.
  kTypeGranular = 1U << 1U,
  kTypeProtoMessage = 1U << 2U,  // A named list or map wrapped in a message (ExtraValue): items in field 1.
  kTypeEnum = 1U << 3U,        // Its values are published.
  kTypePreserveUnknown = 1U << 4U,  // Custom resources: unknown fields stay.
  kTypeNullable = 1U << 5U,         // Custom resources.
  kTypeEmbeddedResource = 1U << 6U,
  kTypeObject = 1U << 7U,  // Begins with kind and apiVersion, which are not in protobuf.
};

/// Offsets are into TypeTable::strings ("" at offset 0); indices into the table's arrays.
struct FieldRow {
  std::uint32_t name = 0;
  Atom atom;                    // Atom{} only in tables made at run time.
  std::uint16_t proto = 0;      // Field number; 0: not in protobuf.
  std::uint16_t inline_proto = 0;  // Number of the inlined struct around it: flat in JSON, nested
                                   // in protobuf (VolumeSource in Volume is 2). 0: none. Inlined
                                   // twice: outer number in the low byte, inner in the high one
                                   // (Rule in RuleWithOperations in NamedRuleWithOperations).
  std::uint16_t inline_group = 0;  // For inline_proto: same number = same inlined struct.
  std::uint32_t type = 0;
  std::uint32_t flags = 0;
  std::uint32_t default_json = 0;   // JSON text of a constant default; "" = none.
  std::uint32_t merge_key = 0;      // patchMergeKey
  std::uint32_t list_map_keys = 0;  // "containerPort,protocol"
  std::uint32_t help = 0;
  std::int64_t minimum = 0;
  std::int64_t maximum = 0;
};

struct TypeRow {
  std::uint32_t name = 0;     // "core/v1.PodSpec", "[]string", "map[string]api/resource.Quantity"
  std::uint32_t openapi = 0;  // "io.k8s.api.core.v1.PodSpec"; "" for unnamed types.
  TypeKind kind = TypeKind::Struct;
  std::uint8_t flags = 0;
  std::uint16_t field_count = 0;
  std::uint32_t first_field = 0;  // Struct: fields in JSON output order, inlined ones expanded.
  std::uint32_t element = 0;      // List, Map, Schema*: index of the type.
  std::uint32_t first_enum = 0;   // String: index into enums.
  std::uint32_t enum_count = 0;
  std::uint32_t help = 0;
  std::uint32_t hook = 0;  // Name of the C++ function that sets defaults which depend on other
                           // fields. It runs before the type's constant defaults; "" = none.
};

class Type;

/// A set of types that refer to each other by index. The built-in table lives forever; one made
/// for a CustomResourceDefinition is owned by its collection, which outlives every Type of it.
struct TypeTable {
  std::span<const TypeRow> types;
  std::span<const FieldRow> fields;
  std::span<const std::uint32_t> enums;  // Offsets of texts.
  const char* strings = nullptr;
  std::span<const std::uint32_t> by_name;  // Struct and named types, sorted by name: indices.

  [[nodiscard]] std::string_view text(std::uint32_t offset) const { return strings + offset; }
  /// The type of a name ("apps/v1.Deployment"), or a Type that is false.
  [[nodiscard]] Type find(std::string_view name) const;
  [[nodiscard]] Type at(std::uint32_t index) const;
};

class Field;

/// A handle on a type of a table (16 bytes, pass by value); false when there is none.
class Type {
 public:
  Type() = default;
  Type(const TypeTable* table, std::uint32_t index) : table_(table), index_(index) {}

  explicit operator bool() const { return table_ != nullptr; }
  friend bool operator==(Type, Type) = default;
  [[nodiscard]] const TypeRow& row() const { return table_->types[index_]; }
  [[nodiscard]] const TypeTable& table() const { return *table_; }
  [[nodiscard]] std::uint32_t index() const { return index_; }
  [[nodiscard]] TypeKind kind() const { return row().kind; }
  [[nodiscard]] bool is(TypeKind kind) const { return table_ != nullptr && row().kind == kind; }
  [[nodiscard]] bool has(TypeFlag flag) const { return (row().flags & flag) != 0; }
  [[nodiscard]] std::string_view name() const { return table_->text(row().name); }
  [[nodiscard]] std::string_view openapi() const { return table_->text(row().openapi); }
  [[nodiscard]] std::string_view help() const { return table_->text(row().help); }
  [[nodiscard]] std::string_view hook() const { return table_->text(row().hook); }
  [[nodiscard]] Type element() const { return {table_, row().element}; }
  [[nodiscard]] std::size_t field_count() const { return row().field_count; }
  [[nodiscard]] Field field(std::size_t position) const;
  /// The field of a JSON name, or a Field that is false.
  [[nodiscard]] Field find(Atom name) const;
  [[nodiscard]] Field find(std::string_view name) const;
  [[nodiscard]] std::size_t enum_count() const { return row().enum_count; }
  [[nodiscard]] std::string_view enum_value(std::size_t i) const {
    return table_->text(table_->enums[row().first_enum + i]);
  }

 private:
  const TypeTable* table_ = nullptr;
  std::uint32_t index_ = 0;
};

/// A handle on a field of a struct type (16 bytes, pass by value); false when there is none.
class Field {
 public:
  Field() = default;
  Field(const TypeTable* table, std::uint32_t index) : table_(table), index_(index) {}

  explicit operator bool() const { return table_ != nullptr; }
  [[nodiscard]] const FieldRow& row() const { return table_->fields[index_]; }
  [[nodiscard]] std::string_view name() const { return table_->text(row().name); }
  [[nodiscard]] Atom atom() const { return row().atom; }
  [[nodiscard]] Type type() const { return {table_, row().type}; }
  [[nodiscard]] bool has(FieldFlag flag) const { return (row().flags & flag) != 0; }
  [[nodiscard]] std::string_view default_json() const { return table_->text(row().default_json); }
  [[nodiscard]] std::string_view merge_key() const { return table_->text(row().merge_key); }
  [[nodiscard]] std::string_view list_map_keys() const { return table_->text(row().list_map_keys); }
  [[nodiscard]] std::string_view help() const { return table_->text(row().help); }

 private:
  const TypeTable* table_ = nullptr;
  std::uint32_t index_ = 0;
};

inline Type TypeTable::at(std::uint32_t index) const { return {this, index}; }
inline Field Type::field(std::size_t position) const {
  return {table_, static_cast<std::uint32_t>(row().first_field + position)};
}

}  // namespace knarr::object
