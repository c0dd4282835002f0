// SPDX-License-Identifier: Apache-2.0
// WorkQueue: keys waiting to be reconciled. A key waits once however often it is added; one that is
// being worked on is handed out again only after done(). Failures come back after a growing delay.
// Source: k8s.io/client-go util/workqueue. On one strand.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace knarr::client {

struct RetryPolicy {
  std::chrono::milliseconds first{5};  // As Kubernetes' default controller rate limiter.
  std::chrono::milliseconds longest{1'000'000};
};

class WorkQueue {
 public:
  explicit WorkQueue(Clock& clock, RetryPolicy retry = {});
  ~WorkQueue();
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  void add(std::string key);
  /// The earlier of two deadlines for one key wins.
  void add_after(std::string key, std::chrono::nanoseconds delay);
  /// Adds after the delay of this key's number of failures so far, and counts one more.
  void add_failed(std::string key);
  /// Forgets a key's failures.
  void forget(const std::string& key);
  [[nodiscard]] int failures(const std::string& key) const;

  /// The next key; done() must follow. Errors: Cancelled, also once shut down and empty.
  Task<Result<std::string>> get();
  void done(const std::string& key);

  /// Keys ready now.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }
  /// Wakes all waiting get()s; nothing can be added any more until restart().
  void shut_down();
  void restart();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace knarr::client
