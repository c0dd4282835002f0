// SPDX-License-Identifier: Apache-2.0
#include "controllers/deployment/status.h"

#include "controllers/pods.h"
#include "object/time_text.h"

#include <fmt/core.h>

#include <algorithm>

namespace knarr::controllers::deployment {

using object::NodeRef;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr std::string_view kProgressing = "Progressing";
constexpr std::string_view kReplicaFailure = "ReplicaFailure";
constexpr std::string_view kAvailableReason = "NewReplicaSetAvailable";
constexpr std::string_view kTimedOut = "ProgressDeadlineExceeded";

void set_condition(Status& status, Condition condition) {
  const Condition* now = find(status.conditions, condition.type);
  if (now != nullptr && now->status == condition.status && now->reason == condition.reason) return;
  if (now != nullptr && now->status == condition.status) {
    condition.lastTransitionTime = now->lastTransitionTime;
  }
  remove(status.conditions, condition.type);
  status.conditions.push_back(std::move(condition));
}

bool has_progressed(const Status& before, const Status& now) {
  return now.updated > before.updated ||
         now.replicas - now.updated < before.replicas - before.updated ||
         now.ready > before.ready || now.available > before.available;
}

std::optional<SystemTime> parsed(const std::string& text) {
  const auto time = object::parse_time(text);
  if (!time) return std::nullopt;
  return SystemTime(*time);
}

bool has_timed_out(const Spec& spec, const Status& status, SystemTime now) {
  const Condition* condition = find(status.conditions, kProgressing);
  if (condition == nullptr || condition->reason == kAvailableReason) return false;
  if (condition->reason == kTimedOut) return true;
  const auto since = parsed(condition->lastUpdateTime);
  return since && *since + std::chrono::seconds(*spec.progress_deadline_seconds) < now;
}

// The subject of a message about progress.
std::string subject(Value deployment, const Split& sets) {
  if (sets.current) return fmt::format("ReplicaSet \"{}\"", sets.current->name);
  return fmt::format("Deployment \"{}\"", object::name_of(deployment));
}

void judge_progress(Status& status, Value deployment, const Spec& spec, const Split& sets,
                    SystemTime now) {
  const Status before = read_status(deployment);
  const Condition* current = find(before.conditions, kProgressing);
  const bool was_complete = status.replicas == status.updated && current != nullptr &&
                            current->reason == kAvailableReason;
  if (was_complete) return;
  const std::string who = subject(deployment, sets);
  if (is_complete(deployment, spec, status)) {
    set_condition(status, kProgressing, "True", kAvailableReason, who + " has successfully progressed.", now);
  } else if (has_progressed(before, status)) {
    Condition condition{.type = std::string(kProgressing),
                        .status = "True",
                        .reason = "ReplicaSetUpdated",
                        .message = who + " is progressing.",
                        .lastUpdateTime = time_text(now),
                        .lastTransitionTime = time_text(now)};
    if (current != nullptr && current->status == "True") {
      condition.lastTransitionTime = current->lastTransitionTime;
    }
    remove(status.conditions, kProgressing);  // Its time says when progress was seen last.
    status.conditions.push_back(std::move(condition));
  } else if (has_timed_out(spec, status, now)) {
    set_condition(status, kProgressing, "False", kTimedOut, who + " has timed out progressing.", now);
  }
}

const ReplicaSet* first_failing(const Split& sets, Condition& failure) {
  const auto fails = [&failure](const ReplicaSet& set) {
    const Conditions conditions = read_conditions(set.document[atom::status][atom::conditions]);
    const Condition* found = find(conditions, kReplicaFailure);
    if (found == nullptr) return false;
    failure = *found;
    failure.lastUpdateTime = found->lastTransitionTime;
    return true;
  };
  if (sets.current && fails(*sets.current)) return &*sets.current;
  for (const ReplicaSet& set : sets.old) {
    if (fails(set)) return &set;
  }
  return nullptr;
}

}  // namespace

