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

std::uint8_t verb_bit(std::string_view verb) {
  for (std::size_t i = 0; i < kVerbCount; ++i) {
    if (to_string(static_cast<Verb>(i)) == verb) return static_cast<std::uint8_t>(1U << i);
  }
  return 0;
}

ResourceTable::ResourceTable(const ResourceArrays& arrays) : arrays_(arrays) {
  subresources_.reserve(arrays_.subresources.size());
  for (const SubresourceData& data : arrays_.subresources)
    subresources_.emplace_back(&arrays_, &data);
  rows_.reserve(arrays_.resources.size());
  for (const ResourceData& data : arrays_.resources) {
    rows_.emplace_back(
        &arrays_, &data,
        std::span(subresources_).subspan(data.first_subresource, data.subresource_count));
  }
}

const ResourceRow* ResourceTable::find(std::string_view group, std::string_view version,
                                       std::string_view plural) const {
  const Key wanted{group, version, plural};
  const auto key = [](const ResourceRow& row) {
    return Key{row.group(), row.version(), row.plural()};
  };
  const auto at =
      std::lower_bound(rows_.begin(), rows_.end(), wanted,
                       [&](const ResourceRow& row, const Key& other) { return key(row) < other; });
  return at == rows_.end() || key(*at) != wanted ? nullptr : &*at;
}

const ResourceRow* ResourceTable::find_kind(std::string_view group, std::string_view version,
                                            std::string_view kind) const {
  const Key wanted{group, version, kind};
  const auto key = [this](std::uint16_t index) {
    const ResourceRow& row = rows_[index];
    return Key{row.group(), row.version(), row.kind()};
  };
  const auto& order = arrays_.by_kind;
  const auto at =
      std::lower_bound(order.begin(), order.end(), wanted,
                       [&](std::uint16_t index, const Key& other) { return key(index) < other; });
  return at == order.end() || key(*at) != wanted ? nullptr : &rows_[*at];
}

const SubresourceRow* ResourceRow::find_subresource(std::string_view name) const {
  for (const SubresourceRow& row : subresources_) {
    if (row.name() == name) return &row;
  }
  return nullptr;
}

const ResourceTable& resource_table() {
  static const ResourceTable table(internal::kResourceArrays);
  return table;
}

const ResourceRow* find_resource(std::string_view group, std::string_view version,
                                 std::string_view plural) {
  return resource_table().find(group, version, plural);
}

const ResourceRow* find_kind(std::string_view group, std::string_view version,
                             std::string_view kind) {
  return resource_table().find_kind(group, version, kind);
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
  constexpr std::array<std::string_view, 6> kEverywhere = {"DeleteOptions", "ListOptions",
                                                           "GetOptions",    "CreateOptions",
                                                           "UpdateOptions", "PatchOptions"};
  const bool everywhere =
      std::find(kEverywhere.begin(), kEverywhere.end(), kind) != kEverywhere.end();
  if (everywhere) version = "v1";
  if (everywhere || (group.empty() && version == "v1")) return object_type("meta");
  return {};
}

}  // namespace knarr::api
