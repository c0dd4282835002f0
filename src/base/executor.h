// SPDX-License-Identifier: Apache-2.0
// Where code runs. An Executor runs posted functions one at a time and in order, never inside
// post(); every coroutine of base/task.h belongs to one at any moment. Strand makes such an order
// of its own on top of another executor.
#pragma once

#include "base/function.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

namespace knarr {

class Executor {
 public:
  Executor() = default;
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  virtual ~Executor() = default;

  /// Queues `function`. Any thread; never runs it before returning.
  virtual void post(UniqueFunction<void()> function) = 0;

  /// True while the caller runs inside a function posted here.
  [[nodiscard]] virtual bool is_current() const = 0;
};

/// A serial order of its own on an executor that must outlive the queued work. May be destroyed
/// with work still queued: that work runs nevertheless.
class Strand final : public Executor {
 public:
  explicit Strand(Executor& underlying);
  ~Strand() override;

  void post(UniqueFunction<void()> function) override;
  [[nodiscard]] bool is_current() const override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Runs what was posted when told to, on the thread that tells it: tests and the simulation.
class ManualExecutor final : public Executor {
 public:
  ~ManualExecutor() override;

  void post(UniqueFunction<void()> function) override;
  [[nodiscard]] bool is_current() const override;

  /// Runs until nothing is queued; gives how many functions ran.
  std::size_t run_until_idle();
  /// Runs, waiting for posts of other threads, until stop() is called.
  void run();
  void stop();

 private:
  bool run_one();

  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<UniqueFunction<void()>> queue_;
  bool stopped_ = false;
};

}  // namespace knarr
