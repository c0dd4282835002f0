// SPDX-License-Identifier: Apache-2.0
// The watch cache: the newest document of every object in memory, a window of recent events, and
// snapshots for lists (DESIGN section 5, BEHAVIOURS 23-32). Fed by the store's events, in order,
// after they are durable. Reading is never from disk.
//
// Everything here runs on one strand, the one the cache was made on; Snapshots, Items and the
// Documents in them are immutable and may be used anywhere.
#pragma once

#include "apiserver/watch_cache/tree.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "object/document.h"
#include "store/store.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace knarr::apiserver {

/// All objects of one resource as they were at one revision; a persistent tree, so that taking
/// and copying one is O(1). Items are in the order of the bytes of their keys.
class Snapshot {
 public:
  /// A walk: `for (Snapshot::Cursor c = snapshot.from(key); c; c.next()) c->object`. Holds the
  /// snapshot; may be kept across waits. Each step is O(1), unlike after().
  class Cursor {
   public:
    explicit operator bool() const { return item_ != nullptr; }
    const CacheItem& operator*() const { return *item_; }
    const CacheItem* operator->() const { return item_; }
    void next() {
      at_.next();
      item_ = at_.item();
    }

   private:
    friend class Snapshot;
    Cursor(const Tree& tree, std::string_view key)
        : tree_(tree), at_(tree_.cursor(key)), item_(at_.item()) {}
    Tree tree_;
    Tree::Cursor at_;
    const CacheItem* item_;
  };

  Snapshot() = default;
  Snapshot(Tree tree, Revision revision) : tree_(std::move(tree)), revision_(revision) {}

  /// The revision at which the list was taken, not that of its newest item (BEHAVIOURS 23).
  [[nodiscard]] Revision revision() const { return revision_; }
  [[nodiscard]] std::size_t size() const { return tree_.size(); }
  [[nodiscard]] const CacheItem* find(std::string_view key) const { return tree_.find(key); }
  /// The first item whose key is not below `key`, or null. O(log n): a pager keeps its last key.
  [[nodiscard]] const CacheItem* lower_bound(std::string_view key) const {
    return tree_.lower_bound(key);
  }
  /// The first item above `key`.
  [[nodiscard]] const CacheItem* after(std::string_view key) const { return tree_.after(key); }
  /// A walk that begins at lower_bound(key).
  [[nodiscard]] Cursor from(std::string_view key) const { return {tree_, key}; }
  /// How many items have a key in [from, to); an empty `to` is the end. O(log n).
  [[nodiscard]] std::size_t count(std::string_view from, std::string_view to) const {
    const std::size_t end = to.empty() ? tree_.size() : tree_.rank(to);
    const std::size_t begin = tree_.rank(from);
    return end > begin ? end - begin : 0;
  }

 private:
  Tree tree_;
  Revision revision_ = 0;
};

struct CacheEvent {
  enum class Type : std::uint8_t {
    Put,
    Delete,
    Progress,  // Nothing changed up to `revision`: what bookmarks are made of.
  };
  Type type = Type::Put;
  std::string_view key;     // Relative to the resource; lives as long as the event or a copy of it.
  object::Document object;  // The new version; of a Delete the last one, with the revision of the
                            // deletion in its header (BEHAVIOURS 27).
  object::Document previous;  // The version before; empty for a creation.
  Revision revision = 0;
  Revision created = 0;  // Of this life of the object.
  store::Bytes storage_key;
};

/// One watch. Events come in revision order, without gaps, each exactly once (BEHAVIOURS 24, 28).
/// It is a place in the window and holds nothing: who does not keep up with the window loses it.
/// May outlive the cache; destroyed on the cache's strand.
class Watcher {
 public:
  Watcher() = default;
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  virtual ~Watcher() = default;
  /// The next event. Errors: Expired when this watcher was too slow and fell out of the window (the
  /// client lists again), ServiceUnavailable when the collection ended, Cancelled.
  virtual Task<Result<CacheEvent>> next() = 0;
  /// The next event if one is waiting already.
  virtual std::optional<CacheEvent> poll() = 0;
  /// The revision up to which this watcher has been told everything. Never goes back.
  [[nodiscard]] virtual Revision progress() const = 0;
};

