// SPDX-License-Identifier: Apache-2.0
// Loop: an event loop on one thread. It is the executor its coroutines run on and the clock they
// read; sockets, signals and child processes belong to one.
#pragma once

#include "base/clock.h"
#include "base/executor.h"

#include <cstddef>
#include <memory>
#include <span>

struct uv_loop_s;

namespace knarr::net {

class Loop final : public Executor, public Clock {
 public:
  /// Makes the process ignore SIGPIPE: a peer that went away is an error of write(2).
  Loop();
  /// Runs what is still posted (handles close this way). Everything that lives on the loop must be
  /// gone; not from within run().
  ~Loop() override;

  /// Runs on this thread until stop(). May be called again.
  void run();
  /// Makes run() return after the current function. Any thread; if run() is not yet called, it
  /// returns at once.
  void stop();

  void post(UniqueFunction<void()> function) override;
  [[nodiscard]] bool is_current() const override;

  [[nodiscard]] SystemTime system_now() const override;
  [[nodiscard]] SteadyTime steady_now() const override;
  /// Resolution: a millisecond, rounded up.
  TimerId start_timer(std::chrono::nanoseconds delay, UniqueFunction<void()> fire) override;
  void cancel_timer(TimerId id) override;

  /// For net/loop alone.
  [[nodiscard]] uv_loop_s* native() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A buffer of this thread for reading into and writing from without waiting in between; its
/// content is anybody's after the next co_await.
[[nodiscard]] std::span<char> scratch_buffer();

}  // namespace knarr::net
