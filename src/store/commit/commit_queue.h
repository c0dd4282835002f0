// SPDX-License-Identifier: Apache-2.0
// CommitQueue: the Store of every backend that one process owns alone. It keeps the index key ->
// (created, modified), decides compares, gives out revisions, and makes groups: all transactions
// that wait when a batch is durable form the next batch.
//
// Everything but the door runs as jobs of the worker, which is this component's strand; the worker
// thread therefore blocks in the disk's fsync while new transactions gather in `waiting_`.
#pragma once

#include "base/clock.h"
#include "base/completion.h"
#include "base/worker.h"
#include "store/commit/log.h"
#include "store/store.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace knarr::store {

struct QueueOptions {
  /// Soft transactions are durable after this time at the latest.
  std::chrono::nanoseconds soft_flush_after = std::chrono::minutes(5);
  /// More undurable soft work than this is flushed at once.
  std::size_t max_soft_bytes = 8U << 20;
  std::size_t max_soft_keys = 10'000;
  /// How far the durable ceiling runs ahead: one more page written every so many revisions, and the
  /// jump of the revision after a crash.
  Revision revision_block = 1000;
  /// Limits of one batch: bound its time and the memory of its pages.
  std::size_t max_batch_txns = 4096;
  std::size_t max_batch_bytes = 8U << 20;
  /// Above this, commits are refused with TooManyRequests.
  std::size_t max_waiting_txns = 65'536;
  std::size_t max_waiting_bytes = 256U << 20;
  /// Between two attempts to recover a log that failed.
  std::chrono::nanoseconds recover_every = std::chrono::seconds(1);
};

class CommitQueue final : public Store {
 public:
  /// Reads the index from the log. `clock` outlives the store. Errors: the log's.
  static Result<std::unique_ptr<Store>> create(std::unique_ptr<Log> log,
                                               std::unique_ptr<Worker> worker, Clock& clock,
                                               QueueOptions options);
  ~CommitQueue() override;

  Task<Result<CommitOutcome>> commit(Txn txn) override;
  [[nodiscard]] Revision current() const override;
  [[nodiscard]] Revision compacted() const override;
  [[nodiscard]] RevisionRange lost() const override;
  Task<Result<Revision>> load(std::string prefix, PairSink each) override;
  Task<Result<Revision>> subscribe(Executor& executor, EventSink sink) override;
  Task<Result<>> compact(Revision revision) override;
  Task<Result<>> check() override;
  Task<Result<>> flush() override;
  Task<Result<Stats>> stats() override;
  [[nodiscard]] Result<> health() override;
  Task<Result<>> stop() override;

 private:
  class Core;
  CommitQueue(std::shared_ptr<Core> core, std::unique_ptr<Worker> worker);

  // Shared with jobs and timers that may come late.
  std::shared_ptr<Core> core_;
  std::unique_ptr<Worker> worker_;
};

}  // namespace knarr::store