/// The cache of one stored resource ("/registry/pods/").
class ResourceCache {
 public:
  ResourceCache() = default;
  ResourceCache(const ResourceCache&) = delete;
  ResourceCache& operator=(const ResourceCache&) = delete;
  virtual ~ResourceCache() = default;
  /// The newest state.
  [[nodiscard]] virtual Snapshot snapshot() const = 0;
  /// The state at exactly this revision: the newest one with the events since taken back. Errors:
  /// Expired below the window, for a revision that was superseded longer ago than the window's age
  /// (BEHAVIOURS 168), for one that is not reached yet, and for one of before the start.
  [[nodiscard]] virtual Result<Snapshot> snapshot_at(Revision revision) const = 0;
  /// Events above `since` whose key begins with `key_prefix` ("" = all, "default/" a namespace,
  /// a whole key an object; others with that beginning are the caller's to leave out). A `since` of
  /// the future waits. Errors: Expired when `since` is below the window (BEHAVIOURS 24),
  /// ServiceUnavailable when the collection ended.
  [[nodiscard]] virtual Result<std::unique_ptr<Watcher>> watch(Revision since,
                                                               std::string key_prefix) = 0;
};

/// Turns stored bytes into a document (for what other servers wrote and at start). Any thread.
class StorageDecoder {
 public:
  StorageDecoder() = default;
  StorageDecoder(const StorageDecoder&) = delete;
  StorageDecoder& operator=(const StorageDecoder&) = delete;
  virtual ~StorageDecoder() = default;
  [[nodiscard]] virtual Result<object::Document> decode(std::string_view key,
                                                        std::string_view bytes) const = 0;
};

struct WatchCacheLimits {
  std::size_t window_bytes =
      4UL * 1024 * 1024;  // All resources together, of what only old versions
                          // hold; eight times that in a burst of seconds.
  std::size_t window_events = 100'000;
  std::chrono::seconds window_age{300};  // BEHAVIOURS 168: tokens expire after about five minutes.
};

class WatchCache {
 public:
  WatchCache() = default;
  WatchCache(const WatchCache&) = delete;
  WatchCache& operator=(const WatchCache&) = delete;
  virtual ~WatchCache() = default;
  /// Makes the cache of a resource. `prefix` is its storage prefix with a slash at the end; of two
  /// prefixes that match a key the longer one has it. Before start(); the reference is good as long
  /// as the cache. `decoder` outlives the cache.
  virtual ResourceCache& add(std::string prefix, const StorageDecoder& decoder) = 0;
  /// The same once start() has ended (a CustomResourceDefinition): loads what is stored. Errors:
  /// the store's.
  virtual Task<Result<ResourceCache*>> open(std::string prefix, const StorageDecoder& decoder) = 0;
  /// Ends a resource: its watchers get ServiceUnavailable, the reference is gone.
  virtual void close(ResourceCache& resource) = 0;
  /// Reads everything from the store and follows it from there. A stored object that cannot be
  /// decoded is logged and left out. Errors: the store's.
  virtual Task<Result<>> start() = 0;
  /// Ends all watchers; nothing changes any more.
  virtual Task<> stop() = 0;
  /// The newest revision in memory.
  [[nodiscard]] virtual Revision revision() const = 0;
  /// Waits until memory has reached a revision. Errors: Timeout after `patience` ("Too large
  /// resource version", BEHAVIOURS 135), ServiceUnavailable when stopped, Cancelled.
  virtual Task<Result<>> wait_for(Revision revision, std::chrono::milliseconds patience) = 0;
};

/// `strand` is where it lives and where the store delivers its events; it, `store` and `clock`
/// outlive the cache's stop().
std::unique_ptr<WatchCache> make_watch_cache(store::Store& store, Executor& strand, Clock& clock,
                                             WatchCacheLimits limits);

}  // namespace knarr::apiserver
