// SPDX-License-Identifier: Apache-2.0
// The roles and bindings in memory, told to authorizers as they change (DESIGN section 6: auth reads
// roles through a PolicySource that the API server implements). On the API strand.
#pragma once

#include "apiserver/registry/registry.h"
#include "auth/rbac.h"
#include "base/task_group.h"

#include <vector>

namespace knarr::apiserver {

class CachePolicySource final : public auth::PolicySource {
 public:
  CachePolicySource(Registry& registry, Executor& strand);
  void subscribe(auth::PolicyObserver& observer) override;
  void unsubscribe(auth::PolicyObserver& observer) override;

  /// Follows the caches; after they have started.
  void start();
  Task<> stop();

 private:
  Task<> follow(auth::PolicyKind kind, Collection* collection);
  void tell(auth::PolicyKind kind, const CacheEvent& event);

  Registry& registry_;
  std::vector<auth::PolicyObserver*> observers_;
  TaskGroup tasks_;
};

}  // namespace knarr::apiserver
