// SPDX-License-Identifier: Apache-2.0
// Four watches of the cache, one for each kind of policy.
#include "apiserver/policy_source.h"

namespace knarr::apiserver {

namespace {

struct Source {
  auth::PolicyKind kind;
  std::string_view resource;
};

constexpr Source kSources[] = {{auth::PolicyKind::ClusterRole, "clusterroles"},
                               {auth::PolicyKind::ClusterRoleBinding, "clusterrolebindings"},
                               {auth::PolicyKind::Role, "roles"},
                               {auth::PolicyKind::RoleBinding, "rolebindings"}};
constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

}  // namespace

CachePolicySource::CachePolicySource(Registry& registry, Executor& strand)
    : registry_(registry), tasks_(strand) {}

void CachePolicySource::subscribe(auth::PolicyObserver& observer) {
  observers_.push_back(&observer);
  for (const Source& source : kSources) {
    const Snapshot snapshot = registry_.find_stored(kGroup, source.resource)->cache->snapshot();
    for (const CacheItem* item = snapshot.lower_bound({}); item != nullptr;
         item = snapshot.after(item->key)) {
      observer.policy_changed(source.kind, item->object);
    }
  }
}

void CachePolicySource::unsubscribe(auth::PolicyObserver& observer) {
  std::erase(observers_, &observer);
}

void CachePolicySource::start() {
  for (const Source& source : kSources) {
    Collection* const collection = registry_.find_stored(kGroup, source.resource);
    const auth::PolicyKind kind = source.kind;
    tasks_.spawn("policy", [this, kind, collection] { return follow(kind, collection); });
  }
}

Task<> CachePolicySource::stop() { return tasks_.stop(); }

Task<> CachePolicySource::follow(auth::PolicyKind kind, Collection* collection) {
  for (;;) {
    const Snapshot snapshot = collection->cache->snapshot();
    auto watcher = collection->cache->watch(snapshot.revision(), "");
    if (!watcher) co_return;
    for (const CacheItem* item = snapshot.lower_bound({}); item != nullptr;
         item = snapshot.after(item->key)) {
      for (auth::PolicyObserver* observer : observers_) observer->policy_changed(kind, item->object);
    }
    for (;;) {
      auto event = co_await (*watcher)->next();
      if (!event && event.error().is(Reason::Expired)) break;  // Too slow: from the start again.
      if (!event) co_return;
      tell(kind, *event);
    }
  }
}

void CachePolicySource::tell(auth::PolicyKind kind, const CacheEvent& event) {
  if (event.type == CacheEvent::Type::Progress) return;
  for (auth::PolicyObserver* observer : observers_) {
    if (event.type == CacheEvent::Type::Put) {
      observer->policy_changed(kind, event.object);
    } else {
      observer->policy_removed(kind, object::namespace_of(event.object.root()),
                               object::name_of(event.object.root()));
    }
  }
}

}  // namespace knarr::apiserver
