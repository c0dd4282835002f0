// SPDX-License-Identifier: Apache-2.0
// The roles and bindings in memory, told to authorizers as they change (DESIGN section 6: auth reads
// roles through a PolicySource that the API server implements). On the API strand.
#pragma once

#include "apiserver/registry/registry.h"
#include "apiserver/watch_cache/follow.h"
#include "auth/rbac.h"

#include <vector>

namespace knarr::apiserver {

class CachePolicySource final : public auth::PolicySource, private CollectionSink {
 public:
  CachePolicySource(Registry& registry, Executor& strand);
  /// Observers come before start().
  void subscribe(auth::PolicyObserver& observer) override;
  void unsubscribe(auth::PolicyObserver& observer) override;

  /// Follows the caches; after they have started.
  void start() { follower_.start(); }
  Task<> stop() { return follower_.stop(); }

 private:
  void object_changed(std::size_t index, const object::Document& object) override;
  void object_removed(std::size_t index, const object::Document& last) override;
  void objects_reset() override;

  std::vector<auth::PolicyObserver*> observers_;
  CollectionFollower follower_;
};

}  // namespace knarr::apiserver
