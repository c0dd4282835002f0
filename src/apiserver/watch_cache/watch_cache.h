// SPDX-License-Identifier: Apache-2.0
// The watch cache: the newest document of every object in memory, a window of recent events, and
// snapshots for lists (DESIGN section 5, BEHAVIOURS 23-32). Fed by the store's events, in order,
// after they are durable. Reading is never from disk.
//
// Everything here runs on one strand, the one the cache was made on; Snapshots, Items and the
// Documents in them are immutable and may be used anywhere.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "object/document.h"
#include "store/store.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace knarr::apiserver {

using store::Revision;

/// One object as cached. `key` is relative to its resource: "namespace/name" or "name".
struct CacheItem {
  std::string key;
  object::Document object;  // Its header holds `modified`.
  Revision created = 0;
  Revision modified = 0;
};

/// All objects of one resource as they were at one revision; a persistent tree, so that taking
/// and copying one is O(1). Items are in the order of the bytes of their keys.
class Snapshot {
 public:
  class Node;
  class Cursor;

  Snapshot() = default;
  Snapshot(std::shared_ptr<const Node> root, Revision revision)
      : root_(std::move(root)), revision_(revision) {}

  /// The revision at which the list was taken, not that of its newest item (BEHAVIOURS 23).
  [[nodiscard]] Revision revision() const { return revision_; }
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] const CacheItem* find(std::string_view key) const;
  /// The first item whose key is not below `key`, or null. O(log n): a pager keeps its last key.
  [[nodiscard]] const CacheItem* lower_bound(std::string_view key) const;
  /// The first item above `key`.
  [[nodiscard]] const CacheItem* after(std::string_view key) const;
  /// How many items have a key in [from, to); an empty `to` is the end. O(log n).
  [[nodiscard]] std::size_t count(std::string_view from, std::string_view to) const;

 private:
  std::shared_ptr<const Node> root_;
  Revision revision_ = 0;
};

struct CacheEvent {
  enum class Type : std::uint8_t {
    Put,
    Delete,
    Progress,  // Nothing changed up to `revision`: what bookmarks are made of.
  };
  Type type = Type::Put;
  std::string key;            // Relative to the resource.
  object::Document object;    // The new version; of a Delete the last one, with the revision of the
                              // deletion in its header (BEHAVIOURS 27).
  object::Document previous;  // The version before; empty for a creation.
  Revision revision = 0;
};

/// One watch. Events come in revision order, without gaps, each exactly once (BEHAVIOURS 24, 28).
class Watcher {
 public:
  virtual ~Watcher() = default;
  /// The next event. Errors: Expired when this watcher was too slow and fell out of the window (the
  /// client lists again), ServiceUnavailable when the collection ended, Cancelled.
  virtual Task<Result<CacheEvent>> next() = 0;
  /// The next event if one is waiting already.
  virtual std::optional<CacheEvent> poll() = 0;
  /// The revision up to which this watcher has been told everything.
  [[nodiscard]] virtual Revision progress() const = 0;
};

/// The cache of one stored resource ("/registry/pods/").
class ResourceCache {
 public:
  virtual ~ResourceCache() = default;
  /// The newest state.
  [[nodiscard]] virtual Snapshot snapshot() const = 0;
  /// The state at exactly this revision. Errors: Expired below the window.
  [[nodiscard]] virtual Result<Snapshot> snapshot_at(Revision revision) const = 0;
  /// Events above `since` whose key begins with `key_prefix` ("" = all, "default/" a namespace).
  /// Errors: Expired when `since` is below the window (BEHAVIOURS 24).
  [[nodiscard]] virtual Result<std::unique_ptr<Watcher>> watch(Revision since,
                                                               std::string key_prefix) = 0;
};

/// Turns stored bytes into a document (for what other servers wrote and at start).
class StorageDecoder {
 public:
  virtual ~StorageDecoder() = default;
  [[nodiscard]] virtual Result<object::Document> decode(std::string_view key,
                                                        std::string_view bytes) const = 0;
};

struct WatchCacheLimits {
  std::size_t window_bytes = 4UL * 1024 * 1024;  // All resources together, of what only old
                                                 // versions hold.
  std::size_t window_events = 100'000;
  std::chrono::seconds window_age{300};  // BEHAVIOURS 168: tokens expire after about five minutes.
  std::size_t watcher_backlog = 10'000;  // Events a watcher may lag behind before it is ended.
};

class WatchCache {
 public:
  virtual ~WatchCache() = default;
  /// Makes the cache of a resource. `prefix` is its storage prefix with a slash at the end. All are
  /// added before start().
  virtual ResourceCache& add(std::string prefix, const StorageDecoder& decoder) = 0;
  /// Reads everything from the store and follows it from there.
  virtual Task<Result<>> start() = 0;
  virtual Task<> stop() = 0;
  /// The newest revision in memory.
  [[nodiscard]] virtual Revision revision() const = 0;
  /// Waits until memory has reached a revision. Errors: Timeout after `patience` (BEHAVIOURS 135).
  virtual Task<Result<>> wait_for(Revision revision, std::chrono::milliseconds patience) = 0;
};

/// `strand` is where it lives and where the store delivers its events.
std::unique_ptr<WatchCache> make_watch_cache(store::Store& store, Executor& strand, Clock& clock,
                                             WatchCacheLimits limits);

}  // namespace knarr::apiserver
