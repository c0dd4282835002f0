// SPDX-License-Identifier: Apache-2.0
// Resource rows as APIResourceList, APIGroup and APIGroupDiscoveryList.
#include "apiserver/discovery/documents.h"

#include "api/types.h"
#include "codec/typed.h"
#include "object/draft.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

namespace knarr::apiserver::discovery {

using object::Document;
using object::Draft;
using object::NodeRef;

namespace {

constexpr std::array<std::string_view, api::kVerbCount> kVerbs = {
    "create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"};

template <typename Row>
void put_verbs(NodeRef node, const Row& row) {
  node.set_list();
  for (const std::string_view verb : kVerbs) {
    if (row.has_verb(verb)) node.append_string(verb);
  }
}

void put_names(NodeRef parent, std::string_view field, api::TextRange names) {
  if (names.empty()) return;
  NodeRef list = parent.ensure_list(field);
  for (const std::string_view name : names) list.append_string(name);
}

bool is_own_kind(const api::ResourceRow& row, const api::SubresourceRow& subresource) {
  return subresource.group() == row.group() && subresource.version() == row.version();
}

void put_resource(NodeRef resources, const api::ResourceRow& row) {
  NodeRef resource = resources.append();
  resource.set_map();
  resource.set("name", row.plural());
  resource.set("singularName", row.singular());
  resource.set("namespaced", row.namespaced());
  resource.set("kind", row.kind());
  put_verbs(resource.ensure("verbs"), row);
  put_names(resource, "shortNames", row.short_names());
  put_names(resource, "categories", row.categories());
  if (!row.storage_hash().empty()) resource.set("storageVersionHash", row.storage_hash());
  for (const api::SubresourceRow& subresource : row.subresources()) {
    NodeRef below = resources.append();
    below.set_map();
    below.set("name", fmt::format("{}/{}", row.plural(), subresource.name()));
    below.set("singularName", "");
    below.set("namespaced", row.namespaced());
    if (!is_own_kind(row, subresource)) {
      if (!subresource.group().empty()) below.set("group", subresource.group());
      below.set("version", subresource.version());
    }
    below.set("kind", subresource.kind());
    put_verbs(below.ensure("verbs"), subresource);
  }
}

void put_group_version(NodeRef node, const VersionView& version) {
  node.set_map();
  node.set("groupVersion", group_version(version.group, version.version));
  node.set("version", version.version);
}

void put_group(NodeRef node, const GroupView& group) {
  node.set_map();
  node.set("name", group.name);
  NodeRef versions = node.ensure_list("versions");
  for (const VersionView& version : group.versions) put_group_version(versions.append(), version);
  if (!group.versions.empty()) {
    put_group_version(node.ensure("preferredVersion"), group.versions.front());
  }
}

// Group and version stay empty for a kind of the same group version, as on the real server.
void put_response_kind(NodeRef parent, std::string_view kind, std::string_view group,
                       std::string_view version) {
  NodeRef response = parent.ensure_map("responseKind");
  response.set("group", group);
  response.set("version", version);
  response.set("kind", kind);
}

void put_aggregated_resource(NodeRef resource, const api::ResourceRow& row) {
  resource.set_map();
  resource.set("resource", row.plural());
  put_response_kind(resource, row.kind(), "", "");
  resource.set("scope", row.namespaced() ? "Namespaced" : "Cluster");
  resource.set("singularResource", row.singular());
  put_verbs(resource.ensure("verbs"), row);
  put_names(resource, "shortNames", row.short_names());
  put_names(resource, "categories", row.categories());
  if (row.subresources().empty()) return;
  NodeRef subresources = resource.ensure_list("subresources");
  for (const api::SubresourceRow& subresource : row.subresources()) {
    NodeRef below = subresources.append();
    below.set_map();
    below.set("subresource", subresource.name());
    const bool own = is_own_kind(row, subresource);
    put_response_kind(below, subresource.kind(), own ? "" : subresource.group(),
                      own ? "" : subresource.version());
    put_verbs(below.ensure("verbs"), subresource);
  }
}

Document freeze(Draft& draft, std::string_view type) {
  return codec::freeze_typed(draft, api::types().find(type));
}

// v1beta2 as {stage, major, minor}; false when it is no version of that form.
bool parse_version(std::string_view text, std::tuple<int, int, int>* version) {
  const char* const end = text.data() + text.size();
  if (!text.starts_with('v')) return false;
  int major = 0;
  auto [rest, error] = std::from_chars(text.data() + 1, end, major);
  if (error != std::errc{}) return false;
  std::string_view stage(rest, static_cast<std::size_t>(end - rest));
  if (stage.empty()) {
    *version = {2, major, 0};
    return true;
  }
  const bool beta = stage.starts_with("beta");
  if (!beta && !stage.starts_with("alpha")) return false;
  int minor = 0;
  const char* const digits = rest + (beta ? 4 : 5);
  auto [last, bad] = std::from_chars(digits, end, minor);
  if (bad != std::errc{} || last != end) return false;
  *version = {beta ? 1 : 0, major, minor};
  return true;
}

}  // namespace

std::string group_version(std::string_view group, std::string_view version) {
  return group.empty() ? std::string(version) : fmt::format("{}/{}", group, version);
}

Document resource_list(const VersionView& version) {
  Draft draft;
  draft.root().set("groupVersion", group_version(version.group, version.version));
  NodeRef resources = draft.root().ensure_list("resources");
  for (const api::ResourceRow* row : version.rows) put_resource(resources, *row);
  return freeze(draft, "meta/v1.APIResourceList");
}

Document group(const GroupView& group) {
  Draft draft;
  put_group(draft.root(), group);
  return freeze(draft, "meta/v1.APIGroup");
}

Document group_list(std::span<const GroupView> groups) {
  Draft draft;
  NodeRef list = draft.root().ensure_list("groups");
  for (const GroupView& one : groups) put_group(list.append(), one);
  return freeze(draft, "meta/v1.APIGroupList");
}

Document core_versions(std::span<const VersionView> versions, std::string_view server_address) {
  Draft draft;
  NodeRef list = draft.root().ensure_list("versions");
  for (const VersionView& version : versions) list.append_string(version.version);
  NodeRef address = draft.root().ensure_list("serverAddressByClientCIDRs").append();
  address.set_map();
  address.set("clientCIDR", "0.0.0.0/0");
  address.set("serverAddress", server_address);
  return freeze(draft, "meta/v1.APIVersions");
}

Document aggregated(std::span<const GroupView> groups) {
  Draft draft;
  draft.root().ensure_map("metadata");
  NodeRef items = draft.root().ensure_list("items");
  for (const GroupView& group : groups) {
    NodeRef item = items.append();
    NodeRef metadata = item.ensure_map("metadata");
    if (!group.name.empty()) metadata.set("name", group.name);
    NodeRef versions = item.ensure_list("versions");
    for (const VersionView& version : group.versions) {
      NodeRef node = versions.append();
      node.set_map();
      node.set("version", version.version);
      NodeRef resources = node.ensure_list("resources");
      for (const api::ResourceRow* row : version.rows) {
        put_aggregated_resource(resources.append(), *row);
      }
      node.set("freshness", "Current");
    }
  }
  return freeze(draft, "apidiscovery.k8s.io/v2.APIGroupDiscoveryList");
}

bool version_before(std::string_view a, std::string_view b) {
  std::tuple<int, int, int> left;
  std::tuple<int, int, int> right;
  const bool left_known = parse_version(a, &left);
  const bool right_known = parse_version(b, &right);
  if (left_known != right_known) return left_known;
  return left_known ? left > right : a < b;
}

}  // namespace knarr::apiserver::discovery
