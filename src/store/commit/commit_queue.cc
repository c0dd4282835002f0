// SPDX-License-Identifier: Apache-2.0
// The door of the commit queue: every call becomes a job of the worker.
#include "store/commit/commit_queue.h"

#include "store/commit/batch.h"
#include "store/commit/core.h"

#include <utility>

namespace knarr::store {

CommitQueue::CommitQueue(std::shared_ptr<Core> core, std::unique_ptr<Worker> worker)
    : core_(std::move(core)), worker_(std::move(worker)) {}

CommitQueue::~CommitQueue() {
  core_->forget_worker();
  worker_->stop();  // Runs what is queued: everyone who waits gets an answer.
}

Result<std::unique_ptr<Store>> CommitQueue::create(std::unique_ptr<Log> log,
                                                   std::unique_ptr<Worker> worker, Clock& clock,
                                                   QueueOptions options) {
  auto core = std::make_shared<Core>(std::move(log), worker.get(), clock, options);
  TRY(core->start());
  return std::unique_ptr<Store>(new CommitQueue(std::move(core), std::move(worker)));
}

Task<Result<CommitOutcome>> CommitQueue::commit(Txn txn) {
  Waiting waiting;
  waiting.bytes = CO_TRY(validate(txn));
  waiting.txn = std::move(txn);
  waiting.cancel = (co_await current_context()).cancel;
  const Completion<CommitOutcome> done = waiting.done;
  CO_TRY(core_->enqueue(std::move(waiting)));
  co_return co_await done.wait();
}

Revision CommitQueue::current() const {
  return core_->current();
}
Revision CommitQueue::compacted() const {
  return core_->compacted();
}
RevisionRange CommitQueue::lost() const {
  return core_->lost();
}
Result<> CommitQueue::health() {
  return core_->health();
}

Task<Result<Revision>> CommitQueue::load(std::string prefix, PairSink each) {
  co_return co_await worker_->run([core = core_, prefix = std::move(prefix),
                                   each = std::move(each)] { return core->load(prefix, each); });
}

Task<Result<Revision>> CommitQueue::subscribe(Executor& executor, EventSink sink) {
  co_return co_await worker_->run(
      [core = core_, executor = &executor, sink = std::move(sink)]() mutable {
        return Result<Revision>(core->subscribe(*executor, std::move(sink)));
      });
}

Task<Result<>> CommitQueue::compact(Revision revision) {
  co_return co_await worker_->run([core = core_, revision] { return core->compact(revision); });
}

Task<Result<>> CommitQueue::check() {
  co_return co_await worker_->run([core = core_] { return core->check(); });
}

Task<Result<>> CommitQueue::flush() {
  co_return co_await worker_->run([core = core_] { return core->flush(); });
}

Task<Result<Stats>> CommitQueue::stats() {
  co_return co_await worker_->run([core = core_] { return Result<Stats>(core->stats()); });
}

Task<Result<>> CommitQueue::stop() {
  core_->close_door();
  co_return co_await shielded(worker_->run([core = core_] { return core->stop(); }));
}

}  // namespace knarr::store