Status read_status(Value deployment) {
  const Value status = deployment[atom::status];
  Status result;
  result.observed_generation = status[atom::observedGeneration].as_int();
  result.replicas = status[atom::replicas].as_int();
  result.updated = status[atom::updatedReplicas].as_int();
  result.ready = status[atom::readyReplicas].as_int();
  result.available = status[atom::availableReplicas].as_int();
  result.unavailable = status[atom::unavailableReplicas].as_int();
  if (status[atom::terminatingReplicas].is_int()) {
    result.terminating = status[atom::terminatingReplicas].as_int();
  }
  if (status[atom::collisionCount].is_int()) result.collisions = status[atom::collisionCount].as_int();
  result.conditions = read_conditions(status[atom::conditions]);
  return result;
}

void write_status(NodeRef status, const Status& value) {
  status.set_map();
  const auto set = [&status](std::string_view key, std::int64_t number) {
    if (number != 0) status.set(key, number);
  };
  set("observedGeneration", value.observed_generation);
  set("replicas", value.replicas);
  set("updatedReplicas", value.updated);
  set("readyReplicas", value.ready);
  set("availableReplicas", value.available);
  set("unavailableReplicas", value.unavailable);
  if (value.terminating) status.set("terminatingReplicas", *value.terminating);
  write_conditions(status, value.conditions);
  if (value.collisions) status.set("collisionCount", *value.collisions);
}

void set_condition(Status& status, std::string_view type, std::string_view value,
                   std::string_view reason, std::string message, SystemTime now) {
  set_condition(status, Condition{.type = std::string(type),
                                  .status = std::string(value),
                                  .reason = std::string(reason),
                                  .message = std::move(message),
                                  .lastUpdateTime = time_text(now),
                                  .lastTransitionTime = time_text(now)});
}

bool is_complete(Value deployment, const Spec& spec, const Status& status) {
  return status.updated == spec.replicas && status.replicas == spec.replicas &&
         status.available == spec.replicas &&
         status.observed_generation >= deployment[atom::metadata][atom::generation].as_int();
}

Status count_status(Value deployment, const Spec& spec, const Split& sets, SystemTime now) {
  const Status before = read_status(deployment);
  Status status;
  status.observed_generation = deployment[atom::metadata][atom::generation].as_int();
  status.collisions = before.collisions;
  status.conditions = before.conditions;
  status.updated = sets.current ? sets.current->actual : 0;
  const Sets all = sets.all();
  status.terminating = 0;
  for (const ReplicaSet& set : all) {
    status.replicas += set.actual;
    status.ready += set.ready;
    status.available += set.available;
    // Unknown for one is unknown for all.
    if (!set.terminating) status.terminating.reset();
    if (status.terminating && set.terminating) *status.terminating += *set.terminating;
  }
  status.unavailable = std::max<std::int64_t>(0, total_replicas(all) - status.available);
  if (status.available >= spec.replicas - spec.max_unavailable) {
    set_condition(status, "Available", "True", "MinimumReplicasAvailable",
                  "Deployment has minimum availability.", now);
  } else {
    set_condition(status, "Available", "False", "MinimumReplicasUnavailable",
                  "Deployment does not have minimum availability.", now);
  }
  return status;
}

Status rollout_status(Value deployment, const Spec& spec, const Split& sets, SystemTime now) {
  Status status = count_status(deployment, spec, sets, now);
  if (spec.progress_deadline_seconds) {
    judge_progress(status, deployment, spec, sets, now);
  } else {
    remove(status.conditions, kProgressing);
  }
  Condition failure;
  if (first_failing(sets, failure) != nullptr) {
    set_condition(status, std::move(failure));
  } else {
    remove(status.conditions, kReplicaFailure);
  }
  return status;
}

std::optional<std::chrono::nanoseconds> until_deadline(Value deployment, const Spec& spec,
                                                       const Status& status, SystemTime now) {
  const Condition* condition = find(status.conditions, kProgressing);
  if (!spec.progress_deadline_seconds || condition == nullptr || condition->reason == kTimedOut ||
      is_complete(deployment, spec, status)) {
    return std::nullopt;
  }
  const auto since = parsed(condition->lastUpdateTime);
  if (!since) return std::nullopt;
  // A second more: times are written in whole seconds.
  const auto left = *since + std::chrono::seconds(*spec.progress_deadline_seconds + 1) - now;
  return std::max<std::chrono::nanoseconds>(left, std::chrono::seconds(1));
}

}  // namespace knarr::controllers::deployment
