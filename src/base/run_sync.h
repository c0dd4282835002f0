// SPDX-License-Identifier: Apache-2.0
// run_sync: runs a task to its end on this thread. For main() and tests.
#pragma once

#include "base/task_group.h"

#include <optional>
#include <utility>

namespace knarr {
namespace detail {

template <typename Loop, typename T>
Task<> run_and_stop(Loop* loop, Task<T> task, std::optional<AllValue<T>>* result) {
  if constexpr (std::is_void_v<T>) {
    co_await std::move(task);
    result->emplace();
  } else {
    result->emplace(co_await std::move(task));
  }
  loop->stop();
}

}  // namespace detail

/// Runs `loop` (an Executor with run() and stop()) until `task` has ended; gives its value. Whoever
/// holds `cancel` may cancel it.
template <typename Loop, typename T>
T run_sync(Loop& loop, Task<T> task, const CancelToken& cancel = {}) {
  std::optional<detail::AllValue<T>> result;
  {
    TaskGroup root(loop, cancel);
    root.spawn("run_sync", [&] { return detail::run_and_stop(&loop, std::move(task), &result); });
    loop.run();
    CHECK(result.has_value());
    // The root's frame ends in the same turn as the task, before run() returns.
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace knarr
