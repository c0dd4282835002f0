// SPDX-License-Identifier: Apache-2.0
// What can be done at the paths of a group version: operations with their parameters, bodies and
// answers, made from resource rows. Both forms of OpenAPI are written from it. Private to openapi/.
// Source: k8s.io/apiserver endpoints/installer.go and openapi.
#pragma once

#include "api/resources.h"
#include "object/type_table.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::apiserver::openapi {

struct Parameter {
  std::string name;
  std::string_view type;  // string, integer, boolean
  std::string_view help;
  bool in_path = false;  // Path parameters are required, the others are in the query.

  friend bool operator==(const Parameter& a, const Parameter& b) {
    return a.name == b.name && a.in_path == b.in_path;
  }
};

/// What a body or an answer holds: a type with a schema, a patch, or text.
struct Content {
  object::Type type;  // False: text or a patch.
  std::span<const std::string_view> media_types;
  bool is_patch = false;
};

struct GroupVersionKind {
  std::string_view group;
  std::string_view version;
  std::string_view kind;
};

struct Operation {
  std::string_view method;  // get, put, ...
  std::string id;
  std::string help;
  std::string_view action;  // "" for discovery.
  GroupVersionKind kind;
  std::vector<Parameter> parameters;  // Sorted by name; without those all operations of the path have.
  bool has_body = false;
  bool body_required = false;
  Content body;
  std::vector<std::pair<std::string_view, Content>> answers;  // By code, without 401.
};

struct Path {
  std::string path;
  std::string tag;
  std::vector<Parameter> parameters;  // Of all its operations.
  std::vector<Operation> operations;
};

struct Resource {
  const api::ResourceRow* row = nullptr;
  bool delete_returns_object = false;
};

/// The paths of a group version, in order: the discovery path and those of its resources.
std::vector<Path> version_paths(std::string_view group, std::string_view version,
                                std::span<const Resource> resources);
/// The one path of /apis/<group>/; "" is /apis/ and "core" is /api/.
Path group_path(std::string_view group);

}  // namespace knarr::apiserver::openapi
