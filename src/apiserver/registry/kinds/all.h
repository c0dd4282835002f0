// SPDX-License-Identifier: Apache-2.0
// The rules of every kind, each defined in the file of its family. all.cc looks them up; kinds of
// which only facts are special stand in facts.cc.
#pragma once

#include "apiserver/registry/kind_rules.h"

#include <span>

namespace knarr::apiserver::kinds {

extern const KindRules kDeploymentRules;
extern const KindRules kReplicaSetRules;
extern const KindRules kDaemonSetRules;
extern const KindRules kReplicationControllerRules;
extern const KindRules kStatefulSetRules;
extern const KindRules kControllerRevisionRules;
extern const KindRules kJobRules;
extern const KindRules kCronJobRules;
extern const KindRules kServiceRules;
extern const KindRules kConfigMapRules;
extern const KindRules kSecretRules;
extern const KindRules kServiceAccountRules;
extern const KindRules kNamespaceRules;
extern const KindRules kEventRules;

/// Kinds without functions of their own.
std::span<const KindRules> kinds_with_facts_only();

}  // namespace knarr::apiserver::kinds
