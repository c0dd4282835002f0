// SPDX-License-Identifier: Apache-2.0
// What a change of a node or a pod means to pods that wait, as bits.
#pragma once

#include "scheduler/core/plugin.h"

namespace knarr::scheduler {

/// The views of the result point at the arguments. `before` may be null: the node is new.
ClusterEvent node_event(const NodeFacts* before, const NodeFacts& now);
/// A pod that counts on a node; `before` is what counted there until now, or null.
ClusterEvent placed_event(const PodInfo* before, const PodInfo& now);
/// A pod that counts on a node no more.
ClusterEvent gone_event(const PodInfo& last);

}  // namespace knarr::scheduler
