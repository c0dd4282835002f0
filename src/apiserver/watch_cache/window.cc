// SPDX-License-Identifier: Apache-2.0
// Marks of time and the trimming of the window.
#include "apiserver/watch_cache/window.h"

#include "apiserver/watch_cache/resource_cache.h"

namespace knarr::apiserver {
namespace {

constexpr int kMarksPerAge = 30;

// A burst must not push events out before watchers had a chance to read them: what is this young
// may take so many times the window's bytes.
constexpr std::chrono::seconds kYoung{2};
constexpr std::size_t kBurst = 8;

}  // namespace

void CacheClock::reach(Revision revision) {
  if (revision <= revision_) return;
  revision_ = revision;
  const SteadyTime time = now();
  if (marks_.empty() || time - marks_.back().time >= age_ / kMarksPerAge)
    marks_.push_back({revision, time});
  forget_old_marks();
}

// Keeps one mark that is old enough, and all younger ones.
void CacheClock::forget_old_marks() {
  const SteadyTime oldest = now() - age_;
  while (marks_.size() > 1 && marks_[1].time <= oldest) marks_.pop_front();
}

Revision CacheClock::floor() {
  forget_old_marks();
  const Revision by_age =
      !marks_.empty() && marks_.front().time <= now() - age_ ? marks_.front().revision : 0;
  return std::max(by_age, store_ == nullptr ? 0 : store_->compacted());
}

void Window::add(std::shared_ptr<CachedResource> resource, std::size_t bytes, SteadyTime now) {
  entries_.push_back({std::move(resource), bytes, now});
  bytes_ += bytes;
}

void Window::trim(SteadyTime now) {
  while (!entries_.empty()) {
    const Entry& oldest = entries_.front();
    const std::size_t allowed = limits_.window_bytes * (now - oldest.time < kYoung ? kBurst : 1);
    if (bytes_ <= allowed && entries_.size() <= limits_.window_events &&
        now - oldest.time <= limits_.window_age) {
      return;
    }
    bytes_ -= oldest.bytes;
    oldest.resource->drop_oldest();
    entries_.pop_front();
  }
}

}  // namespace knarr::apiserver
