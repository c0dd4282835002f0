// SPDX-License-Identifier: Apache-2.0
// Controller: the loop every controller is built on: informers put keys into a work queue, workers
// take them and reconcile. Level-triggered: reconcile() looks at the informers, decides, acts and
// may be run again at any time (STYLE section 4, example 1).
#pragma once

#include "base/executor.h"
#include "base/result.h"
#include "base/task.h"
#include "base/task_group.h"
#include "client/informer.h"
#include "client/work_queue.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace knarr::client {

/// What a reconcile wants next.
struct Requeue {
  std::optional<std::chrono::nanoseconds> after;
  static Requeue none() { return {}; }
  static Requeue in(std::chrono::nanoseconds delay) { return {delay}; }
};

/// What every loop is given; made in server/ or agent/ (tests make their own).
struct LoopContext {
  Transport& transport;  // With the loop's own user.
  InformerFactory& informers;
  Executor& strand;
  Clock& clock;
};

class Controller {
 public:
  /// `name` is Kubernetes' ("deployment-controller").
  Controller(std::string name, LoopContext context, int workers);
  virtual ~Controller();
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  /// Waits for the informers to be synced, then runs the workers. May be repeated after stop().
  void start();
  virtual Task<> stop();

 protected:
  /// Brings the world closer to what the object of `key` asks for. An error is logged (except
  /// Conflict and NotFound races) and the key comes again after a growing delay.
  virtual Task<Result<Requeue>> reconcile(ObjectKey key) = 0;

  WorkQueue& queue() { return queue_; }
  Transport& transport() { return context_.transport; }
  Clock& clock() { return context_.clock; }
  InformerFactory& informers() { return context_.informers; }
  /// A handler that puts the object's own key into the queue.
  Handler enqueue_self();
  /// One that puts the key of its controlling owner of `kind` there, in the object's namespace.
  Handler enqueue_controller_of(std::string_view kind);

 private:
  Task<> run();
  Task<> work();

  std::string name_;
  LoopContext context_;
  int workers_;
  WorkQueue queue_;
  std::unique_ptr<TaskGroup> tasks_;  // One for each start(); last: joined first.
};

}  // namespace knarr::client
