// SPDX-License-Identifier: Apache-2.0
// OpenAPI 3.0 documents out of operations and schemas.
#include "apiserver/openapi/documents.h"

#include "apiserver/openapi/schemas.h"

#include <fmt/core.h>

namespace knarr::apiserver::openapi {

namespace {

constexpr std::string_view kInfo = R"({"title":"Kubernetes","version":"1.36"})";
constexpr std::string_view kSecurity =
    R"({"BearerToken":{"type":"apiKey","description":"Bearer Token authentication","name":"authorization","in":"header"}})";
constexpr std::string_view kUnauthorized = R"({"description":"Unauthorized"})";

void write_parameters(JsonOut& json, std::span<const Parameter> parameters) {
  if (parameters.empty()) return;
  json.open_list("parameters");
  for (const Parameter& parameter : parameters) {
    json.open_map();
    json.field("name", parameter.name);
    json.field("in", parameter.in_path ? "path" : "query");
    if (!parameter.help.empty()) json.field("description", parameter.help);
    if (parameter.in_path) {
      json.key("required");
      json.raw("true");
    }
    json.open_map("schema");
    json.field("type", parameter.type);
    json.key("uniqueItems");
    json.raw("true");
    json.close_map();
    json.close_map();
  }
  json.close_list();
}

void write_content(JsonOut& json, const Schemas& schemas, const Content& content) {
  json.open_map("content");
  for (const std::string_view media : content.media_types) {
    json.open_map(media);
    json.key("schema");
    if (content.is_patch) {
      schemas.write_patch_reference(json);
    } else if (Schemas::is_named(content.type)) {
      schemas.write_reference(json, content.type);
    } else {
      json.raw(R"({"type":"string"})");
    }
    json.close_map();
  }
  json.close_map();
}

void write_operation(JsonOut& json, const Schemas& schemas, const Operation& operation,
                     std::string_view tag) {
  json.open_map(operation.method);
  json.open_list("tags");
  json.text(tag);
  json.close_list();
  json.field("description", operation.help);
  json.field("operationId", operation.id);
  write_parameters(json, operation.parameters);
  if (operation.has_body) {
    json.open_map("requestBody");
    write_content(json, schemas, operation.body);
    if (operation.body_required) {
      json.key("required");
      json.raw("true");
    }
    json.close_map();
  }
  json.open_map("responses");
  for (const auto& [code, content] : operation.answers) {
    json.open_map(code);
    json.field("description", code == "201" ? "Created" : (code == "202" ? "Accepted" : "OK"));
    write_content(json, schemas, content);
    json.close_map();
  }
  json.key("401");
  json.raw(kUnauthorized);
  json.close_map();
  if (!operation.action.empty()) {
    json.field("x-kubernetes-action", operation.action);
    json.open_map("x-kubernetes-group-version-kind");
    json.field("group", operation.kind.group);
    json.field("version", operation.kind.version);
    json.field("kind", operation.kind.kind);
    json.close_map();
  }
  json.close_map();
}

constexpr SpecialDocument kSpecial[] = {
    {".well-known/openid-configuration", "WellKnown", "getServiceAccountIssuerOpenIDConfiguration",
     "read the OpenID configuration of the issuer of service account tokens", "application/json"},
    {"openid/v1/jwks", "openid", "getServiceAccountIssuerOpenIDKeyset",
     "read the keys that check service account tokens", "application/jwk-set+json"},
    {"version", "version", "getCodeVersion", "read the version of this server", "application/json"},
};
constexpr std::string_view kSpecialPaths[] = {".well-known/openid-configuration", "openid/v1/jwks",
                                              "version"};

void open_document(JsonOut& json) {
  json.open_map();
  json.field("openapi", "3.0.0");
  json.key("info");
  json.raw(kInfo);
}

}  // namespace

std::string write_v3(std::span<const Path> paths,
                     std::pair<std::string_view, std::string_view> group_version) {
  Schemas schemas(Schemas::Form::V3);
  schemas.add_group_version(group_version.first, group_version.second);
  for (const Path& path : paths) {
    for (const Operation& operation : path.operations) {
      if (operation.has_body && operation.body.type) schemas.add(operation.body.type);
      if (operation.body.is_patch) schemas.add_patch();
      for (const auto& [code, content] : operation.answers) {
        if (content.type) schemas.add(content.type);
      }
    }
  }
  std::string out;
  JsonOut json(out);
  open_document(json);
  json.open_map("paths");
  for (const Path& path : paths) {
    json.open_map(path.path);
    for (const Operation& operation : path.operations) {
      write_operation(json, schemas, operation, path.tag);
    }
    write_parameters(json, path.parameters);
    json.close_map();
  }
  json.close_map();
  json.open_map("components");
  json.key("schemas");
  schemas.write(json);
  json.key("securitySchemes");
  json.raw(kSecurity);
  json.close_map();
  json.close_map();
  return out;
}

std::span<const std::string_view> special_documents() {
  return kSpecialPaths;
}

std::span<const SpecialDocument> special_operations() {
  return kSpecial;
}

void write_version_schema(JsonOut& json, bool with_defaults) {
  constexpr std::string_view kRequired[] = {"major",        "minor",     "gitVersion",
                                            "gitCommit",    "gitTreeState", "buildDate",
                                            "goVersion",    "compiler",  "platform"};
  constexpr std::string_view kOptional[] = {"emulationMajor", "emulationMinor", "minCompatibilityMajor",
                                            "minCompatibilityMinor"};
  json.open_map();
  json.field("description", "Which version this server is and what it speaks.");
  json.field("type", "object");
  json.open_list("required");
  for (const std::string_view name : kRequired) json.text(name);
  json.close_list();
  json.open_map("properties");
  for (const std::string_view name : kRequired) {
    json.key(name);
    json.raw(with_defaults ? R"({"type":"string","default":""})" : R"({"type":"string"})");
  }
  for (const std::string_view name : kOptional) {
    json.key(name);
    json.raw(R"({"type":"string"})");
  }
  json.close_map();
  json.close_map();
}

std::string write_v3_special(std::string_view path) {
  std::string out;
  for (const SpecialDocument& document : kSpecial) {
    if (document.path != path) continue;
    JsonOut json(out);
    open_document(json);
    json.open_map("paths");
    json.open_map(fmt::format("/{}/", path));
    json.open_map("get");
    json.open_list("tags");
    json.text(document.tag);
    json.close_list();
    json.field("description", document.help);
    json.field("operationId", document.id);
    json.open_map("responses");
    json.open_map("200");
    json.field("description", "OK");
    json.open_map("content");
    json.open_map(document.media);
    json.key("schema");
    if (path == "version") {
      json.open_map();
      json.field("$ref", fmt::format("#/components/schemas/{}", kVersionSchema));
      json.close_map();
    } else {
      json.raw(R"({"type":"string"})");
    }
    json.close_map();
    json.close_map();
    json.close_map();
    json.key("401");
    json.raw(kUnauthorized);
    json.close_map();
    json.close_map();
    json.close_map();
    json.close_map();
    json.open_map("components");
    if (path == "version") {
      json.open_map("schemas");
      json.key(kVersionSchema);
      write_version_schema(json, true);
      json.close_map();
    }
    json.key("securitySchemes");
    json.raw(kSecurity);
    json.close_map();
    json.close_map();
  }
  return out;
}

}  // namespace knarr::apiserver::openapi
