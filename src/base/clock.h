// SPDX-License-Identifier: Apache-2.0
// Clock: all time comes through it. A net Loop is one; tests and the simulation use SimClock
// (base/testing/sim_clock.h).
#pragma once

#include "base/function.h"
#include "base/result.h"
#include "base/task.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

namespace knarr {

using SystemTime = std::chrono::sys_time<std::chrono::nanoseconds>;
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

/// Names a started timer; 0 is none.
using TimerId = std::uint64_t;

class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  /// The time of day; may jump.
  [[nodiscard]] virtual SystemTime system_now() const = 0;
  /// Never goes back; for durations and deadlines.
  [[nodiscard]] virtual SteadyTime steady_now() const = 0;

  /// Calls `fire` once after `delay` (at once if negative), on the clock's own thread, never inside
  /// this call. Any thread.
  virtual TimerId start_timer(std::chrono::nanoseconds delay, UniqueFunction<void()> fire) = 0;
  /// Forgets a timer. From another thread than the clock's, `fire` may still run once after this.
  /// An unknown or finished id does nothing.
  virtual void cancel_timer(TimerId id) = 0;

  /// Errors: Cancelled.
  Task<Result<>> sleep(std::chrono::nanoseconds duration);
  /// Sleeps until this steady time. Errors: Cancelled.
  Task<Result<>> sleep_until(SteadyTime time);
};

namespace detail {

// A cancel source that a timer pulls. The timer may fire late, on another thread: it shares this.
class Deadline {
 public:
  Deadline(Clock& clock, std::chrono::nanoseconds duration, const CancelToken& parent);
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline();
  [[nodiscard]] CancelToken token() const { return state_->source.token(); }
  [[nodiscard]] bool passed() const { return state_->passed.load(); }

 private:
  struct State {
    explicit State(const CancelToken& parent) : source(parent) {}
    CancelSource source;
    std::atomic<bool> passed = false;
  };
  Clock& clock_;
  std::shared_ptr<State> state_;
  TimerId timer_;
};

[[nodiscard]] Error deadline_error(std::chrono::nanoseconds duration);

}  // namespace detail

/// Runs `task`, cancels it after `duration`; a task that then gives Cancelled gives Timeout
/// instead. Waits until the task has ended in any case.
template <typename T>
Task<Result<T>> with_deadline(Clock& clock, std::chrono::nanoseconds duration,
                              Task<Result<T>> task) {
  const CancelToken parent = (co_await current_context()).cancel;
  detail::Deadline deadline(clock, duration, parent);
  Result<T> result = co_await with_token(deadline.token(), std::move(task));
  if (!result && result.error().is(Reason::Cancelled) && deadline.passed() &&
      !parent.is_cancelled()) {
    co_return detail::deadline_error(duration);
  }
  co_return result;
}

}  // namespace knarr
