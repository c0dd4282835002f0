// SPDX-License-Identifier: Apache-2.0
// How many pods each ReplicaSet of a Deployment should have next: rolling update, recreation, and
// scaling in proportion. Pure. Source: k8s.io/kubernetes pkg/controller/deployment (sync.go,
// rolling.go, recreate.go).
#pragma once

#include "controllers/deployment/sets.h"

#include <string>
#include <vector>

namespace knarr::controllers::deployment {

/// One set's new number. Kept too when the number stays and only its annotations are out of date.
struct Scale {
  std::string uid;
  std::int64_t to = 0;
  friend bool operator==(const Scale&, const Scale&) = default;
};

/// The number with which the set of a new template starts, or may grow to, beside the others.
std::int64_t next_size_of_current(const Spec& spec, const Sets& all, std::int64_t current);

/// One step of a rolling update; nothing when there is nothing to do before pods change.
std::vector<Scale> plan_rolling(const Spec& spec, const Split& sets);
/// Old sets go to none.
std::vector<Scale> plan_recreate_down(const Split& sets);

/// The number of replicas changed since the sets were last scaled.
bool is_scaling(const Spec& spec, const Split& sets);
/// Shares a change of replicas, in mid-rollout in proportion to sizes. `status_replicas`: what the
/// deployment's status says, for sets without annotation.
std::vector<Scale> plan_scaling(const Spec& spec, const Split& sets, std::int64_t status_replicas);

/// The old sets above the history limit that may go.
Sets plan_cleanup(const Spec& spec, const Sets& old);

}  // namespace knarr::controllers::deployment
