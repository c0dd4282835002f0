// SPDX-License-Identifier: Apache-2.0
// The life of a batch: taken from what waits, decided, written, published, answered; and what
// happens when the log fails. A failed append leaves doubt: the bytes may be on the disk or not.
// The log is asked at once (recover); if it cannot say, every write fails until it can, and then
// the batch either happens after all or never did. No revision is given out twice for different
// contents.
#include "store/commit/core.h"

#include "store/commit/batch.h"

#include <utility>

namespace knarr::store {
namespace {

Error stopped_error() {
  return {Reason::ServiceUnavailable, "the store is stopped"};
}

}  // namespace

CommitQueue::Core::Core(std::unique_ptr<Log> log, Worker* worker, Clock& clock,
                        QueueOptions options)
    : clock_(clock), options_(options), worker_(worker), log_(std::move(log)) {}

// ---- any thread

Result<> CommitQueue::Core::enqueue(Waiting waiting) {
  std::lock_guard lock(mutex_);
  if (closed_) return stopped_error();
  if (waiting_.size() >= options_.max_waiting_txns ||
      waiting_bytes_ + waiting.bytes > options_.max_waiting_bytes) {
    return Error(Reason::TooManyRequests,
                 fmt::format("{} writes wait for the disk", waiting_.size()))
        .with_retry_after(std::chrono::seconds(1));
  }
  waiting_bytes_ += waiting.bytes;
  waiting_.push_back(std::move(waiting));
  if (!std::exchange(pumping_, true)) {
    CHECK(worker_ != nullptr && worker_->post([core = shared_from_this()] { core->pump(); }));
  }
  return ok();
}

bool CommitQueue::Core::post_job(UniqueFunction<void()> job) {
  std::lock_guard lock(mutex_);
  return worker_ != nullptr && worker_->post(std::move(job));
}

bool CommitQueue::Core::is_closed() const {
  std::lock_guard lock(mutex_);
  return closed_;
}

void CommitQueue::Core::close_door() {
  std::lock_guard lock(mutex_);
  closed_ = true;
}

void CommitQueue::Core::forget_worker() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  worker_ = nullptr;
}

Result<> CommitQueue::Core::health() {
  bool retry = false;
  Result<> health;
  {
    std::lock_guard lock(mutex_);
    if (closed_) return stopped_error();
    health = health_;
    retry =
        !health && !recovering_ && clock_.steady_now() - last_recovery_ >= options_.recover_every;
    if (retry) recovering_ = true;
  }
  if (retry) {
    const bool posted = post_job([core = shared_from_this()] {
      if (!core->stopped_) (void)core->settle_doubt().has_value();  // Its error is in health_.
    });
    if (!posted) return stopped_error();
  }
  return health;
}

void CommitQueue::Core::set_health(Result<> health) {
  std::lock_guard lock(mutex_);
  health_ = std::move(health);
}

// ---- jobs of the worker

Result<> CommitQueue::Core::start() {
  std::size_t slots = 0;
  const LogState state = TRY(log_->start([&](Slot slot, const Pair& pair) {
    ++slots;
    index_.set(Bytes(pair.key), Versions{pair.created, pair.modified, slot});
    last_slot_ = std::max(last_slot_, slot);
  }));
  if (slots != index_.size()) {
    return Error(Reason::InternalError,
                 "the database is damaged: it has a key twice; restore a snapshot");
  }
  ceiling_ = state.ceiling;
  Revision current = state.last;
  if (state.ceiling > state.last) {
    // Not stopped cleanly: soft transactions up to the ceiling may have been seen by somebody. The
    // revision starts above them all, at one that nobody can have.
    lost_ = {state.last, state.ceiling};
    current = state.ceiling + 1;
  }
  current_.store(current, std::memory_order_release);
  return ok();
}

void CommitQueue::Core::pump() {
  bool more = true;
  while (more) {
    run_batch(take_waiting());
    if (!broken_ && !stopped_) log_->maintain();
    std::lock_guard lock(mutex_);
    more = !waiting_.empty();
    if (!more) {
      pumping_ = false;
    } else if (worker_ != nullptr && worker_->post([core = shared_from_this()] { core->pump(); })) {
      more = false;  // Other jobs get their turn first.
    }
  }
}

