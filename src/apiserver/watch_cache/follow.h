// SPDX-License-Identifier: Apache-2.0
// Following several collections at once, for what the API server itself derives from objects
// (rights of roles, what concerns a node). On the API strand.
#pragma once

#include "apiserver/registry/collection.h"
#include "base/task_group.h"

#include <vector>

namespace knarr::apiserver {

/// Hears of objects; `index` is the collection's position in the list that is followed.
class CollectionSink {
 public:
  virtual ~CollectionSink() = default;
  virtual void object_changed(std::size_t index, const object::Document& object) = 0;
  virtual void object_removed(std::size_t index, const object::Document& last) = 0;
  /// Everything told so far is void: removals may have been missed. All objects there are come
  /// next, before anybody else runs.
  virtual void objects_reset() = 0;
};

class CollectionFollower {
 public:
  /// All outlive the follower.
  CollectionFollower(std::vector<Collection*> collections, CollectionSink& sink, Executor& strand);

  /// Tells of what there is.
  void tell_all();
  /// Tells of each change from now on; the caches have started.
  void start();
  Task<> stop() { return tasks_.stop(); }

 private:
  Task<> follow(std::size_t index);

  std::vector<Collection*> collections_;
  CollectionSink& sink_;
  TaskGroup tasks_;
};

}  // namespace knarr::apiserver
