// SPDX-License-Identifier: Apache-2.0
// The rules of every kind, each defined in the file of its family. all.cc looks them up; kinds of
// which only facts are special stand in facts.cc.
#pragma once

#include "apiserver/registry/kind_rules.h"

#include <span>

namespace knarr::apiserver::kinds {

extern const KindRules kDeploymentRules;
extern const KindRules kReplicaSetRules;
extern const KindRules kReplicationControllerRules;
extern const KindRules kDaemonSetRules;
extern const KindRules kHorizontalPodAutoscalerRules;
extern const KindRules kCertificateSigningRequestRules;
extern const KindRules kPersistentVolumeClaimRules;
extern const KindRules kConfigMapRules;
extern const KindRules kSecretRules;
extern const KindRules kServiceAccountRules;
extern const KindRules kCronJobRules;
extern const KindRules kDeviceClassRules;
extern const KindRules kEndpointsRules;
extern const KindRules kEndpointSliceRules;
extern const KindRules kEventRules;
extern const KindRules kFlowSchemaRules;
extern const KindRules kPriorityLevelRules;
extern const KindRules kIngressRules;
extern const KindRules kIngressClassRules;
extern const KindRules kJobRules;
extern const KindRules kNamespaceRules;
extern const KindRules kNetworkPolicyRules;
extern const KindRules kIpAddressRules;
extern const KindRules kServiceCidrRules;
extern const KindRules kNodeRules;
extern const KindRules kPersistentVolumeRules;
extern const KindRules kPodDisruptionBudgetRules;
extern const KindRules kLeaseRules;
extern const KindRules kPriorityClassRules;
extern const KindRules kRuntimeClassRules;
extern const KindRules kResourceQuotaRules;
extern const KindRules kLimitRangeRules;
extern const KindRules kRoleRules;
extern const KindRules kClusterRoleRules;
extern const KindRules kRoleBindingRules;
extern const KindRules kClusterRoleBindingRules;
extern const KindRules kResourceClaimRules;
extern const KindRules kResourceClaimTemplateRules;
extern const KindRules kResourceSliceRules;
extern const KindRules kServiceRules;
extern const KindRules kStatefulSetRules;
extern const KindRules kControllerRevisionRules;
extern const KindRules kStorageClassRules;
extern const KindRules kCsiDriverRules;
extern const KindRules kCsiNodeRules;
extern const KindRules kCsiStorageCapacityRules;
extern const KindRules kVolumeAttachmentRules;
extern const KindRules kVolumeAttributesClassRules;

/// Kinds without functions of their own.
std::span<const KindRules> kinds_with_facts_only();

}  // namespace knarr::apiserver::kinds
