// SPDX-License-Identifier: Apache-2.0
// Schemas of structs and of the types with a form of their own.
#include "apiserver/openapi/schemas.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <span>

namespace knarr::apiserver::openapi {

using object::Field;
using object::Type;
using object::TypeKind;

namespace {

// Types of which one member at most may be set; the discriminator names it. Nothing in the type
// tables depends on it, so it stands here.
struct UnionRow {
  std::string_view type;
  std::string_view discriminator;
  std::array<std::string_view, 3> members;
};
constexpr UnionRow kUnions[] = {
    {"core/v1.AppArmorProfile", "type", {"localhostProfile"}},
    {"core/v1.PodSchedulingGroup", "", {"podGroupName"}},
    {"core/v1.SeccompProfile", "type", {"localhostProfile"}},
    {"flowcontrol.apiserver.k8s.io/v1.LimitResponse", "type", {"queuing"}},
    {"flowcontrol.apiserver.k8s.io/v1.PriorityLevelConfigurationSpec", "type", {"exempt", "limited"}},
    {"flowcontrol.apiserver.k8s.io/v1.Subject", "kind", {"group", "serviceAccount", "user"}},
};

const UnionRow* find_union(Type type) {
  for (const UnionRow& row : kUnions) {
    if (row.type == type.name()) return &row;
  }
  return nullptr;
}

void write_union(JsonOut& json, const UnionRow& row) {
  json.open_list("x-kubernetes-unions");
  json.open_map();
  if (!row.discriminator.empty()) json.field("discriminator", row.discriminator);
  json.open_map("fields-to-discriminateBy");
  for (const std::string_view member : row.members) {
    if (member.empty()) continue;
    std::string name(member);
    name[0] = static_cast<char>(name[0] - 'a' + 'A');
    json.field(member, name);
  }
  json.close_map();
  json.close_map();
  json.close_list();
}

bool is_special(TypeKind kind) {
  switch (kind) {
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

constexpr std::string_view kPatch = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";

struct Scalar {
  std::string_view type;
  std::string_view format;
  std::string_view zero;
};

Scalar scalar_of(TypeKind kind) {
  switch (kind) {
    case TypeKind::Bool: return {"boolean", "", "false"};
    case TypeKind::Int32: return {"integer", "int32", "0"};
    case TypeKind::Int64: return {"integer", "int64", "0"};
    case TypeKind::Uint32: return {"integer", "int64", "0"};
    case TypeKind::Uint64: return {"integer", "int64", "0"};
    case TypeKind::Double: return {"number", "double", "0"};
    case TypeKind::Float: return {"number", "float", "0"};
    case TypeKind::Bytes: return {"string", "byte", ""};
    default: return {"string", "", "\"\""};
  }
}

// What stands in a schema for a type with a form of its own.
void write_special(JsonOut& json, TypeKind kind, bool v2) {
  switch (kind) {
    case TypeKind::Quantity:
      if (v2) {
        json.field("type", "string");
      } else {
        json.key("oneOf");
        json.raw(R"([{"type":"string"},{"type":"number"}])");
      }
      break;
    case TypeKind::Time:
    case TypeKind::MicroTime:
      json.field("type", "string");
      json.field("format", "date-time");
      break;
    case TypeKind::Duration: json.field("type", "string"); break;
    case TypeKind::IntOrString:
      if (v2) json.field("type", "string");
      json.field("format", "int-or-string");
      if (!v2) {
        json.key("oneOf");
        json.raw(R"([{"type":"integer"},{"type":"string"}])");
      }
      break;
    case TypeKind::RawExtension:
    case TypeKind::FieldsV1: json.field("type", "object"); break;
    default: break;  // Anything.
  }
}

bool has_default(Field field) {
  return !field.has(object::kPointer) && !field.has(object::kOmitEmpty) && !field.has(object::kOmitZero);
}

}  // namespace

bool Schemas::is_named(Type type) {
  return type && !type.openapi().empty() && (type.is(TypeKind::Struct) || is_special(type.kind()));
}

void Schemas::add(Type type) {
  std::vector<Type> open{type};
  while (!open.empty()) {
    Type next = open.back();
    open.pop_back();
    while (next && (next.is(TypeKind::List) || next.is(TypeKind::Map))) next = next.element();
    if (!is_named(next) || !types_.emplace(next.openapi(), next).second) continue;
    if (!next.is(TypeKind::Struct)) continue;
    for (std::size_t i = 0; i < next.field_count(); ++i) open.push_back(next.field(i).type());
  }
}

std::string Schemas::reference(std::string_view schema) const {
  return fmt::format("{}{}", form_ == Form::V2 ? "#/definitions/" : "#/components/schemas/", schema);
}

void Schemas::write_reference(JsonOut& json, Type type) const {
  json.open_map();
  json.field("$ref", reference(type.openapi()));
  json.close_map();
}

void Schemas::write_patch_reference(JsonOut& json) const {
  json.open_map();
  json.field("$ref", reference(kPatch));
  json.close_map();
}

void Schemas::write(JsonOut& json) const {
  json.open_map();
  bool patch_due = has_patch_;
  const auto write_patch = [&] {
    json.open_map(kPatch);
    json.field("description", "A patch, in the form that its content type says.");
    json.field("type", "object");
    json.close_map();
    patch_due = false;
  };
  for (const auto& [name, type] : types_) {
    if (patch_due && name > kPatch) write_patch();
    json.key(name);
    write_schema(json, type);
  }
  if (patch_due) write_patch();
  json.close_map();
}

void Schemas::write_schema(JsonOut& json, Type type) const {
  json.open_map();
  if (!type.help().empty()) json.field("description", type.help());
  if (!type.is(TypeKind::Struct)) {
    write_special(json, type.kind(), form_ == Form::V2);
    json.close_map();
    return;
  }
  json.field("type", "object");
  std::vector<Field> fields;
  bool has_required = false;
  for (std::size_t i = 0; i < type.field_count(); ++i) {
    fields.push_back(type.field(i));
    has_required = has_required || fields.back().has(object::kRequired);
  }
  if (has_required) {
    json.open_list("required");
    for (const Field& field : fields) {
      if (field.has(object::kRequired)) json.text(field.name());
    }
    json.close_list();
  }
  std::sort(fields.begin(), fields.end(),
            [](const Field& a, const Field& b) { return a.name() < b.name(); });
  if (!fields.empty()) {
    json.open_map("properties");
    for (const Field& field : fields) {
      json.key(field.name());
      write_field(json, field);
    }
    json.close_map();
  }
  write_kinds(json, type);
  if (type.has(object::kTypeAtomic)) json.field("x-kubernetes-map-type", "atomic");
  if (type.has(object::kTypeGranular)) json.field("x-kubernetes-map-type", "granular");
  if (const UnionRow* row = find_union(type)) write_union(json, *row);
  json.close_map();
}

// The kinds of a type, by its name "apps/v1.Deployment".
void Schemas::write_kinds(JsonOut& json, Type type) const {
  const std::string_view name = type.name();
  const bool everywhere = name == "meta/v1.DeleteOptions" || name == "meta/v1.WatchEvent";
  if (!everywhere && !type.has(object::kTypeObject)) return;
  const std::size_t slash = name.find('/');
  const std::size_t dot = name.find('.', slash);
  if (slash == std::string_view::npos || dot == std::string_view::npos) return;
  const std::string_view kind = name.substr(dot + 1);
  const auto write_kind = [&](std::string_view group, std::string_view version) {
    json.open_map();
    json.field("group", group);
    json.field("kind", kind);
    json.field("version", version);
    json.close_map();
  };
  std::string_view group = name.substr(0, slash);
  if (group == "core" || group == "meta") group = {};
  json.open_list("x-kubernetes-group-version-kind");
  write_kind(group, name.substr(slash + 1, dot - slash - 1));
  if (everywhere) {
    for (const auto& [other, version] : group_versions_) {
      if (!other.empty()) write_kind(other, version);
    }
  }
  json.close_list();
}

void Schemas::write_field(JsonOut& json, Field field) const {
  std::string_view preset;
  const Type type = field.type();
  if (field.has(object::kDefaultPublished)) {
    preset = field.default_json();
  } else if (type.is(TypeKind::Struct)) {
    if (!field.has(object::kPointer)) preset = "{}";
  } else if (has_default(field) && !is_named(type)) {
    preset = scalar_of(type.kind()).zero;
  }
  json.open_map();
  constexpr std::uint32_t kExtensions =
      object::kMapAtomic | object::kMapGranular | object::kPatchMerge | object::kPatchReplace | object::kRetainKeys;
  write_value(json, type, field.help(), preset, field.has(object::kEnumPublished),
              (field.row().flags & kExtensions) != 0);
  write_extensions(json, field);
  json.close_map();
}

// The members of a schema for a value; `preset` is its default as JSON or "".
void Schemas::write_value(JsonOut& json, Type type, std::string_view help, std::string_view preset,
                          bool has_enum, bool has_extensions) const {
  if (!help.empty()) json.field("description", help);
  if (is_named(type)) {
    // A reference in Swagger 2 takes the other members along; OpenAPI 3 wraps it.
    if (!preset.empty() && form_ == Form::V3) {
      json.key("default");
      json.raw(preset);
    }
    if (form_ == Form::V2 || (help.empty() && preset.empty() && !has_extensions)) {
      json.field("$ref", reference(type.openapi()));
    } else {
      json.open_list("allOf");
      write_reference(json, type);
      json.close_list();
    }
    return;
  }
  if (type.is(TypeKind::List)) {
    json.field("type", "array");
    json.key("items");
    write_element(json, type.element());
    return;
  }
  if (type.is(TypeKind::Map) || type.is(TypeKind::Struct)) {
    json.field("type", "object");
    if (type.is(TypeKind::Map)) {
      json.key("additionalProperties");
      write_element(json, type.element());
    }
    return;
  }
  if (type.is(TypeKind::Any)) return;
  const Scalar scalar = scalar_of(type.kind());
  json.field("type", scalar.type);
  if (!scalar.format.empty()) json.field("format", scalar.format);
  if (!preset.empty() && form_ == Form::V3) {
    json.key("default");
    json.raw(preset);
  }
  if ((has_enum || type.has(object::kTypeEnum)) && type.enum_count() != 0) {
    json.open_list("enum");
    for (std::size_t i = 0; i < type.enum_count(); ++i) json.text(type.enum_value(i));
    json.close_list();
  }
}

void Schemas::write_element(JsonOut& json, Type type) const {
  std::string_view preset;
  if (type.is(TypeKind::Struct)) {
    preset = "{}";
  } else if (!is_named(type) && !type.is(TypeKind::List) && !type.is(TypeKind::Map)) {
    preset = scalar_of(type.kind()).zero;
  }
  json.open_map();
  write_value(json, type, {}, preset, false);
  json.close_map();
}

void Schemas::write_extensions(JsonOut& json, Field field) const {
  if (field.has(object::kListMap)) {
    json.open_list("x-kubernetes-list-map-keys");
    std::string_view keys = field.list_map_keys();
    while (!keys.empty()) {
      const std::size_t end = std::min(keys.find(','), keys.size());
      json.text(keys.substr(0, end));
      keys.remove_prefix(std::min(end + 1, keys.size()));
    }
    json.close_list();
  }
  if (field.has(object::kListAtomic)) json.field("x-kubernetes-list-type", "atomic");
  if (field.has(object::kListSet)) json.field("x-kubernetes-list-type", "set");
  if (field.has(object::kListMap)) json.field("x-kubernetes-list-type", "map");
  if (field.has(object::kMapAtomic)) json.field("x-kubernetes-map-type", "atomic");
  if (field.has(object::kMapGranular)) json.field("x-kubernetes-map-type", "granular");
  if (!field.merge_key().empty()) json.field("x-kubernetes-patch-merge-key", field.merge_key());
  std::string strategy;
  for (const auto& [flag, name] : {std::pair{object::kPatchMerge, "merge"},
                                   {object::kPatchReplace, "replace"},
                                   {object::kRetainKeys, "retainKeys"}}) {
    if (!field.has(flag)) continue;
    if (!strategy.empty()) strategy += ',';
    strategy += name;
  }
  if (!strategy.empty()) json.field("x-kubernetes-patch-strategy", strategy);
}

}  // namespace knarr::apiserver::openapi
