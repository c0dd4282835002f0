// SPDX-License-Identifier: Apache-2.0
#include "controllers/batches.h"

#include <algorithm>

namespace knarr::controllers {

namespace {

constexpr int kLargestBatch = 64;  // Concurrent calls, whatever the number.

Task<> run_batch(BatchResult* result, int first, int size,
                 const std::function<Task<Result<>>(int)>* act) {
  std::vector<Task<Result<>>> tasks;
  tasks.reserve(static_cast<std::size_t>(size));
  for (int i = 0; i < size; ++i) tasks.push_back((*act)(first + i));
  auto ended = co_await all(std::move(tasks));
  for (auto& one : ended) {
    ++result->attempted;
    if (one) {
      ++result->succeeded;
    } else if (!result->error) {
      result->error = std::move(one).error();
    }
  }
}

}  // namespace

Task<BatchResult> slow_start(int count, std::function<Task<Result<>>(int)> act) {
  BatchResult result;
  for (int size = 1; result.attempted < count && !result.error; size = std::min(size * 2, kLargestBatch)) {
    co_await run_batch(&result, result.attempted, std::min(size, count - result.attempted), &act);
  }
  co_return result;
}

Task<BatchResult> at_once(int count, std::function<Task<Result<>>(int)> act) {
  BatchResult result;
  while (result.attempted < count) {
    co_await run_batch(&result, result.attempted, std::min(kLargestBatch, count - result.attempted), &act);
  }
  co_return result;
}

}  // namespace knarr::controllers
