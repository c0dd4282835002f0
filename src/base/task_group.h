// SPDX-License-Identifier: Apache-2.0
// TaskGroup: the owner of background tasks. It is the last member of whoever spawns into it, and is
// stopped before it is destroyed.
#pragma once

#include "base/cancel.h"
#include "base/function.h"
#include "base/task.h"
#include "base/wait_queue.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace knarr {

class TaskGroup {
 public:
  /// Tasks start on `executor`. They are cancelled by stop(), cancel() and with `parent`.
  explicit TaskGroup(Executor& executor, const CancelToken& parent = {});
  /// All tasks must have ended.
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Starts a task: `make` is called on the executor, later, and returns it (it is not one itself:
  /// `[this] { return run(); }`). False, and nothing happens, once closed. Any thread.
  bool spawn(std::string name, UniqueFunction<Task<>()> make);

  /// Refuses new tasks, cancels the running ones, waits until they ended. Deaf to cancellation of
  /// the caller. Not to be called by a task of this group. May be called again.
  Task<> stop();
  /// Refuses new tasks, waits until the running ones ended by themselves.
  Task<> join();
  void close();
  void cancel() { cancel_.cancel(); }

  [[nodiscard]] std::size_t size() const;
  /// The names of the running tasks, for diagnosis.
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] CancelToken token() const { return token_; }
  [[nodiscard]] Executor& executor() const { return executor_; }

 private:
  struct Root;
  static Root run_root(UniqueFunction<Task<>()> make);
  void ended(std::uint64_t id);

  Executor& executor_;
  CancelSource cancel_;
  CancelToken token_;
  mutable WaitQueue idle_;  // Its mutex guards the fields below.
  std::map<std::uint64_t, std::string> running_;
  std::uint64_t next_id_ = 0;
  bool closed_ = false;
};

}  // namespace knarr
