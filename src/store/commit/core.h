// SPDX-License-Identifier: Apache-2.0
// The commit queue's inside: what waits (under a mutex, any thread) and the state of the log (jobs
// of the worker alone). Kept by a shared pointer: jobs and timers may come after the queue is gone.
#pragma once

#include "base/clock.h"
#include "base/completion.h"
#include "base/worker.h"
#include "store/commit/batch.h"
#include "store/commit/commit_queue.h"
#include "store/commit/log.h"

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace knarr::store {

struct Waiting {
  Txn txn;
  std::size_t bytes = 0;
  CancelToken cancel;
  Completion<CommitOutcome> done;
};

class CommitQueue::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(std::unique_ptr<Log> log, Worker* worker, Clock& clock, QueueOptions options);

  // ---- any thread

  /// Queues a valid transaction and wakes the worker. Errors: TooManyRequests, ServiceUnavailable.
  Result<> enqueue(Waiting waiting);
  [[nodiscard]] Result<> health();
  [[nodiscard]] bool is_closed() const;
  void close_door();
  /// The worker is about to end: nothing is posted any more.
  void forget_worker();
  [[nodiscard]] Revision current() const { return current_.load(std::memory_order_acquire); }
  [[nodiscard]] Revision compacted() const { return compacted_.load(std::memory_order_acquire); }
  [[nodiscard]] RevisionRange lost() const { return lost_; }

  // ---- jobs of the worker

  Result<> start();
  Result<Revision> load(std::string_view prefix, const PairSink& each);
  Revision subscribe(Executor& executor, EventSink sink);
  Result<> compact(Revision revision);
  Result<> check();
  Result<> flush();
  Stats stats();
  Result<> stop();

 private:
  struct Answer {
    Completion<CommitOutcome> done;
    CommitOutcome outcome;
  };
  // A batch that was written with an error: only recover() tells whether it is durable.
  struct Doubt {
    Revision last = 0;
    Revision batch_last = 0;
    Changes changes;
  };

  bool post_job(UniqueFunction<void()> job);  // Any thread.
  void pump();
  std::vector<Waiting> take_waiting();
  void run_batch(std::vector<Waiting> taken);
  [[nodiscard]] bool may_stay_undurable(const Batch& batch) const;
  Result<> write(Batch* batch, std::optional<Revision> ceiling = std::nullopt);
  [[nodiscard]] LogBatch make_log_batch(const Batch* batch, std::optional<Revision> ceiling) const;
  Result<> settle_doubt();
  Result<> ensure_working();
  void set_health(Result<> health);
  void apply(Changes changes, Revision last);
  void publish(EventBatch batch);
  void start_flush_timer();
  void cancel_flush_timer();

  Clock& clock_;
  const QueueOptions options_;

  mutable std::mutex mutex_;  // Guards the fields up to the blank line; a leaf.
  Worker* worker_;
  std::deque<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool pumping_ = false;
  bool closed_ = false;
  Result<> health_;
  bool recovering_ = false;
  SteadyTime last_recovery_{};

  std::atomic<Revision> current_ = 0;
  std::atomic<Revision> compacted_ = 0;
  RevisionRange lost_;  // Set by start(), constant afterwards.

  std::unique_ptr<Log> log_;
  Index index_;
  RecordSet soft_;  // Acknowledged, not durable.
  Revision ceiling_ = 0;
  Slot last_slot_ = 0;
  std::optional<Doubt> doubt_;
  bool broken_ = false;
  bool stopped_ = false;
  Executor* sink_executor_ = nullptr;
  std::shared_ptr<EventSink> sink_;
  TimerId flush_timer_ = 0;
  std::uint64_t transactions_ = 0;
  std::uint64_t batches_ = 0;
};

}  // namespace knarr::store
