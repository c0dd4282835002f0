// SPDX-License-Identifier: Apache-2.0
// Looks up the rules of a kind. A new kind with functions goes into kWithFunctions.
#include "apiserver/registry/kinds/all.h"

#include "apiserver/registry/kinds/pod.h"

namespace knarr::apiserver {

namespace {

constinit const KindRules* const kWithFunctions[] = {
    &kPodRules,
    &kPodTemplateRules,
    &kinds::kDeploymentRules,
    &kinds::kReplicaSetRules,
    &kinds::kDaemonSetRules,
    &kinds::kReplicationControllerRules,
    &kinds::kStatefulSetRules,
    &kinds::kControllerRevisionRules,
    &kinds::kJobRules,
    &kinds::kCronJobRules,
    &kinds::kServiceRules,
    &kinds::kConfigMapRules,
    &kinds::kSecretRules,
    &kinds::kServiceAccountRules,
    &kinds::kNamespaceRules,
    &kinds::kEventRules,
};

bool is_of(const KindRules& rules, std::string_view group, std::string_view resource) {
  return rules.resource == resource && rules.group == group;
}

}  // namespace

const KindRules* find_kind_rules(std::string_view group, std::string_view resource) {
  for (const KindRules* rules : kWithFunctions) {
    if (is_of(*rules, group, resource)) return rules;
  }
  for (const KindRules& rules : kinds::kinds_with_facts_only()) {
    if (is_of(rules, group, resource)) return &rules;
  }
  return nullptr;
}

}  // namespace knarr::apiserver
