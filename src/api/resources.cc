// SPDX-License-Identifier: Apache-2.0
// Look-ups in resource tables.
#include "api/resources.h"

#include "api/types.h"

#include <algorithm>
#include <array>
#include <string>
#include <tuple>

namespace knarr::api {
namespace {

using Key = std::tuple<std::string_view, std::string_view, std::string_view>;

}  // namespace

std::string_view to_string(Verb verb) {
  constexpr std::array<std::string_view, kVerbCount> kNames = {
      "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"};
  return kNames[static_cast<std::size_t>(verb)];
}

Resource ResourceTable::find(std::string_view group, std::string_view version,
                             std::string_view plural) const {
  const Key wanted{group, version, plural};
  const auto key = [this](const ResourceRow& row) {
    return Key{text(row.group), text(row.version), text(row.plural)};
  };
  const auto at = std::lower_bound(rows.begin(), rows.end(), wanted,
                                   [&](const ResourceRow& row, const Key& other) { return key(row) < other; });
  if (at == rows.end() || key(*at) != wanted) return {};
  return {this, static_cast<std::uint32_t>(at - rows.begin())};
}

Resource ResourceTable::find_kind(std::string_view group, std::string_view version,
                                  std::string_view kind) const {
  const Key wanted{group, version, kind};
  const auto key = [this](std::uint16_t index) {
    const ResourceRow& row = rows[index];
    return Key{text(row.group), text(row.version), text(row.kind)};
  };
  const auto at = std::lower_bound(by_kind.begin(), by_kind.end(), wanted,
                                   [&](std::uint16_t index, const Key& other) { return key(index) < other; });
  if (at == by_kind.end() || key(*at) != wanted) return {};
  return {this, *at};
}

Subresource Resource::subresource(std::string_view name) const {
  for (std::size_t i = 0; i < subresource_count(); ++i) {
    if (Subresource found = subresource(i); found.name() == name) return found;
  }
  return {};
}

object::Type type_of_kind(std::string_view group, std::string_view version, std::string_view kind) {
  const auto object_type = [&](std::string_view package) -> object::Type {
    std::string name;
    name.reserve(package.size() + version.size() + kind.size() + 2);
    name.append(package).append("/").append(version).append(".").append(kind);
    const object::Type type = types().find(name);
    return type && type.has(object::kTypeObject) ? type : object::Type{};
  };
  if (group == "meta.k8s.io") return object_type("meta");
  if (object::Type type = object_type(group.empty() ? "core" : group)) return type;
  // Options and the like are registered in every group version, Status and discovery in "v1".
  constexpr std::array<std::string_view, 6> kEverywhere = {"DeleteOptions", "ListOptions",   "GetOptions",
                                                           "CreateOptions", "UpdateOptions", "PatchOptions"};
  const bool everywhere = std::find(kEverywhere.begin(), kEverywhere.end(), kind) != kEverywhere.end();
  if (everywhere) version = "v1";
  if (everywhere || (group.empty() && version == "v1")) return object_type("meta");
  return {};
}

}  // namespace knarr::api
