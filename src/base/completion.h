// SPDX-License-Identifier: Apache-2.0
// Completion<T>: a value that one side sets once, from any thread, and one coroutine waits for. It
// is a handle: copies mean the same value, so the setter may outlive a waiter that was cancelled.
#pragma once

#include "base/result.h"
#include "base/wait_queue.h"

#include <memory>

namespace knarr {

template <typename T = void>
class Completion {
 public:
  Completion() : state_(std::make_shared<State>()) {}

  /// Sets the value or the error; false if it was set before. Any thread.
  bool set(Result<T> result) const {
    const std::shared_ptr<State> state = state_;  // The waiter may end the object that holds us.
    WaitQueue::Waiter* woken = nullptr;
    {
      std::lock_guard lock(state->queue.mutex());
      if (state->result) return false;
      state->result.emplace(std::move(result));
      woken = state->queue.take_all();
    }
    WaitQueue::resume(woken);
    return true;
  }
  bool set() const
    requires std::is_void_v<T>
  {
    return set(Result<>());
  }

  [[nodiscard]] bool is_set() const {
    std::lock_guard lock(state_->queue.mutex());
    return state_->result.has_value();
  }

  /// Gives the value, moved out: one waiter. Cancelled if that comes first; the value, when it is
  /// there already, wins.
  Task<Result<T>> wait() const { return wait_on(state_); }
  /// The same, deaf to cancellation: only where the setter is sure to come.
  Task<Result<T>> wait_uncancelled() const { return wait_uncancelled_on(state_); }

 private:
  struct State {
    WaitQueue queue;
    std::optional<Result<T>> result;
  };

  static Task<Result<T>> wait_on(std::shared_ptr<State> state) {
    CO_TRY(co_await state->queue.wait([s = state.get()] { return s->result.has_value(); }));
    co_return std::move(*state->result);
  }
  static Task<Result<T>> wait_uncancelled_on(std::shared_ptr<State> state) {
    CO_TRY(co_await state->queue.wait_uncancelled(
        [s = state.get()] { return s->result.has_value(); }));
    co_return std::move(*state->result);
  }

  std::shared_ptr<State> state_;
};

}  // namespace knarr
