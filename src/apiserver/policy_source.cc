// SPDX-License-Identifier: Apache-2.0
// Four collections, one for each kind of policy.
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

std::vector<Collection*> collections(const Registry& registry) {
  std::vector<Collection*> list;
  for (const Source& source : kSources) {
    list.push_back(registry.find_stored(kGroup, source.resource));
  }
  return list;
}

}  // namespace

CachePolicySource::CachePolicySource(Registry& registry, Executor& strand)
    : follower_(collections(registry), *this, strand) {}

void CachePolicySource::subscribe(auth::PolicyObserver& observer) {
  observers_.push_back(&observer);
  follower_.tell_all();
}

void CachePolicySource::unsubscribe(auth::PolicyObserver& observer) {
  std::erase(observers_, &observer);
}

void CachePolicySource::object_changed(std::size_t index, const object::Document& object) {
  for (auth::PolicyObserver* observer : observers_) {
    observer->policy_changed(kSources[index].kind, object);
  }
}

void CachePolicySource::object_removed(std::size_t index, const object::Document& last) {
  for (auth::PolicyObserver* observer : observers_) {
    observer->policy_removed(kSources[index].kind, object::namespace_of(last.root()),
                             object::name_of(last.root()));
  }
}

void CachePolicySource::objects_reset() {
  for (auth::PolicyObserver* observer : observers_) observer->policy_reset();
}

}  // namespace knarr::apiserver
