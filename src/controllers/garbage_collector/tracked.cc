// SPDX-License-Identifier: Apache-2.0
#include "controllers/garbage_collector/tracked.h"

#include "api/resources.h"

namespace knarr::controllers::garbage_collector {

using object::Document;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr std::string_view kByOwner = "owner-uid";

std::vector<std::string> index_by_owner(const Document& object) {
  std::vector<std::string> uids;
  for (const Value owner : object[atom::metadata][atom::ownerReferences].items()) {
    uids.emplace_back(owner[atom::uid].as_string());
  }
  return uids;
}

bool is_collectable(const api::ResourceRow& row) {
  // Events own nothing and are owned by nobody; they end by their age.
  if (row.plural() == "events") return false;
  return row.enabled() && !row.storage_prefix().empty() && row.has_verb(api::Verb::List) &&
         row.has_verb(api::Verb::Watch) && row.has_verb(api::Verb::Delete);
}

std::string_view group_of(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  return slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
}

}  // namespace

Tracked::Tracked(client::InformerFactory& informers, Watch watch)
    : informers_(informers), watch_(std::move(watch)) {
  std::set<std::string_view> seen;  // Storage prefixes: some are served by several versions.
  for (const bool stored : {true, false}) {
    for (const api::ResourceRow& row : api::resources()) {
      const bool is_stored =
          row.group() == row.stored_group() && row.version() == row.stored_version();
      if (is_stored != stored || !is_collectable(row)) continue;
      if (!seen.insert(row.storage_prefix()).second) continue;
      add({row.group(), row.version(), row.plural(), row.kind(), row.namespaced()});
    }
  }
}

void Tracked::add(const client::Resource& resource) {
  const std::size_t index = entries_.size();
  const auto [at, fresh] =
      by_kind_.try_emplace({std::string(resource.group), std::string(resource.kind)}, index);
  if (!fresh) return;
  entries_.push_back({resource, nullptr});
  client::Informer& informer = informers_.informer(resource);
  entries_.back().informer = &informer;
  informer.add_index(std::string(kByOwner), index_by_owner);
  informer.add_handler(watch_(index));
}

void Tracked::add_definition(const Document& definition) {
  const Value spec = definition[atom::spec];
  std::string_view version;
  for (const Value one : spec[atom::versions].items()) {
    if (!one["served"].as_bool()) continue;
    if (version.empty() || one["storage"].as_bool()) version = one[atom::name].as_string();
  }
  bool established = false;
  for (const Value condition : definition[atom::status][atom::conditions].items()) {
    established = established || (condition[atom::type].as_string() == "Established" &&
                                  condition[atom::status].as_string() == "True");
  }
  if (version.empty() || !established) return;
  const auto keep = [this](std::string_view text) -> std::string_view {
    return *texts_.emplace(text).first;
  };
  add({keep(spec[atom::group].as_string()), keep(version), keep(spec["names"]["plural"].as_string()),
       keep(spec["names"]["kind"].as_string()), spec["scope"].as_string() == "Namespaced"});
}

std::size_t Tracked::find_kind(std::string_view api_version, std::string_view kind) const {
  const auto found = by_kind_.find(std::pair(std::string(group_of(api_version)), std::string(kind)));
  return found == by_kind_.end() ? npos : found->second;
}

std::vector<Item> Tracked::dependents_of(std::string_view owner_uid) const {
  std::vector<Item> items;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    for (Document& object : entries_[i].informer->by_index(kByOwner, owner_uid)) {
      items.push_back({i, std::move(object)});
    }
  }
  return items;
}

}  // namespace knarr::controllers::garbage_collector
