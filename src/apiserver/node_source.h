// SPDX-License-Identifier: Apache-2.0
// What concerns which node, kept from the objects in memory: pods, volumes, attachments and slices
// told to the Node authorizer's graph as they change. On the API strand.
#pragma once

#include "apiserver/registry/registry.h"
#include "apiserver/watch_cache/follow.h"
#include "auth/node_authorizer.h"

namespace knarr::apiserver {

class CacheNodeSource final : private CollectionSink {
 public:
  /// `references` outlives it.
  CacheNodeSource(Registry& registry, auth::NodeReferences& references, Executor& strand);

  /// Tells of everything and follows the caches; after they have started.
  void start();
  Task<> stop() { return follower_.stop(); }

 private:
  void object_changed(std::size_t index, const object::Document& object) override;
  void object_removed(std::size_t index, const object::Document& last) override;
  void objects_reset() override { references_.reset(); }

  auth::NodeReferences& references_;
  CollectionFollower follower_;
};

}  // namespace knarr::apiserver
