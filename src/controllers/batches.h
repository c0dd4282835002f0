// SPDX-License-Identifier: Apache-2.0
// Calls in growing batches: 1, 2, 4 ... so that what cannot succeed (a full quota) fails once and
// not hundreds of times. Source: slowStartBatch in k8s.io/kubernetes pkg/controller/replicaset.
#pragma once

#include "base/result.h"
#include "base/task.h"

#include <functional>
#include <optional>

namespace knarr::controllers {

struct BatchResult {
  int attempted = 0;
  int succeeded = 0;
  std::optional<Error> error;  // The first one.
};

/// Calls `act(0)` .. `act(count - 1)`; the calls of a batch run concurrently, a batch with a failure
/// is the last one. `act` must return a task of a function, not be a coroutine itself.
Task<BatchResult> slow_start(int count, std::function<Task<Result<>>(int)> act);
/// All at once.
Task<BatchResult> at_once(int count, std::function<Task<Result<>>(int)> act);

}  // namespace knarr::controllers
