// SPDX-License-Identifier: Apache-2.0
// Type tables as OpenAPI schemas. Private to openapi/.
// Source: k8s.io/kube-openapi/pkg/generators, openapiconv.
#pragma once

#include "apiserver/openapi/json_out.h"
#include "object/type_table.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace knarr::apiserver::openapi {

/// The types a document needs, each once, found from those that its operations name.
class Schemas {
 public:
  /// V3: components of OpenAPI 3; V2: definitions of Swagger 2.
  enum class Form : std::uint8_t { V2, V3 };
  explicit Schemas(Form form) : form_(form) {}

  /// A group version whose DeleteOptions and WatchEvent the document describes.
  void add_group_version(std::string_view group, std::string_view version) {
    group_versions_.emplace_back(group, version);
  }
  /// Adds a type and all it refers to.
  void add(object::Type type);
  /// Adds the schema of patches, which are no type of the API.
  void add_patch() { has_patch_ = true; }

  /// Writes the map of all schemas, sorted by name.
  void write(JsonOut& json) const;
  /// {"$ref": ...} as a value.
  void write_reference(JsonOut& json, object::Type type) const;
  void write_patch_reference(JsonOut& json) const;

  /// Whether the type has a schema of its own.
  static bool is_named(object::Type type);

 private:
  void write_schema(JsonOut& json, object::Type type) const;
  void write_kinds(JsonOut& json, object::Type type) const;
  void write_field(JsonOut& json, object::Field field) const;
  void write_value(JsonOut& json, object::Type type, std::string_view help, std::string_view preset,
                   bool has_enum, bool has_extensions = false) const;
  void write_element(JsonOut& json, object::Type type) const;
  void write_extensions(JsonOut& json, object::Field field) const;

  [[nodiscard]] std::string reference(std::string_view schema) const;

  Form form_;
  bool has_patch_ = false;
  std::map<std::string_view, object::Type> types_;  // By schema name.
  std::vector<std::pair<std::string, std::string>> group_versions_;
};

}  // namespace knarr::apiserver::openapi
