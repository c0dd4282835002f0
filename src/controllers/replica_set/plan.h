// SPDX-License-Identifier: Apache-2.0
// What a ReplicaSet (or ReplicationController) wants: how many pods to make, which to delete, and
// what its status says. Pure. Source: k8s.io/kubernetes pkg/controller/replicaset.
#pragma once

#include "base/clock.h"
#include "object/document.h"
#include "object/draft.h"

#include <optional>
#include <string>
#include <vector>

namespace knarr::controllers {

struct ReplicaPlan {
  int to_create = 0;
  std::vector<object::Document> to_delete;
};

/// `active`: the set's own active pods. `related`: all pods of sets with the same owner.
ReplicaPlan plan_replicas(object::Value set, std::vector<object::Document> active,
                          const std::vector<object::Document>& related, SystemTime now);

struct ReplicaStatusInput {
  object::Value set;
  const std::vector<object::Document>& active;
  std::optional<int> terminating;     // Not for ReplicationControllers.
  std::optional<std::string> failure;  // Of making or deleting pods.
  SystemTime now;
};

/// The whole new status.
object::Draft replica_status(const ReplicaStatusInput& input);

/// The time until the next ready pod becomes available.
std::optional<std::chrono::nanoseconds> next_available(object::Value set,
                                                       const std::vector<object::Document>& active,
                                                       SystemTime now);

}  // namespace knarr::controllers
