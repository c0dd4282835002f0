// SPDX-License-Identifier: Apache-2.0
// DefaultTolerationSeconds: pods stay for five minutes on a node that is not ready or unreachable.
// Source: k8s.io/kubernetes/plugin/pkg/admission/defaulttolerationseconds.
#pragma once

#include "object/draft.h"

namespace knarr::apiserver {

/// Adds the two tolerations unless the pod tolerates those taints in its own way. For creations and
/// updates of pods, not of their subresources.
void add_default_tolerations(object::NodeRef pod);

}  // namespace knarr::apiserver
