// SPDX-License-Identifier: Apache-2.0
// The Swagger 2.0 document: all paths and all schemas in one.
#include "apiserver/openapi/documents.h"
#include "apiserver/openapi/schemas.h"

#include <fmt/core.h>

namespace knarr::apiserver::openapi {

namespace {

constexpr std::string_view kAnything[] = {"*/*"};
constexpr std::string_view kUnauthorized = R"({"description":"Unauthorized"})";

void write_texts(JsonOut& json, std::string_view name, std::span<const std::string_view> texts) {
  json.open_list(name);
  for (const std::string_view text : texts) json.text(text);
  json.close_list();
}

void write_parameter(JsonOut& json, const Parameter& parameter) {
  json.open_map();
  json.key("uniqueItems");
  json.raw("true");
  json.field("type", parameter.type);
  if (!parameter.help.empty()) json.field("description", parameter.help);
  json.field("name", parameter.name);
  json.field("in", parameter.in_path ? "path" : "query");
  if (parameter.in_path) {
    json.key("required");
    json.raw("true");
  }
  json.close_map();
}

void write_schema(JsonOut& json, const Schemas& schemas, const Content& content) {
  json.key("schema");
  if (content.is_patch) {
    schemas.write_patch_reference(json);
  } else if (Schemas::is_named(content.type)) {
    schemas.write_reference(json, content.type);
  } else {
    json.raw(R"({"type":"string"})");
  }
}

void write_head(JsonOut& json, std::span<const std::string_view> consumes,
                std::span<const std::string_view> produces, std::string_view tag,
                std::string_view help, std::string_view id) {
  json.field("description", help);
  write_texts(json, "consumes", consumes);
  write_texts(json, "produces", produces);
  json.key("schemes");
  json.raw(R"(["https"])");
  json.open_list("tags");
  json.text(tag);
  json.close_list();
  json.field("operationId", id);
}

void write_operation(JsonOut& json, const Schemas& schemas, const Operation& operation,
                     std::string_view tag) {
  const std::span<const std::string_view> produces = operation.answers.front().second.media_types;
  const bool takes_formats = operation.action.empty();  // Discovery, as go-restful describes it.
  json.open_map(operation.method);
  write_head(json,
             operation.body.is_patch ? operation.body.media_types
                                     : (takes_formats ? produces : std::span<const std::string_view>(kAnything)),
             produces, tag, operation.help, operation.id);
  if (operation.has_body || !operation.parameters.empty()) {
    json.open_list("parameters");
    if (operation.has_body) {
      json.open_map();
      json.field("name", "body");
      json.field("in", "body");
      if (operation.body_required) {
        json.key("required");
        json.raw("true");
      }
      write_schema(json, schemas, operation.body);
      json.close_map();
    }
    for (const Parameter& parameter : operation.parameters) write_parameter(json, parameter);
    json.close_list();
  }
  json.open_map("responses");
  for (const auto& [code, content] : operation.answers) {
    json.open_map(code);
    json.field("description", code == "201" ? "Created" : (code == "202" ? "Accepted" : "OK"));
    write_schema(json, schemas, content);
    json.close_map();
  }
  json.key("401");
  json.raw(kUnauthorized);
  json.close_map();
  if (!operation.action.empty()) {
    json.field("x-kubernetes-action", operation.action);
    json.open_map("x-kubernetes-group-version-kind");
    json.field("group", operation.kind.group);
    json.field("kind", operation.kind.kind);
    json.field("version", operation.kind.version);
    json.close_map();
  }
  json.close_map();
}

void write_special(JsonOut& json, const SpecialDocument& document) {
  json.open_map(fmt::format("/{}/", document.path));
  json.open_map("get");
  const std::string_view media[] = {document.media};
  write_head(json, media, media, document.tag, document.help, document.id);
  json.open_map("responses");
  json.open_map("200");
  json.field("description", "OK");
  json.open_map("schema");
  if (document.path == "version") {
    json.field("$ref", fmt::format("#/definitions/{}", kVersionSchema));
  } else {
    json.field("type", "string");
  }
  json.close_map();
  json.close_map();
  json.key("401");
  json.raw(kUnauthorized);
  json.close_map();
  json.close_map();
  json.close_map();
}

}  // namespace

std::string write_v2(std::span<const Path> paths,
                     std::span<const std::pair<std::string, std::string>> group_versions) {
  Schemas schemas(Schemas::Form::V2);
  for (const auto& [group, version] : group_versions) schemas.add_group_version(group, version);
  schemas.add_patch();
  for (const Path& path : paths) {
    for (const Operation& operation : path.operations) {
      if (operation.has_body && operation.body.type) schemas.add(operation.body.type);
      for (const auto& [code, content] : operation.answers) {
        if (content.type) schemas.add(content.type);
      }
    }
  }
  std::string out;
  JsonOut json(out);
  json.open_map();
  json.field("swagger", "2.0");
  json.key("info");
  json.raw(R"({"title":"Kubernetes","version":"1.36"})");
  json.open_map("paths");
  for (const Path& path : paths) {
    json.open_map(path.path);
    for (const Operation& operation : path.operations) {
      write_operation(json, schemas, operation, path.tag);
    }
    if (!path.parameters.empty()) {
      json.open_list("parameters");
      for (const Parameter& parameter : path.parameters) write_parameter(json, parameter);
      json.close_list();
    }
    json.close_map();
  }
  for (const SpecialDocument& document : special_operations()) write_special(json, document);
  json.close_map();
  json.key("definitions");
  schemas.write(json);
  // The last one of the map, which has others before it.
  out.pop_back();
  json.key(kVersionSchema);
  write_version_schema(json, false);
  json.close_map();
  json.key("securityDefinitions");
  json.raw(R"({"BearerToken":{"description":"Bearer Token authentication","type":"apiKey","name":"authorization","in":"header"}})");
  json.key("security");
  json.raw(R"([{"BearerToken":[]}])");
  json.close_map();
  return out;
}

}  // namespace knarr::apiserver::openapi
