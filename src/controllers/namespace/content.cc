// SPDX-License-Identifier: Apache-2.0
#include "controllers/namespace/content.h"

#include "api/resources.h"

namespace knarr::controllers {

using client::Resource;
using client::Target;
using object::Document;
using object::Value;
namespace atom = object::atom;

namespace {

bool is_absent(const Error& error) {
  return error.is(Reason::NotFound) || error.is(Reason::MethodNotAllowed);
}

Result<client::List> or_empty(Result<client::List> list) {
  if (!list && is_absent(list.error())) return client::List{};
  return list;
}

bool holds_objects(const api::ResourceRow& row) {
  return row.enabled() && row.namespaced() && !row.storage_prefix().empty() &&
         row.has_verb("list") && row.has_verb("delete");
}

// Objects that are told to end and may take their time: pods that have not ended.
bool ends_gracefully(const Resource& resource, const Document& object) {
  if (!resource.group.empty() || resource.plural != "pods") return false;
  const std::string_view phase = object[atom::status][atom::phase].as_string();
  return phase != "Succeeded" && phase != "Failed" &&
         object[atom::spec][atom::terminationGracePeriodSeconds].as_int() > 0;
}

// The version to talk to: the stored one if it is served, else the first that is.
std::string_view version_of(Value definition) {
  std::string_view version;
  for (Value one : definition[atom::spec][atom::versions].items()) {
    if (!one["served"].as_bool()) continue;
    if (version.empty() || one["storage"].as_bool()) version = one[atom::name].as_string();
  }
  return version;
}

}  // namespace

std::vector<Resource> NamespacedResources::list(const std::vector<Document>& definitions) {
  std::vector<Resource> resources;
  std::set<std::string_view> seen;  // Storage prefixes: Events are served by two groups.
  for (const bool stored : {true, false}) {
    for (const api::ResourceRow& row : api::resources()) {
      const bool is_stored =
          row.group() == row.stored_group() && row.version() == row.stored_version();
      if (is_stored != stored || !holds_objects(row)) continue;
      if (!seen.insert(row.storage_prefix()).second) continue;
      resources.push_back({row.group(), row.version(), row.plural(), row.kind(), true});
    }
  }
  for (const Document& definition : definitions) {
    const Value spec = definition[atom::spec];
    const std::string_view version = version_of(definition.root());
    if (spec["scope"].as_string() != "Namespaced" || version.empty()) continue;
    resources.push_back({keep(spec[atom::group].as_string()), keep(version),
                         keep(spec["names"]["plural"].as_string()),
                         keep(spec["names"]["kind"].as_string()), true});
  }
  return resources;
}

Task<Result<ResourceRemains>> delete_resource(client::Transport* transport, Resource resource,
                                              std::string namespace_) {
  const Target target{resource, namespace_, "", ""};
  const client::List before = CO_TRY(or_empty(co_await transport->list(target, {})));
  ResourceRemains remains;
  if (before.items.empty()) co_return remains;
  for (const Document& object : before.items) {
    remains.graceful = remains.graceful || ends_gracefully(resource, object);
  }

  client::DeleteOptions background;
  background.propagation = "Background";
  auto deleted = co_await transport->remove(target, background);
  if (!deleted && deleted.error().is(Reason::MethodNotAllowed)) {
    for (const Document& object : before.items) {
      Target one = target;
      one.name = object::name_of(object.root());
      auto gone = co_await transport->remove(std::move(one), background);
      if (!gone && !is_absent(gone.error())) co_return std::move(gone).error();
    }
  } else if (!deleted && !is_absent(deleted.error())) {
    co_return std::move(deleted).error();
  }

  const client::List after = CO_TRY(or_empty(co_await transport->list(target, {})));
  remains.count = static_cast<std::int64_t>(after.items.size());
  for (const Document& object : after.items) {
    for (Value finalizer : object[atom::metadata][atom::finalizers].items()) {
      ++remains.finalizers[std::string(finalizer.as_string())];
    }
  }
  co_return remains;
}

}  // namespace knarr::controllers
