// SPDX-License-Identifier: Apache-2.0
// One resource's newest state, its part of the window, and the watchers that read it. A watcher is
// an index into the window: publishing an event costs one comparison of prefixes for each watcher
// that is up to date, and memory does not grow with watchers.
#pragma once

#include "apiserver/watch_cache/watch_cache.h"
#include "apiserver/watch_cache/window.h"
#include "base/event.h"

#include <deque>
#include <memory>
#include <vector>

namespace knarr::apiserver {

class CacheWatcher;

class CachedResource final : public ResourceCache,
                             public std::enable_shared_from_this<CachedResource> {
 public:
  CachedResource(std::string prefix, const StorageDecoder& decoder,
                 std::shared_ptr<CacheClock> clock)
      : prefix_(std::move(prefix)), decoder_(decoder), clock_(std::move(clock)) {}
  ~CachedResource() override;

  [[nodiscard]] Snapshot snapshot() const override;
  [[nodiscard]] Result<Snapshot> snapshot_at(Revision revision) const override;
  [[nodiscard]] Result<std::unique_ptr<Watcher>> watch(Revision since,
                                                       std::string key_prefix) override;

  [[nodiscard]] const std::string& prefix() const { return prefix_; }
  /// Any thread. Errors: the decoder's.
  [[nodiscard]] Result<CacheItem> decode(const store::Pair& pair) const;

  void loaded(Tree tree, Revision revision);
  /// Takes over an event of the store; gives the bytes that the window now holds for it, 0 when the
  /// event is of before the load.
  std::size_t apply(const store::Event& event);
  /// Tells watchers of what was applied since the last time.
  void wake();
  /// Forgets the oldest event.
  void drop_oldest();
  void end();

 private:
  friend class CacheWatcher;
  [[nodiscard]] object::Document document_of(const store::Event& event) const;
  [[nodiscard]] std::uint64_t end_of_window() const { return first_ + events_.size(); }
  [[nodiscard]] const CacheEvent& at(std::uint64_t sequence) const {
    return events_[sequence - first_];
  }
  [[nodiscard]] Tree undo_to(Revision revision) const;

  const std::string prefix_;
  const StorageDecoder& decoder_;
  const std::shared_ptr<CacheClock> clock_;
  Tree tree_;
  std::deque<CacheEvent> events_;
  std::uint64_t first_ = 0;     // The sequence number of events_.front().
  std::uint64_t woken_to_ = 0;  // Events below were told to watchers.
  Revision floor_ = 0;          // Every event above is in events_.
  bool loaded_ = false;
  bool ended_ = false;
  std::vector<CacheWatcher*> watchers_;
  // States of the past that pages were read from: the next page comes soon.
  mutable std::deque<Snapshot> recent_;
};

}  // namespace knarr::apiserver
