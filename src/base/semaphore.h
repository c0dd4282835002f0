// SPDX-License-Identifier: Apache-2.0
// Semaphore: at most so many at a time. Permits come back when the Permit ends.
#pragma once

#include "base/result.h"
#include "base/wait_queue.h"

#include <utility>

namespace knarr {

class Semaphore {
 public:
  /// One place, given back by the destructor. The semaphore must outlive it.
  class [[nodiscard]] Permit {
   public:
    Permit() = default;
    explicit Permit(Semaphore* semaphore) : semaphore_(semaphore) {}
    Permit(Permit&& other) noexcept : semaphore_(std::exchange(other.semaphore_, nullptr)) {}
    Permit& operator=(Permit&& other) noexcept {
      if (this != &other) {
        release();
        semaphore_ = std::exchange(other.semaphore_, nullptr);
      }
      return *this;
    }
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;
    ~Permit() { release(); }
    void release() {
      if (Semaphore* semaphore = std::exchange(semaphore_, nullptr)) semaphore->give_back();
    }

   private:
    Semaphore* semaphore_ = nullptr;
  };

  explicit Semaphore(std::size_t permits) : free_(permits) {}

  /// Waits for a place. Errors: Cancelled.
  Task<Result<Permit>> acquire() {
    while (true) {
      bool taken = false;
      CO_TRY(co_await queue_.wait([&] { return taken = take(); }));
      if (taken) co_return Permit(this);
    }
  }
  std::optional<Permit> try_acquire() {
    std::lock_guard lock(queue_.mutex());
    if (!take()) return std::nullopt;
    return Permit(this);
  }

 private:
  bool take() {
    if (free_ == 0) return false;
    --free_;
    return true;
  }
  void give_back() {
    WaitQueue::Waiter* woken = nullptr;
    {
      std::lock_guard lock(queue_.mutex());
      ++free_;
      woken = queue_.take_one();
    }
    WaitQueue::resume(woken);
  }

  WaitQueue queue_;
  std::size_t free_;
};

}  // namespace knarr
