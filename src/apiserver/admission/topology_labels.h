// SPDX-License-Identifier: Apache-2.0
// PodTopologyLabels: a pod carries the zone and region of its node, as labels.
#pragma once

#include "object/document.h"
#include "object/draft.h"

namespace knarr::apiserver {

/// Copies the labels topology.kubernetes.io/zone and region of `node` (may be missing) over those of
/// an object: a pod that is made bound, or a Binding, whose labels go to its pod.
void copy_topology_labels(object::NodeRef object, object::Value node);

}  // namespace knarr::apiserver
