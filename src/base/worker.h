// SPDX-License-Identifier: Apache-2.0
// Worker: one named thread for what is heavy or blocks (SQLite, unpacking images). Jobs run one at
// a time in order. The simulation makes one without a thread, on an executor of its choice.
#pragma once

#include "base/completion.h"
#include "base/executor.h"
#include "base/function.h"

#include <memory>
#include <string>
#include <type_traits>

namespace knarr {

class Worker {
 public:
  /// Starts the thread. `name` shows in ps (15 characters).
  explicit Worker(std::string name);
  /// Runs the jobs on `executor` instead of a thread.
  explicit Worker(Executor& executor);
  /// Stops.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Runs `job()` on the worker; the caller goes on, on its own executor, when it has ended: it is
  /// not abandoned when cancelled. A job that returns a Result is not even started once its caller
  /// is cancelled (Cancelled). After stop(): Cancelled for a Result, a bug for others.
  template <typename F>
  Task<std::invoke_result_t<F&>> run(F job) {
    return run_on(this, std::move(job));
  }

  /// Queues a job without waiting; false after stop(). Any thread.
  bool post(UniqueFunction<void()> job);

  /// Runs what is queued, then ends the thread and waits for it. Blocks; not from a job.
  void stop();

 private:
  struct Thread;

  template <typename T>
  static constexpr bool kIsResult = false;
  template <typename T>
  static constexpr bool kIsResult<Result<T>> = true;

  template <typename F>
  static Task<std::invoke_result_t<F&>> run_on(Worker* worker, F job) {
    using Value = std::invoke_result_t<F&>;
    const CancelToken cancel = (co_await current_context()).cancel;
    const Completion<Value> done;
    const bool posted = worker->post([&job, cancel, done] {
      if constexpr (kIsResult<Value>) {
        if (cancel.is_cancelled()) {
          done.set(Result<Value>(std::in_place, Error::cancelled()));
          return;
        }
      }
      if constexpr (std::is_void_v<Value>) {
        job();
        done.set();
      } else {
        done.set(Result<Value>(std::in_place, job()));
      }
    });
    if constexpr (kIsResult<Value>) {
      if (!posted) co_return Error::cancelled();
    }
    CHECK(posted);
    co_return MUST(co_await done.wait_uncancelled());
  }

  std::unique_ptr<Thread> thread_;
  Executor* executor_ = nullptr;
};

}  // namespace knarr