std::vector<Waiting> CommitQueue::Core::take_waiting() {
  std::vector<Waiting> taken;
  std::size_t bytes = 0;
  std::lock_guard lock(mutex_);
  while (!waiting_.empty() && taken.size() < options_.max_batch_txns) {
    Waiting& next = waiting_.front();
    if (!taken.empty() && bytes + next.bytes > options_.max_batch_bytes) break;
    bytes += next.bytes;
    taken.push_back(std::move(next));
    waiting_.pop_front();
  }
  waiting_bytes_ -= bytes;
  return taken;
}

void CommitQueue::Core::run_batch(std::vector<Waiting> taken) {
  if (taken.empty()) return;
  Result<> result = stopped_ ? Result<>(stopped_error()) : ensure_working();
  Batch batch(index_, current(), last_slot_);
  std::vector<Answer> answers;
  answers.reserve(taken.size());
  for (Waiting& waiting : taken) {
    if (waiting.cancel.is_cancelled()) {
      waiting.done.set(Error::cancelled());
    } else if (!result) {
      waiting.done.set(result.error());
    } else {
      answers.push_back({std::move(waiting.done), batch.add(std::move(waiting.txn))});
    }
  }
  transactions_ += answers.size();
  last_slot_ = batch.last_slot();  // Also if it fails: it may turn out to be there.
  if (!batch.empty()) {
    if (may_stay_undurable(batch)) {
      soft_.add_all(batch.records());
      start_flush_timer();
      apply(batch.take_changes(), batch.last());
    } else {
      result = write(&batch);
    }
  }
  for (const Answer& answer : answers) {
    answer.done.set(result ? Result<CommitOutcome>(answer.outcome)
                           : Result<CommitOutcome>(result.error()));
  }
}

bool CommitQueue::Core::may_stay_undurable(const Batch& batch) const {
  return !batch.is_hard() && batch.last() <= ceiling_ &&
         soft_.size() + batch.records().size() <= options_.max_soft_keys &&
         soft_.bytes() + batch.records().bytes() <= options_.max_soft_bytes;
}

LogBatch CommitQueue::Core::make_log_batch(const Batch* batch,
                                           std::optional<Revision> ceiling) const {
  LogBatch log_batch;
  if (batch == nullptr || soft_.empty()) {
    log_batch.records = batch == nullptr ? soft_.in_order() : batch->records().in_order();
  } else {
    RecordSet all = soft_;
    all.add_all(batch->records());
    log_batch.records = all.in_order();
  }
  log_batch.last = batch == nullptr ? current() : batch->last();
  log_batch.ceiling = ceiling;
  // Early enough that soft transactions seldom meet it.
  if (!ceiling && log_batch.last + options_.revision_block / 4 > ceiling_) {
    log_batch.ceiling = log_batch.last + options_.revision_block;
  }
  return log_batch;
}

// Writes the batch, if any, with everything soft; applies and publishes it.
Result<> CommitQueue::Core::write(Batch* batch, std::optional<Revision> ceiling) {
  const LogBatch log_batch = make_log_batch(batch, ceiling);
  const Revision last = log_batch.last;
  Changes changes;
  if (batch != nullptr) changes = batch->take_changes();
  Result<> appended = log_->append(log_batch);
  if (!appended) {
    doubt_ = Doubt{last, batch == nullptr ? current() : last, std::move(changes)};
    broken_ = true;
    set_health(appended);
    if (settle_doubt() && current() >= last && soft_.empty()) return ok();
    set_health(appended);  // Until a write or a later attempt succeeds.
    return appended;
  }
  ++batches_;
  if (log_batch.ceiling) ceiling_ = *log_batch.ceiling;
  soft_.clear();
  cancel_flush_timer();
  if (!changes.events.empty()) apply(std::move(changes), last);
  set_health(ok());
  return ok();
}

