// SPDX-License-Identifier: Apache-2.0
#include "apiserver/registry/kinds/eviction.h"

#include "apiserver/admission/pod_refusal.h"
#include "apiserver/registry/kinds/binding.h"

#include <fmt/format.h>

#include <chrono>

namespace knarr::apiserver {

using object::NodeRef;
using object::Value;

namespace {

constexpr std::size_t kMostDisrupted = 2000;  // Pods that the budget's controller has not confirmed.

Value condition_of(Value object, std::string_view type) {
  for (const Value condition : object["status"]["conditions"].items()) {
    if (condition["type"].as_string() == type) return condition;
  }
  return {};
}

Error too_many(std::string cause) {
  return Error(Reason::TooManyRequests,
               "Cannot evict pod as it would violate the pod's disruption budget.")
      .with_causes({{"DisruptionBudget", "", std::move(cause)}});
}

Error broken(std::string_view budget, std::string_view why) {
  return admission_refusal("policy", "poddisruptionbudget", budget, why);
}

// A pod that is not ready may go when the budget is healthy without it, or when the budget says so.
bool may_go_unready(Value pod, Value budget) {
  if (condition_of(pod, "Ready")["status"].as_string() == "True") return false;
  if (budget["spec"]["unhealthyPodEvictionPolicy"].as_string() == "AlwaysAllow") return true;
  const Value status = budget["status"];
  return status["desiredHealthy"].as_int() > 0 &&
         status["currentHealthy"].as_int() >= status["desiredHealthy"].as_int();
}

std::string why_none_left(Value budget) {
  const std::string_view name = object::name_of(budget);
  const Value status = budget["status"];
  const std::int64_t healthy = status["currentHealthy"].as_int();
  const std::int64_t wanted = status["desiredHealthy"].as_int();
  const Value allowed = condition_of(budget, "DisruptionAllowed");
  if (allowed["reason"].as_string() == "SyncFailed") {
    return fmt::format("The disruption budget {} does not allow evicting pods currently because it "
                       "failed sync: {}",
                       name, allowed["message"].as_string());
  }
  if (healthy <= wanted) {
    return fmt::format("The disruption budget {} needs {} healthy pods and has {} currently", name,
                       wanted, healthy);
  }
  return fmt::format("The disruption budget {} does not allow evicting pods currently", name);
}

}  // namespace

bool is_beyond_budgets(Value pod) {
  const std::string_view phase = pod["status"]["phase"].as_string();
  return phase == "Succeeded" || phase == "Failed" || phase == "Pending" ||
         pod["metadata"]["deletionTimestamp"].exists();
}

Result<EvictionPlan> plan_eviction(Value pod, std::span<const Value> budgets) {
  if (is_beyond_budgets(pod) || budgets.empty()) return EvictionPlan{};
  if (budgets.size() > 1) {
    return Error(Reason::InternalError,
                 "This pod has more than one PodDisruptionBudget, which the eviction subresource "
                 "does not support.");
  }
  const Value budget = budgets.front();
  if (may_go_unready(pod, budget)) return EvictionPlan{.step = EvictionStep::DeleteAsSeen};
  const Value status = budget["status"];
  if (status["observedGeneration"].as_int() < budget["metadata"]["generation"].as_int()) {
    constexpr std::chrono::seconds kSoon{10};
    return too_many(fmt::format("The disruption budget {} is still being processed by the server.",
                                object::name_of(budget)))
        .with_retry_after(kSoon);
  }
  const std::int64_t left = status["disruptionsAllowed"].as_int();
  if (left < 0) return broken(object::name_of(budget), "pdb disruptions allowed is negative");
  if (status["disruptedPods"].size() > kMostDisrupted) {
    return broken(object::name_of(budget),
                  "DisruptedPods map too big - too many evictions not confirmed by PDB controller");
  }
  if (left == 0) return too_many(why_none_left(budget));
  return EvictionPlan{.step = EvictionStep::TakeFromBudget};
}

void take_from_budget(NodeRef budget, std::string_view pod_name, std::string_view now) {
  NodeRef status = budget.ensure_map("status");
  const std::int64_t left = status["disruptionsAllowed"].as_int() - 1;
  status.ensure("disruptionsAllowed").set_int(left);
  status.ensure_map("disruptedPods").set(pod_name, now);
  if (left > 0) return;
  NodeRef condition;
  for (NodeRef one : status["conditions"].items()) {
    if (one["type"].as_string() == "DisruptionAllowed") condition = one;
  }
  const bool was_false = condition.exists() && condition["status"].as_string() == "False";
  if (!condition.exists()) condition = status.ensure_list("conditions").append();
  condition.set("type", "DisruptionAllowed");
  condition.set("status", "False");
  condition.ensure("observedGeneration").set_int(status["observedGeneration"].as_int());
  if (!was_false) condition.set("lastTransitionTime", now);
  condition.set("reason", "InsufficientPods");
  condition.set("message", "");
}

void mark_evicted(NodeRef pod, std::string_view now) {
  set_pod_condition(pod, "DisruptionTarget", "True", "EvictionByEvictionAPI",
                    "Eviction API: evicting", now);
}

}  // namespace knarr::apiserver
