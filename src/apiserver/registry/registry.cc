// SPDX-License-Identifier: Apache-2.0
// The collections, found by what a URL says, and the conversion between served versions.
#include "apiserver/registry/registry.h"

#include "api/conversion.h"
#include "api/types.h"
#include "codec/typed.h"

#include <fmt/core.h>

namespace knarr::apiserver {

using object::Document;
using object::Draft;

namespace {

const KindRules kNoRules{};

}  // namespace

Registry::Registry(Parts parts) : parts_(parts) {}

void Registry::add_built_in() {
  std::map<std::string, Collection*, std::less<>> by_prefix;
  for (const api::ResourceRow& row : api::resources()) {
    if (!row.enabled()) continue;
    auto served = std::make_unique<Served>();
    served->row = &row;
    served->type = row.type();
    served->api_version = row.api_version();
    // What is not stored (reviews, bindings) has a collection without a cache.
    const bool stored = !row.storage_prefix().empty();
    const std::string prefix = stored ? std::string(row.storage_prefix()) + "/"
                                      : fmt::format("{} {}", row.group(), row.plural());
    Collection*& collection = by_prefix[prefix];
    if (collection == nullptr) {
      collections_.push_back(make_collection(row));
      collection = collections_.back().get();
      if (stored) collection->cache = &parts_.cache.add(prefix, *collection->codec);
    }
    collection->has_status = collection->has_status || row.find_subresource("status") != nullptr;
    served->collection = collection;
    by_path_[fmt::format("{}/{}/{}", row.group(), row.version(), row.plural())] = served.get();
    group_versions_.insert(fmt::format("{}/{}", row.group(), row.version()));
    served_.push_back(std::move(served));
  }
}

std::unique_ptr<Collection> Registry::make_collection(const api::ResourceRow& row) {
  auto collection = std::make_unique<Collection>();
  collection->api_version = row.stored_api_version();
  collection->group = row.storage_prefix().empty() ? row.group() : row.stored_group();
  collection->resource = row.plural();
  collection->kind = row.kind();
  collection->prefix = std::string(row.storage_prefix()) + "/";
  collection->namespaced = row.namespaced();
  collection->type = row.storage_prefix().empty() ? row.type() : row.stored_type();
  const KindRules* rules = find_kind_rules(collection->group, collection->resource);
  collection->rules = rules != nullptr ? rules : &kNoRules;
  collection->codec =
      std::make_unique<StorageCodec>(collection->type, collection->api_version, collection->kind);
  return collection;
}

const Served* Registry::find(std::string_view group, std::string_view version,
                             std::string_view resource) const {
  const auto found = by_path_.find(fmt::format("{}/{}/{}", group, version, resource));
  return found == by_path_.end() ? nullptr : found->second;
}

bool Registry::has_group_version(std::string_view group, std::string_view version) const {
  return group_versions_.contains(fmt::format("{}/{}", group, version));
}

bool Registry::has_group(std::string_view group) const {
  const std::string prefix = fmt::format("{}/", group);
  const auto found = group_versions_.lower_bound(prefix);
  return found != group_versions_.end() && found->starts_with(prefix);
}

Collection* Registry::find_stored(std::string_view group, std::string_view resource) const {
  for (const auto& collection : collections_) {
    if (collection->group == group && collection->resource == resource) return collection.get();
  }
  return nullptr;
}

Result<Document> Registry::get(const Collection& collection, std::string_view namespace_,
                               std::string_view name) const {
  const Snapshot snapshot = collection.cache->snapshot();
  const CacheItem* item = snapshot.find(collection.key(namespace_, name));
  if (item == nullptr) return collection.not_found(name);
  return item->object;
}

Document Registry::to_served(const Served& served, const Document& stored) const {
  if (served.same_as_stored() || !stored) return stored;
  return api::convert(stored, served.collection->type, served.type);
}

Result<> Registry::to_stored(const Served& served, Draft& draft) const {
  if (served.same_as_stored()) return ok();
  return api::convert(draft, served.type, served.collection->type);
}

}  // namespace knarr::apiserver
