// SPDX-License-Identifier: Apache-2.0
// Scheduler: gives pods of `schedulerName: default-scheduler` a node, as kube-scheduler's default
// profile does.
#pragma once

#include "base/rng.h"
#include "client/controller.h"

#include <memory>

namespace knarr::scheduler {

/// All of it runs on the context's strand.
class Scheduler {
 public:
  /// Asks the context's factory for pods and nodes; the factory is started by whoever made it. The
  /// transport's user is system:kube-scheduler. `rng` chooses between equally good nodes. All must
  /// outlive this.
  Scheduler(client::LoopContext context, Rng& rng);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// Waits for the informers, then schedules. May be repeated after stop().
  void start();
  /// Bindings under way are cancelled; events that wait are written, for a second at most.
  Task<> stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace knarr::scheduler
