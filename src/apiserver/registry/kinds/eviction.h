// SPDX-License-Identifier: Apache-2.0
// The pure part of pods/eviction: what a pod's disruption budgets say, and what an eviction writes.
// Source: k8s.io/kubernetes/pkg/registry/core/pod/storage EvictionREST.
#pragma once

#include "base/result.h"
#include "object/document.h"
#include "object/draft.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace knarr::apiserver {

enum class EvictionStep : std::uint8_t {
  Delete,       // Nothing holds the pod.
  DeleteAsSeen,  // It may go because it is not ready: delete that very version of it.
  TakeFromBudget,  // Write the budget first (take_from_budget), then delete the pod.
};

struct EvictionPlan {
  EvictionStep step = EvictionStep::Delete;
  std::size_t budget = 0;  // TakeFromBudget: which one.
};

/// True for a pod that no budget counts: finished, not yet running, or being deleted.
bool is_beyond_budgets(object::Value pod);

/// `budgets`: the PodDisruptionBudgets whose selector matches the pod. Errors: TooManyRequests when
/// the budget has nothing left or was not looked at by its controller yet; InternalError when there
/// are several; Forbidden when the budget is broken.
Result<EvictionPlan> plan_eviction(object::Value pod, std::span<const object::Value> budgets);

/// Takes one disruption from a budget for a pod. `now`: RFC 3339, whole seconds.
void take_from_budget(object::NodeRef budget, std::string_view pod_name, std::string_view now);
/// Notes in the pod that it is evicted; written before it is deleted.
void mark_evicted(object::NodeRef pod, std::string_view now);

}  // namespace knarr::apiserver
