// SPDX-License-Identifier: Apache-2.0
// The list of sleeping coroutines.
#include "base/wait_queue.h"

namespace knarr {

void WaitQueue::link(Waiter* waiter) {
  waiter->linked = true;
  waiter->previous = tail_;
  waiter->next = nullptr;
  (tail_ == nullptr ? head_ : tail_->next) = waiter;
  tail_ = waiter;
}

void WaitQueue::unlink(Waiter* waiter) {
  (waiter->previous == nullptr ? head_ : waiter->previous->next) = waiter->next;
  (waiter->next == nullptr ? tail_ : waiter->next->previous) = waiter->previous;
  waiter->linked = false;
  waiter->next = nullptr;
}

WaitQueue::Waiter* WaitQueue::take_one() {
  Waiter* first = head_;
  if (first != nullptr) unlink(first);
  return first;
}

WaitQueue::Waiter* WaitQueue::take_all() {
  Waiter* list = head_;
  for (Waiter* waiter = list; waiter != nullptr; waiter = waiter->next) waiter->linked = false;
  head_ = tail_ = nullptr;
  return list;
}

void WaitQueue::resume(Waiter* list) {
  while (list != nullptr) {
    Waiter* waiter = list;
    list = waiter->next;  // Before the post: the frame that holds the waiter may be gone after it.
    waiter->executor->post([handle = waiter->handle] { handle.resume(); });
  }
}

bool WaitQueue::wake_one() {
  Waiter* woken = nullptr;
  {
    std::lock_guard lock(mutex_);
    woken = take_one();
  }
  const bool any = woken != nullptr;
  resume(woken);
  return any;
}

bool WaitQueue::wake_all() {
  Waiter* woken = nullptr;
  {
    std::lock_guard lock(mutex_);
    woken = take_all();
  }
  const bool any = woken != nullptr;
  resume(woken);
  return any;
}

void WaitQueue::cancel(Waiter* waiter) {
  {
    std::lock_guard lock(mutex_);
    if (!waiter->linked) return;  // Woken already.
    unlink(waiter);
    waiter->cancelled = true;
  }
  resume(waiter);
}

}  // namespace knarr
