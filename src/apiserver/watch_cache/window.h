// SPDX-License-Identifier: Apache-2.0
// What all cached resources share: the revision that memory has reached, when revisions were
// superseded, and the accounts of the window over all resources.
#pragma once

#include "apiserver/watch_cache/watch_cache.h"
#include "base/clock.h"

#include <deque>
#include <memory>

namespace knarr::apiserver {

class CachedResource;

class CacheClock {
 public:
  CacheClock(const store::Store& store, Clock& clock, std::chrono::seconds age)
      : store_(&store), clock_(clock), age_(age) {}

  [[nodiscard]] Revision revision() const { return revision_; }
  void reach(Revision revision);
  /// Revisions below were superseded longer ago than the window's age, or compacted.
  [[nodiscard]] Revision floor();
  [[nodiscard]] SteadyTime now() const { return clock_.steady_now(); }
  /// The store may go.
  void stop() { store_ = nullptr; }

 private:
  void forget_old_marks();

  struct Mark {
    Revision revision = 0;
    SteadyTime time;
  };

  const store::Store* store_;
  Clock& clock_;
  const std::chrono::seconds age_;
  Revision revision_ = 0;
  std::deque<Mark>
      marks_;  // That a revision was reached by a time; one for each small part of age_.
};

/// Forgets the oldest events when there are too many, too large or too old ones.
class Window {
 public:
  explicit Window(WatchCacheLimits limits) : limits_(limits) {}
  void add(std::shared_ptr<CachedResource> resource, std::size_t bytes, SteadyTime now);
  void trim(SteadyTime now);
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::shared_ptr<CachedResource> resource;
    std::size_t bytes = 0;
    SteadyTime time;
  };

  const WatchCacheLimits limits_;
  std::deque<Entry> entries_;  // One for each event, oldest first.
  std::size_t bytes_ = 0;
};

}  // namespace knarr::apiserver
