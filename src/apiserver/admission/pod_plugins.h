// SPDX-License-Identifier: Apache-2.0
// The plug-ins about pods and nodes, over the pure functions beside this file.
#pragma once

#include "apiserver/admission/admission.h"
#include "apiserver/registry/registry.h"

namespace knarr::apiserver {

/// Adds ServiceAccount, NodeRestriction, TaintNodesByCondition, Priority, DefaultTolerationSeconds,
/// RuntimeClass and PodTopologyLabels, in Kubernetes' order. After NamespaceLifecycle, before what
/// judges the finished object. `registry` outlives the chain.
void add_pod_plugins(AdmissionChain& chain, Registry& registry);

}  // namespace knarr::apiserver
