// SPDX-License-Identifier: Apache-2.0
// SimClock: time that moves when told to. Header only, so that tests of every component may use it.
#pragma once

#include "base/clock.h"
#include "base/executor.h"

#include <map>
#include <mutex>
#include <utility>

namespace knarr {

class SimClock final : public Clock {
 public:
  /// Starts at 2026-01-01T00:00:00Z. With an executor, advance() runs it idle before and after
  /// every timer, so that what a timer woke has acted before time goes on.
  explicit SimClock(ManualExecutor* executor = nullptr) : executor_(executor) {}

  [[nodiscard]] SystemTime system_now() const override {
    std::lock_guard lock(mutex_);
    return SystemTime(kStart + now_);
  }
  [[nodiscard]] SteadyTime steady_now() const override {
    std::lock_guard lock(mutex_);
    return SteadyTime(now_);
  }

  TimerId start_timer(std::chrono::nanoseconds delay, UniqueFunction<void()> fire) override {
    std::lock_guard lock(mutex_);
    const TimerId id = ++last_id_;
    const Key key{now_ + std::max(delay, std::chrono::nanoseconds(0)), id};
    due_[id] = key.first;
    timers_.emplace(key, std::move(fire));
    return id;
  }
  void cancel_timer(TimerId id) override {
    UniqueFunction<void()> dropped;  // Its captures end outside the lock.
    std::lock_guard lock(mutex_);
    const auto found = due_.find(id);
    if (found == due_.end()) return;
    const auto timer = timers_.find(Key{found->second, id});
    dropped = std::move(timer->second);
    timers_.erase(timer);
    due_.erase(found);
  }

  /// Moves time, stopping at every timer that becomes due.
  void advance(std::chrono::nanoseconds duration) {
    settle();
    const std::chrono::nanoseconds end = steady_now().time_since_epoch() + duration;
    while (fire_next(end)) settle();
    std::lock_guard lock(mutex_);
    now_ = end;
  }
  /// Goes to the next timer, runs it and what it woke; false if there is none.
  bool advance_to_next() {
    settle();
    if (!fire_next(std::chrono::nanoseconds::max())) return false;
    settle();
    return true;
  }
  [[nodiscard]] std::size_t pending_timers() const {
    std::lock_guard lock(mutex_);
    return timers_.size();
  }

 private:
  using Key = std::pair<std::chrono::nanoseconds, TimerId>;
  static constexpr std::chrono::nanoseconds kStart = std::chrono::seconds(1'767'225'600);

  void settle() {
    if (executor_ != nullptr) executor_->run_until_idle();
  }
  bool fire_next(std::chrono::nanoseconds end) {
    UniqueFunction<void()> fire;
    {
      std::lock_guard lock(mutex_);
      if (timers_.empty() || timers_.begin()->first.first > end) return false;
      const auto timer = timers_.begin();
      now_ = std::max(now_, timer->first.first);
      due_.erase(timer->first.second);
      fire = std::move(timer->second);
      timers_.erase(timer);
    }
    fire();
    return true;
  }

  ManualExecutor* executor_;
  mutable std::mutex mutex_;
  std::chrono::nanoseconds now_{0};
  TimerId last_id_ = 0;
  std::map<TimerId, std::chrono::nanoseconds> due_;
  std::map<Key, UniqueFunction<void()>> timers_;
};

}  // namespace knarr
