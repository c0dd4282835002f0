// SPDX-License-Identifier: Apache-2.0
// Event and Notify.
#include "base/event.h"

namespace knarr {

void Event::set() {
  WaitQueue::Waiter* woken = nullptr;
  {
    std::lock_guard lock(queue_.mutex());
    set_ = true;
    woken = queue_.take_all();
  }
  WaitQueue::resume(woken);
}

void Event::reset() {
  std::lock_guard lock(queue_.mutex());
  set_ = false;
}

bool Event::is_set() const {
  std::lock_guard lock(queue_.mutex());
  return set_;
}

Task<Result<>> Event::wait() {
  co_return co_await queue_.wait([this] { return set_; });
}

void Notify::notify() {
  WaitQueue::Waiter* woken = nullptr;
  {
    std::lock_guard lock(queue_.mutex());
    ++generation_;
    woken = queue_.take_all();
  }
  WaitQueue::resume(woken);
}

std::uint64_t Notify::generation() const {
  std::lock_guard lock(queue_.mutex());
  return generation_;
}

Task<Result<std::uint64_t>> Notify::changed(std::uint64_t seen) {
  CO_TRY(co_await queue_.wait([this, seen] { return generation_ != seen; }));
  co_return generation();
}

}  // namespace knarr