Result<> CommitQueue::Core::settle_doubt() {
  Result<LogState> state = log_->recover();
  {
    std::lock_guard lock(mutex_);
    recovering_ = false;
    last_recovery_ = clock_.steady_now();
    health_ = state ? ok() : Result<>(state.error());
  }
  if (!state) {
    broken_ = true;
    return state.error();
  }
  broken_ = false;
  ceiling_ = state->ceiling;
  if (!doubt_) return ok();
  Doubt doubt = std::move(*doubt_);
  doubt_.reset();
  if (state->last < doubt.last) return ok();  // It never happened.
  ++batches_;
  soft_.clear();
  cancel_flush_timer();
  if (!doubt.changes.events.empty()) apply(std::move(doubt.changes), doubt.batch_last);
  return ok();
}

Result<> CommitQueue::Core::ensure_working() {
  if (!broken_) return ok();
  {
    std::lock_guard lock(mutex_);
    if (!health_ && clock_.steady_now() - last_recovery_ < options_.recover_every) return health_;
  }
  return settle_doubt();
}

void CommitQueue::Core::apply(Changes changes, Revision last) {
  for (Event& event : changes.events) event.attachment.committed(event.revision);
  for (const auto& [key, versions] : changes.versions) {
    if (versions.modified == 0) {
      index_.erase(key);
    } else {
      index_.set(key, versions);
    }
  }
  current_.store(last, std::memory_order_release);
  publish({last, std::move(changes.events)});
}

void CommitQueue::Core::publish(EventBatch batch) {
  if (sink_ == nullptr) return;
  sink_executor_->post(
      [sink = sink_, batch = std::move(batch)]() mutable { (*sink)(std::move(batch)); });
}

void CommitQueue::Core::start_flush_timer() {
  if (flush_timer_ != 0) return;
  flush_timer_ = clock_.start_timer(options_.soft_flush_after, [weak = weak_from_this()] {
    const std::shared_ptr<Core> core = weak.lock();
    if (core == nullptr) return;
    core->post_job([core] {
      core->flush_timer_ = 0;
      if (core->stopped_) return;
      (void)core->flush().has_value();  // Its error is in health_.
      if (!core->soft_.empty()) core->start_flush_timer();
    });
  });
}

void CommitQueue::Core::cancel_flush_timer() {
  if (flush_timer_ != 0) clock_.cancel_timer(std::exchange(flush_timer_, 0));
}

Result<Revision> CommitQueue::Core::load(std::string_view prefix, const PairSink& each) {
  TRY(flush());  // The log is then the state of current().
  TRY(log_->read(index_.slots(prefix), each));
  return current();
}

Revision CommitQueue::Core::subscribe(Executor& executor, EventSink sink) {
  sink_executor_ = &executor;
  sink_ = std::make_shared<EventSink>(std::move(sink));
  return current();
}

Result<> CommitQueue::Core::compact(Revision revision) {
  if (stopped_) return stopped_error();
  if (revision > current()) {
    return Error(Reason::Invalid, fmt::format("revision {} is not reached yet, the store is at {}",
                                              revision, current()));
  }
  if (revision > compacted()) compacted_.store(revision, std::memory_order_release);
  TRY(ensure_working());
  return log_->shrink();
}

Result<> CommitQueue::Core::check() {
  TRY(flush());
  return log_->check();
}

Result<> CommitQueue::Core::flush() {
  if (stopped_) return stopped_error();
  TRY(ensure_working());
  return soft_.empty() ? ok() : write(nullptr);
}

Stats CommitQueue::Core::stats() {
  const LogSizes sizes = stopped_ ? LogSizes() : log_->sizes();
  return {.keys = index_.size(),
          .file_bytes = sizes.file_bytes,
          .log_bytes = sizes.log_bytes,
          .soft_keys = soft_.size(),
          .soft_bytes = soft_.bytes(),
          .transactions = transactions_,
          .batches = batches_};
}

Result<> CommitQueue::Core::stop() {
  if (stopped_) return ok();
  for (auto taken = take_waiting(); !taken.empty(); taken = take_waiting())
    run_batch(std::move(taken));
  Result<> result = ensure_working();
  // The mark of a clean stop: the ceiling comes down to what was given out.
  if (result && (!soft_.empty() || ceiling_ != current())) result = write(nullptr, current());
  cancel_flush_timer();
  stopped_ = true;
  log_->close();
  sink_ = nullptr;
  return result;
}

}  // namespace knarr::store
