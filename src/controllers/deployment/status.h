// SPDX-License-Identifier: Apache-2.0
// What a Deployment's status says: counts, Available, Progressing, ReplicaFailure. Pure.
// Source: k8s.io/kubernetes pkg/controller/deployment (progress.go, sync.go).
#pragma once

#include "base/clock.h"
#include "controllers/conditions.h"
#include "controllers/deployment/sets.h"
#include "object/draft.h"

#include <optional>
#include <string>

namespace knarr::controllers::deployment {

struct Status {
  std::int64_t observed_generation = 0;
  std::int64_t replicas = 0;
  std::int64_t updated = 0;
  std::int64_t ready = 0;
  std::int64_t available = 0;
  std::int64_t unavailable = 0;
  std::optional<std::int64_t> terminating;
  std::optional<std::int64_t> collisions;
  Conditions conditions;

  friend bool operator==(const Status&, const Status&) = default;
};

Status read_status(object::Value deployment);
void write_status(object::NodeRef status, const Status& value);

/// Counts and the Available condition.
Status count_status(object::Value deployment, const Spec& spec, const Split& sets, SystemTime now);
/// The same with Progressing and ReplicaFailure: what a rollout writes.
Status rollout_status(object::Value deployment, const Spec& spec, const Split& sets, SystemTime now);

/// All pods are of the present template, and available.
bool is_complete(object::Value deployment, const Spec& spec, const Status& status);

/// Sets a condition as Kubernetes does: one with the same status and reason stays untouched, a
/// changed one moves to the end; the transition time changes with the status only.
void set_condition(Status& status, std::string_view type, std::string_view value,
                   std::string_view reason, std::string message, SystemTime now);

/// When to look again whether the deadline has passed; nothing when no deadline runs.
std::optional<std::chrono::nanoseconds> until_deadline(object::Value deployment, const Spec& spec,
                                                       const Status& status, SystemTime now);

}  // namespace knarr::controllers::deployment
