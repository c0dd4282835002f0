// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/cluster_events.h"

#include "object/equality.h"

#include <algorithm>

namespace knarr::scheduler {

namespace atom = object::atom;

namespace {

// Resources whose name came later make the vector longer: missing ones are zero.
bool same_amounts(const NodeFacts& a, const NodeFacts& b) {
  if (a.allowed_pods != b.allowed_pods) return false;
  const std::size_t size = std::max(a.allocatable.size(), b.allocatable.size());
  for (std::size_t i = 0; i < size; ++i) {
    if (a.has(static_cast<ResourceId>(i)) != b.has(static_cast<ResourceId>(i))) return false;
  }
  return true;
}

bool takes_less(const PodInfo& before, const PodInfo& now) {
  return std::ranges::any_of(before.requests, [&](const Amount& had) {
    const auto has = std::ranges::find(now.requests, had.resource, &Amount::resource);
    return has == now.requests.end() || has->amount < had.amount;
  });
}

}  // namespace

ClusterEvent node_event(const NodeFacts* before, const NodeFacts& now) {
  ClusterEvent event{.node_before = before, .node = &now};
  if (before == nullptr) {
    event.bits = kNodeAdded;
    return event;
  }
  if (!same_amounts(*before, now)) event.bits |= kNodeAllocatable;
  if (!object::equal(before->labels(), now.labels())) event.bits |= kNodeLabels;
  if (before->unschedulable != now.unschedulable || before->taints != now.taints) {
    event.bits |= kNodeTaints;
  }
  return event;
}

ClusterEvent placed_event(const PodInfo* before, const PodInfo& now) {
  ClusterEvent event{.pod_before = before, .pod = &now};
  if (before == nullptr || before->node_name.empty()) event.bits |= kPodPlaced;
  if (before == nullptr) return event;
  if (takes_less(*before, now)) event.bits |= kPodScaledDown;
  if (!object::equal(before->object[atom::metadata][atom::labels],
                     now.object[atom::metadata][atom::labels])) {
    event.bits |= kPodLabels;
  }
  return event;
}

ClusterEvent gone_event(const PodInfo& last) { return {.bits = kPodGone, .pod_before = &last}; }

}  // namespace knarr::scheduler
