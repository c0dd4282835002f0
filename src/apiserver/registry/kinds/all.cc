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
    &kinds::kReplicationControllerRules,
    &kinds::kDaemonSetRules,
    &kinds::kHorizontalPodAutoscalerRules,
    &kinds::kCertificateSigningRequestRules,
    &kinds::kPersistentVolumeClaimRules,
    &kinds::kConfigMapRules,
    &kinds::kSecretRules,
    &kinds::kServiceAccountRules,
    &kinds::kCronJobRules,
    &kinds::kDeviceClassRules,
    &kinds::kEndpointsRules,
    &kinds::kEndpointSliceRules,
    &kinds::kEventRules,
    &kinds::kFlowSchemaRules,
    &kinds::kPriorityLevelRules,
    &kinds::kIngressRules,
    &kinds::kIngressClassRules,
    &kinds::kJobRules,
    &kinds::kNamespaceRules,
    &kinds::kNetworkPolicyRules,
    &kinds::kIpAddressRules,
    &kinds::kServiceCidrRules,
    &kinds::kNodeRules,
    &kinds::kPersistentVolumeRules,
    &kinds::kPodDisruptionBudgetRules,
    &kinds::kLeaseRules,
    &kinds::kPriorityClassRules,
    &kinds::kRuntimeClassRules,
    &kinds::kResourceQuotaRules,
    &kinds::kLimitRangeRules,
    &kinds::kRoleRules,
    &kinds::kClusterRoleRules,
    &kinds::kRoleBindingRules,
    &kinds::kClusterRoleBindingRules,
    &kinds::kResourceClaimRules,
    &kinds::kResourceClaimTemplateRules,
    &kinds::kResourceSliceRules,
    &kinds::kServiceRules,
    &kinds::kStatefulSetRules,
    &kinds::kControllerRevisionRules,
    &kinds::kStorageClassRules,
    &kinds::kCsiDriverRules,
    &kinds::kCsiNodeRules,
    &kinds::kCsiStorageCapacityRules,
    &kinds::kVolumeAttachmentRules,
    &kinds::kVolumeAttributesClassRules,
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
