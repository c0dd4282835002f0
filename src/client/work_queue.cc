// SPDX-License-Identifier: Apache-2.0
// A queue, a set of keys being worked on, and timers for delayed ones.
#include "client/work_queue.h"

#include "base/event.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <unordered_map>

namespace knarr::client {

struct WorkQueue::State {
  State(Clock& clock_, RetryPolicy retry_) : clock(clock_), retry(retry_) {}

  struct Delayed {
    TimerId timer = 0;
    SteadyTime due;
  };

  void push(std::string key) {
    if (stopped || !dirty.insert(key).second) return;
    if (processing.contains(key)) return;  // done() brings it back.
    ready.push_back(std::move(key));
    changed.notify();
  }

  Clock& clock;
  RetryPolicy retry;
  std::deque<std::string> ready;
  std::set<std::string> dirty;       // To be worked on: in `ready`, or again after done().
  std::set<std::string> processing;
  std::map<std::string, Delayed> delayed;
  std::unordered_map<std::string, int> failures;
  bool stopped = false;
  Notify changed;
};

WorkQueue::WorkQueue(Clock& clock, RetryPolicy retry) : state_(std::make_unique<State>(clock, retry)) {}

WorkQueue::~WorkQueue() { shut_down(); }

void WorkQueue::add(std::string key) { state_->push(std::move(key)); }

void WorkQueue::add_after(std::string key, std::chrono::nanoseconds delay) {
  State& s = *state_;
  if (s.stopped) return;
  if (delay <= std::chrono::nanoseconds::zero()) return s.push(std::move(key));
  const SteadyTime due = s.clock.steady_now() + delay;
  const auto [at, fresh] = s.delayed.try_emplace(key);
  if (!fresh && at->second.due <= due) return;
  if (!fresh) s.clock.cancel_timer(at->second.timer);
  at->second.due = due;
  at->second.timer = s.clock.start_timer(delay, [state = state_.get(), key] {
    state->delayed.erase(key);
    state->push(key);
  });
}

void WorkQueue::add_failed(std::string key) {
  State& s = *state_;
  const int count = s.failures[key]++;
  std::chrono::nanoseconds delay = s.retry.first;
  for (int i = 0; i < count && delay < s.retry.longest; ++i) delay *= 2;
  add_after(std::move(key), std::min<std::chrono::nanoseconds>(delay, s.retry.longest));
}

void WorkQueue::forget(const std::string& key) { state_->failures.erase(key); }

int WorkQueue::failures(const std::string& key) const {
  const auto found = state_->failures.find(key);
  return found == state_->failures.end() ? 0 : found->second;
}

Task<Result<std::string>> WorkQueue::get() {
  State& s = *state_;
  for (;;) {
    if (s.stopped) co_return Error::cancelled();
    if (!s.ready.empty()) break;
    CO_TRY(co_await s.changed.changed(s.changed.generation()));
  }
  std::string key = std::move(s.ready.front());
  s.ready.pop_front();
  s.dirty.erase(key);
  s.processing.insert(key);
  co_return key;
}

void WorkQueue::done(const std::string& key) {
  State& s = *state_;
  s.processing.erase(key);
  if (!s.dirty.contains(key) || s.stopped) return;
  s.ready.push_back(key);
  s.changed.notify();
}

std::size_t WorkQueue::size() const { return state_->ready.size(); }

void WorkQueue::shut_down() {
  State& s = *state_;
  s.stopped = true;
  for (auto& [key, delayed] : s.delayed) s.clock.cancel_timer(delayed.timer);
  s.delayed.clear();
  s.ready.clear();
  s.dirty.clear();
  s.changed.notify();
}

void WorkQueue::restart() {
  State& s = *state_;
  s.processing.clear();
  s.failures.clear();
  s.stopped = false;
}

}  // namespace knarr::client
