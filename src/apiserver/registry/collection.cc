// SPDX-License-Identifier: Apache-2.0
// Keys of collections and the wording of their common errors.
#include "apiserver/registry/collection.h"

#include <fmt/core.h>

namespace knarr::apiserver {

const std::string_view kModified =
    "the object has been modified; please apply your changes to the latest version and try again";

std::string Collection::key(std::string_view namespace_, std::string_view name) const {
  if (!namespaced) return std::string(name);
  std::string result;
  result.reserve(namespace_.size() + 1 + name.size());
  return result.append(namespace_).append("/").append(name);
}

std::string ResourceNames::qualified_resource() const {
  return group.empty() ? std::string(resource) : fmt::format("{}.{}", resource, group);
}

std::string ResourceNames::qualified_kind() const {
  return group.empty() ? std::string(kind) : fmt::format("{}.{}", kind, group);
}

Error ResourceNames::not_found(std::string_view name) const {
  return Error(Reason::NotFound, fmt::format("{} \"{}\" not found", qualified_resource(), name))
      .with_details({std::string(group), std::string(resource), std::string(name), ""});
}

Error ResourceNames::already_exists(std::string_view name) const {
  return Error(Reason::AlreadyExists,
               fmt::format("{} \"{}\" already exists", qualified_resource(), name))
      .with_details({std::string(group), std::string(resource), std::string(name), ""});
}

Error ResourceNames::conflict(std::string_view name, std::string_view why, bool kind_in_details) const {
  return Error(Reason::Conflict,
               fmt::format("Operation cannot be fulfilled on {} \"{}\": {}",
                           kind_in_details ? qualified_kind() : qualified_resource(), name, why))
      .with_details({std::string(group), std::string(kind_in_details ? kind : resource), std::string(name), ""});
}

}  // namespace knarr::apiserver
