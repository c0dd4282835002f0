// SPDX-License-Identifier: Apache-2.0
// Channel<T>: a bounded queue between tasks, on any threads. Senders wait while it is full.
#pragma once

#include "base/result.h"
#include "base/wait_queue.h"

#include <deque>
#include <optional>

namespace knarr {

template <typename T>
class Channel {
 public:
  /// Holds `capacity` values, at least 1.
  explicit Channel(std::size_t capacity) : capacity_(capacity) { CHECK(capacity > 0); }

  /// Waits for room. Errors: Gone when closed; Cancelled.
  Task<Result<>> send(T value) {
    while (true) {
      bool sent = false;
      bool closed = false;
      CO_TRY(co_await writable_.wait([&] {
        std::lock_guard lock(readable_.mutex());
        closed = closed_;
        sent = !closed && push(value);
        return sent || closed;
      }));
      if (closed) co_return Error(Reason::Gone, "channel is closed");
      if (!sent) continue;
      readable_.wake_one();
      co_return ok();
    }
  }

  /// False when full or closed; `value` is then untouched.
  bool try_send(T&& value) {
    {
      std::lock_guard lock(readable_.mutex());
      if (closed_ || !push(value)) return false;
    }
    readable_.wake_one();
    return true;
  }

  /// Waits for a value; nullopt once closed and empty. Errors: Cancelled.
  Task<Result<std::optional<T>>> recv() {
    while (true) {
      std::optional<T> value;
      bool closed = false;
      CO_TRY(co_await readable_.wait([&] {
        closed = closed_;
        value = pop();
        return value.has_value() || closed;
      }));
      if (!value && !closed) continue;
      if (value) wake_sender();
      co_return value;
    }
  }

  std::optional<T> try_recv() {
    std::optional<T> value;
    {
      std::lock_guard lock(readable_.mutex());
      value = pop();
    }
    if (value) wake_sender();
    return value;
  }

  /// No more sends; what is queued can still be received.
  void close() {
    {
      std::lock_guard lock(readable_.mutex());
      closed_ = true;
    }
    writable_.wake_all();
    readable_.wake_all();
  }

  [[nodiscard]] std::size_t size() const {
    std::lock_guard lock(readable_.mutex());
    return queue_.size();
  }

 private:
  // Both with readable_'s mutex held. Lock order: writable_ before readable_.
  bool push(T& value) {
    if (queue_.size() >= capacity_) return false;
    queue_.push_back(std::move(value));
    return true;
  }
  std::optional<T> pop() {
    if (queue_.empty()) return std::nullopt;
    std::optional<T> value(std::move(queue_.front()));
    queue_.pop_front();
    return value;
  }
  void wake_sender() { writable_.wake_one(); }

  const std::size_t capacity_;
  mutable WaitQueue readable_;  // Its mutex guards the fields below.
  WaitQueue writable_;
  std::deque<T> queue_;
  bool closed_ = false;
};

}  // namespace knarr
