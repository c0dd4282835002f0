// SPDX-License-Identifier: Apache-2.0
// WaitQueue: the one place where a coroutine sleeps. Completion, Event, Channel, Semaphore and
// TaskGroup are a few fields guarded by its mutex. A waiter resumes exactly once, on its own
// executor: woken, or cancelled. Wakers post after the unlock and touch nothing afterwards, so that
// whoever was woken may destroy the queue.
#pragma once

#include "base/result.h"
#include "base/task.h"

#include <mutex>

namespace knarr {

class WaitQueue {
 public:
  struct Waiter {
    std::coroutine_handle<> handle;
    Executor* executor = nullptr;
    Waiter* next = nullptr;
    Waiter* previous = nullptr;
    bool linked = false;
    bool cancelled = false;
  };

  WaitQueue() = default;
  WaitQueue(const WaitQueue&) = delete;
  WaitQueue& operator=(const WaitQueue&) = delete;
  ~WaitQueue() { CHECK(head_ == nullptr); }

  /// Guards the owner's fields and the list.
  [[nodiscard]] std::mutex& mutex() { return mutex_; }

  /// `co_await queue.wait(ready)`: suspends unless `ready()`, called once under the mutex, is true
  /// (it may take what it waits for). Gives Cancelled if cancelled first; being ready wins over
  /// being cancelled. The woken look again: another may have been quicker.
  template <typename Ready>
  [[nodiscard]] auto wait(Ready ready) {
    return Awaiter<Ready, true>(this, std::move(ready));
  }
  /// The same, deaf to cancellation.
  template <typename Ready>
  [[nodiscard]] auto wait_uncancelled(Ready ready) {
    return Awaiter<Ready, false>(this, std::move(ready));
  }

  /// With the mutex held: unlinks the first waiter, or all. Pass them to resume() after the unlock.
  [[nodiscard]] Waiter* take_one();
  [[nodiscard]] Waiter* take_all();
  static void resume(Waiter* list);

  /// For owners whose fields did not change: locks, takes, resumes. False when nobody waited.
  bool wake_one();
  bool wake_all();

 private:
  struct OnCancel {
    WaitQueue* queue;
    Waiter* waiter;
    void operator()() const { queue->cancel(waiter); }
  };

  template <typename Ready, bool kCancellable>
  class Awaiter {
   public:
    Awaiter(WaitQueue* queue, Ready ready) : queue_(queue), ready_(std::move(ready)) {}
    bool await_ready() const noexcept { return false; }
    template <detail::TaskPromise Promise>
    bool await_suspend(std::coroutine_handle<Promise> self) {
      const CancelToken& cancel = self.promise().cancel();
      waiter_.handle = self;
      waiter_.executor = self.promise().executor();
      {
        std::lock_guard lock(queue_->mutex_);
        if (ready_()) return false;
        if (kCancellable && cancel.is_cancelled()) {
          waiter_.cancelled = true;
          return false;
        }
        queue_->link(&waiter_);
      }
      // From here others may post our resumption; it runs after this function, on the same
      // executor.
      if (kCancellable && cancel.can_be_cancelled()) {
        callback_.emplace(cancel.native(), OnCancel{queue_, &waiter_});
      }
      return true;
    }
    Result<> await_resume() {
      callback_.reset();  // Waits for a callback that runs now on another thread.
      if (waiter_.cancelled) return Error::cancelled();
      return ok();
    }

   private:
    WaitQueue* queue_;
    Ready ready_;
    Waiter waiter_;
    std::optional<std::stop_callback<OnCancel>> callback_;
  };

  void link(Waiter* waiter);
  void unlink(Waiter* waiter);
  void cancel(Waiter* waiter);

  std::mutex mutex_;
  Waiter* head_ = nullptr;
  Waiter* tail_ = nullptr;
};

}  // namespace knarr
