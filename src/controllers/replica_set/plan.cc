// SPDX-License-Identifier: Apache-2.0
#include "controllers/replica_set/plan.h"

#include "api/label_selector.h"
#include "controllers/conditions.h"
#include "controllers/pods.h"

#include <algorithm>

namespace knarr::controllers {

using object::Document;
using object::Draft;
using object::NodeRef;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr int kBurst = 500;  // Pods made or deleted in one round.
constexpr std::string_view kReplicaFailure = "ReplicaFailure";

int wanted(Value set) { return static_cast<int>(set[atom::spec][atom::replicas].as_int(1)); }

void set_failure(Conditions& conditions, const ReplicaStatusInput& input) {
  const Condition* known = find(conditions, kReplicaFailure);
  if (!input.failure) {
    remove(conditions, kReplicaFailure);
    return;
  }
  if (known != nullptr) return;
  const int missing = wanted(input.set) - static_cast<int>(input.active.size());
  Condition failure{.type = std::string(kReplicaFailure),
                    .status = "True",
                    .message = *input.failure,
                    .lastTransitionTime = time_text(input.now)};
  if (missing != 0) failure.reason = missing > 0 ? "FailedCreate" : "FailedDelete";
  conditions.push_back(std::move(failure));
}

}  // namespace

ReplicaPlan plan_replicas(Value set, std::vector<Document> active,
                          const std::vector<Document>& related, SystemTime now) {
  ReplicaPlan plan;
  const int have = static_cast<int>(active.size());
  const int want = wanted(set);
  if (have < want) {
    plan.to_create = std::min(want - have, kBurst);
  } else if (have > want) {
    plan.to_delete = order_of_removal(std::move(active), related, now);
    plan.to_delete.resize(static_cast<std::size_t>(std::min(have - want, kBurst)));
  }
  return plan;
}

Draft replica_status(const ReplicaStatusInput& input) {
  Draft draft;
  NodeRef status = draft.root();
  status.set_map();
  const api::LabelSelector full = api::LabelSelector::from_labels(
      input.set[atom::spec][atom::template_][atom::metadata][atom::labels]);
  const std::int64_t min_ready = input.set[atom::spec][atom::minReadySeconds].as_int();
  int labelled = 0;
  int ready = 0;
  int available = 0;
  for (const Document& pod : input.active) {
    const Value root = pod.root();
    if (full.matches(root[atom::metadata][atom::labels])) ++labelled;
    if (!is_pod_ready(root)) continue;
    ++ready;
    if (is_pod_available(root, min_ready, input.now)) ++available;
  }
  status.set("replicas", static_cast<int>(input.active.size()));
  if (labelled != 0) status.set("fullyLabeledReplicas", labelled);
  if (ready != 0) status.set("readyReplicas", ready);
  if (available != 0) status.set("availableReplicas", available);
  if (input.terminating) status.set("terminatingReplicas", *input.terminating);
  const std::int64_t generation = input.set[atom::metadata][atom::generation].as_int();
  if (generation != 0) status.set("observedGeneration", generation);
  Conditions conditions = read_conditions(input.set[atom::status][atom::conditions]);
  set_failure(conditions, input);
  write_conditions(status, conditions);
  return draft;
}

std::optional<std::chrono::nanoseconds> next_available(Value set,
                                                       const std::vector<Document>& active,
                                                       SystemTime now) {
  const std::int64_t min_ready = set[atom::spec][atom::minReadySeconds].as_int();
  std::optional<std::chrono::nanoseconds> soonest;
  for (const Document& pod : active) {
    const auto left = until_available(pod.root(), min_ready, now);
    if (left && (!soonest || *left < *soonest)) soonest = left;
  }
  return soonest;
}

}  // namespace knarr::controllers
