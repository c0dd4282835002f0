// SPDX-License-Identifier: Apache-2.0
// One watch for each collection. A watch that fell behind cannot say what was deleted meanwhile, so
// everything is told anew; later events of the other watches then repeat what is known.
#include "apiserver/watch_cache/follow.h"

namespace knarr::apiserver {

CollectionFollower::CollectionFollower(std::vector<Collection*> collections, CollectionSink& sink,
                                       Executor& strand)
    : collections_(std::move(collections)), sink_(sink), tasks_(strand) {}

void CollectionFollower::tell_all() {
  for (std::size_t i = 0; i < collections_.size(); ++i) {
    const Snapshot snapshot = collections_[i]->cache->snapshot();
    for (const CacheItem* item = snapshot.lower_bound({}); item != nullptr;
         item = snapshot.after(item->key)) {
      sink_.object_changed(i, item->object);
    }
  }
}

void CollectionFollower::start() {
  for (std::size_t i = 0; i < collections_.size(); ++i) {
    tasks_.spawn(collections_[i]->resource, [this, i] { return follow(i); });
  }
}

Task<> CollectionFollower::follow(std::size_t index) {
  Collection* const collection = collections_[index];
  for (bool first = true;; first = false) {
    if (!first) {
      sink_.objects_reset();
      tell_all();
    }
    const Snapshot snapshot = collection->cache->snapshot();
    auto watcher = collection->cache->watch(snapshot.revision(), "");
    if (!watcher) co_return;
    if (first) {  // What changed between tell_all() and now.
      for (const CacheItem* item = snapshot.lower_bound({}); item != nullptr;
           item = snapshot.after(item->key)) {
        sink_.object_changed(index, item->object);
      }
    }
    for (;;) {
      auto event = co_await (*watcher)->next();
      if (!event && event.error().is(Reason::Expired)) break;
      if (!event) co_return;
      if (event->type == CacheEvent::Type::Put) sink_.object_changed(index, event->object);
      if (event->type == CacheEvent::Type::Delete) sink_.object_removed(index, event->object);
    }
  }
}

}  // namespace knarr::apiserver
