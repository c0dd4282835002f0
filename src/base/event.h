// SPDX-License-Identifier: Apache-2.0
// Event: a flag to wait for. Notify: a counter of changes to wait on, so that no change is missed.
// Both are set from any thread and awaited by any number of tasks; they outlive their waiters.
#pragma once

#include "base/result.h"
#include "base/wait_queue.h"

#include <cstdint>

namespace knarr {

/// Stays set until reset().
class Event {
 public:
  void set();
  void reset();
  [[nodiscard]] bool is_set() const;
  /// Waits until set. Errors: Cancelled.
  Task<Result<>> wait();

 private:
  mutable WaitQueue queue_;
  bool set_ = false;
};

/// `auto seen = n.generation(); look(); co_await n.changed(seen);` wakes for every notify() after
/// `seen` was read, also for one that came before the wait.
class Notify {
 public:
  void notify();
  [[nodiscard]] std::uint64_t generation() const;
  /// Waits until the generation differs from `seen`; gives the new one. Errors: Cancelled.
  Task<Result<std::uint64_t>> changed(std::uint64_t seen);

 private:
  mutable WaitQueue queue_;
  std::uint64_t generation_ = 0;
};

}  // namespace knarr
