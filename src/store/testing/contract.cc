// SPDX-License-Identifier: Apache-2.0
// The contract of store.h as tests.
#include "store/testing/contract.h"

#include <ostream>
#include <utility>

#include <fmt/format.h>

namespace knarr::store {

void PrintTo(const Backend& backend, std::ostream* out) {
  *out << backend.name;
}

std::string describe(const Event& event) {
  if (event.type == Event::Type::Delete) {
    return fmt::format("DELETE {} @{} {} {}", event.key.view(), event.revision, event.created,
                       event.previous);
  }
  return fmt::format("PUT {}={} @{} {} {}", event.key.view(), event.value.view(), event.revision,
                     event.created, event.previous);
}

void StoreContract::SetUp() {
  disk_ = GetParam().make_disk();
  store_ = disk_->open(std::make_unique<Worker>(loop_), clock_);
}

void StoreContract::TearDown() {
  if (store_ != nullptr) EXPECT_TRUE(run(store_->stop()).has_value());
  store_.reset();
  loop_.run_until_idle();
}

Revision StoreContract::put(std::string key, std::string value, bool soft) {
  Txn txn;
  txn.put(std::move(key), value);
  txn.soft = soft;
  return commit(std::move(txn)).revision;
}

Revision StoreContract::erase(std::string key) {
  Txn txn;
  txn.erase(std::move(key));
  return commit(std::move(txn)).revision;
}

void StoreContract::subscribe() {
  MUST(run(store_->subscribe(loop_,
                             [this](EventBatch batch) { batches_.push_back(std::move(batch)); })));
}

std::vector<std::string> StoreContract::events() {
  loop_.run_until_idle();
  std::vector<std::string> lines;
  for (const EventBatch& batch : batches_) {
    for (const Event& event : batch.events) lines.push_back(describe(event));
  }
  return lines;
}

std::vector<std::string> StoreContract::loaded(std::string prefix) {
  std::vector<std::string> lines;
  MUST(run(store_->load(std::move(prefix), [&](const Pair& pair) {
    lines.push_back(fmt::format("{}={} {} {}", pair.key, pair.value, pair.created, pair.modified));
    return ok();
  })));
  return lines;
}

void StoreContract::stop_and_reopen() {
  MUST(run(store_->stop()));
  crash_and_reopen();
}

void StoreContract::crash_and_reopen() {
  store_.reset();
  loop_.run_until_idle();
  store_ = disk_->open(std::make_unique<Worker>(loop_), clock_);
}

namespace {

using Lines = std::vector<std::string>;

Txn put_if(std::string key, Revision modified, std::string value) {
  Txn txn;
  txn.compare(key, modified);
  txn.put(key, value);
  return txn;
}

TEST_P(StoreContract, GivesOneRisingRevisionToEveryTransaction) {  // BEHAVIOURS 23
  EXPECT_EQ(store_->current(), 0);
  EXPECT_EQ(put("/a", "1"), 1);
  EXPECT_EQ(put("/b", "1"), 2);
  EXPECT_EQ(put("/a", "2"), 3);
  EXPECT_EQ(erase("/b"), 4);
  EXPECT_EQ(store_->current(), 4);
  EXPECT_EQ(loaded(), (Lines{"/a=2 1 3"}));
}

TEST_P(StoreContract, DoesSeveralOperationsUnderOneRevisionInTheirOrder) {  // BEHAVIOURS 28
  put("/b", "old");
  subscribe();
  Txn txn;
  txn.put("/c", "1");
  txn.erase("/b");
  txn.put("/a", "1");
  EXPECT_EQ(commit(std::move(txn)).revision, 2);
  EXPECT_EQ(events(), (Lines{"PUT /c=1 @2 2 0", "DELETE /b @2 1 1", "PUT /a=1 @2 2 0"}));
  EXPECT_EQ(batches_.size(), 1);
  EXPECT_EQ(batches_[0].revision, 2);
}

TEST_P(StoreContract, AnswersAConflictWithTheRevisionItMet) {
  EXPECT_EQ(commit(put_if("/a", Txn::kAbsent, "1")).revision, 1);
  const CommitOutcome exists = commit(put_if("/a", Txn::kAbsent, "2"));
  ASSERT_TRUE(exists.conflict.has_value());
  EXPECT_EQ(exists.conflict->modified, 1);
  EXPECT_EQ(exists.revision, 1);
  EXPECT_EQ(commit(put_if("/a", 1, "2")).revision, 2);

  Txn txn = put_if("/a", 2, "3");
  txn.compare("/gone", 7);
  const CommitOutcome gone = commit(std::move(txn));
  ASSERT_TRUE(gone.conflict.has_value());
  EXPECT_EQ(gone.conflict->compare, 1);
  EXPECT_EQ(gone.conflict->modified, Txn::kAbsent);
  EXPECT_EQ(loaded(), (Lines{"/a=2 1 2"}));
}

TEST_P(StoreContract, ComparesSeeWhatTheSameBatchDidBefore) {
  std::vector<Task<Result<CommitOutcome>>> tasks;
  for (int i = 0; i < 3; ++i)
    tasks.push_back(store_->commit(put_if("/a", Txn::kAbsent, std::to_string(i))));
  tasks.push_back(store_->commit(put_if("/a", 1, "next")));
  const auto outcomes = run(all(std::move(tasks)));
  EXPECT_FALSE(outcomes[0]->conflict.has_value());
  EXPECT_EQ(outcomes[1]->conflict->modified, 1);
  EXPECT_EQ(outcomes[2]->conflict->modified, 1);
  EXPECT_EQ(outcomes[3]->revision, 2);
  EXPECT_EQ(loaded(), (Lines{"/a=next 1 2"}));
}

TEST_P(StoreContract, TellsCreationFromChangeAndStartsAnewAfterDeletion) {  // BEHAVIOURS 25
  subscribe();
  put("/a", "1");
  put("/a", "2");
  erase("/a");
  put("/a", "3");
  EXPECT_EQ(events(),
            (Lines{"PUT /a=1 @1 1 0", "PUT /a=2 @2 1 1", "DELETE /a @3 1 2", "PUT /a=3 @4 4 0"}));
}

TEST_P(StoreContract, TakesNoRevisionForWhatChangesNothing) {
  put("/a", "1");
  subscribe();
  EXPECT_EQ(erase("/absent"), 1);
  Txn compares_only;
  compares_only.compare("/a", 1);
  EXPECT_EQ(commit(std::move(compares_only)).revision, 1);
  EXPECT_EQ(events(), Lines{});
}

TEST_P(StoreContract, RefusesTransactionsOutOfBounds) {
  const auto reason = [&](Txn txn) { return run(store_->commit(std::move(txn))).error().reason(); };
  Txn twice;
  twice.put("/a", "1");
  twice.erase("/a");
  EXPECT_EQ(reason(std::move(twice)), Reason::Invalid);
  Txn no_key;
  no_key.put("", "1");
  EXPECT_EQ(reason(std::move(no_key)), Reason::Invalid);
  Txn long_key;
  long_key.put(std::string(Txn::kMaxKeyBytes + 1, 'k'), "1");
  EXPECT_EQ(reason(std::move(long_key)), Reason::Invalid);
  Txn large;
  large.put("/a", std::string(Txn::kMaxBytes, 'v'));
  EXPECT_EQ(reason(std::move(large)), Reason::RequestEntityTooLarge);
  EXPECT_EQ(store_->current(), 0);
}

TEST_P(StoreContract, KeepsAnyBytes) {
  const std::string odd("\0\xff\n'\";", 6);
  const std::string big(3'000'000, 'x');
  put("/" + odd, odd);
  put("/big", big);
  put("/empty", "");
  stop_and_reopen();
  EXPECT_EQ(loaded(),
            (Lines{"/" + odd + "=" + odd + " 1 1", "/big=" + big + " 2 2", "/empty= 3 3"}));
}

TEST_P(StoreContract, LoadsAPrefixInTheOrderOfKeys) {
  for (const char* key : {"/b/2", "/a/1", "/b", "/b/10", "/b0", "/c", "/b/1"}) put(key, "v");
  EXPECT_EQ(loaded("/b/"), (Lines{"/b/1=v 7 7", "/b/10=v 4 4", "/b/2=v 1 1"}));
  EXPECT_EQ(loaded("/none/"), Lines{});
  EXPECT_EQ(loaded().size(), 7);
  put("/\xff\xff", "v");
  EXPECT_EQ(loaded("/\xff").size(), 1);
}

TEST_P(StoreContract, EndsALoadWhenItsSinkFails) {
  put("/a", "1");
  put("/b", "1");
  int seen = 0;
  const auto failed = run(store_->load("", [&](const Pair&) -> Result<> {
    ++seen;
    return Error(Reason::InternalError, "no room");
  }));
  EXPECT_TRUE(failed.error().is(Reason::InternalError));
  EXPECT_EQ(seen, 1);
  EXPECT_EQ(loaded().size(), 2);
}

struct Object {
  Revision revision = 0;
};
struct ObjectPointer {
  std::shared_ptr<Object>* object;
  ObjectPointer(std::shared_ptr<Object>* o) : object(o) {}
  void set_resource_version(Revision revision) { (*object)->revision = revision; }
};

TEST_P(StoreContract, GivesAttachmentsBackWithTheirRevision) {  // BEHAVIOURS 27: deletions too.
  subscribe();
  auto first = std::make_shared<Object>();
  auto last = std::make_shared<Object>();
  Txn create;
  create.put("/a", "1", ObjectPointer(&first));
  Revision at_sink = 0;
  commit(std::move(create));
  Txn remove;
  remove.erase("/a", ObjectPointer(&last));
  commit(std::move(remove));
  loop_.run_until_idle();
  ASSERT_EQ(batches_.size(), 2);
  const ObjectPointer* back = batches_[0].events[0].attachment.as<ObjectPointer>();
  ASSERT_NE(back, nullptr);
  at_sink = (*back->object)->revision;
  EXPECT_EQ(at_sink, 1);
  EXPECT_EQ(last->revision, 2);
  EXPECT_EQ(batches_[0].events[0].attachment.as<void*>(), nullptr);
}

Task<std::vector<std::string>> order_of_ack(Store* store, std::vector<EventBatch>* batches,
                                            bool soft) {
  std::vector<std::string> order;
  Txn txn;
  txn.put("/a", "1");
  txn.soft = soft;
  const auto outcome = co_await store->commit(std::move(txn));
  order.push_back(
      fmt::format("acknowledged {} after {} batches", outcome->revision, batches->size()));
  co_return order;
}

TEST_P(StoreContract, PublishesBeforeItAcknowledges) {
  subscribe();
  EXPECT_EQ(run(order_of_ack(store_.get(), &batches_, false)),
            (Lines{"acknowledged 1 after 1 batches"}));
  EXPECT_EQ(run(order_of_ack(store_.get(), &batches_, true)),
            (Lines{"acknowledged 2 after 2 batches"}));
}

Task<Revision> load_then_count(Store* store, std::vector<EventBatch>* batches) {
  const Revision revision = MUST(co_await store->load("", [](const Pair&) { return ok(); }));
  const Revision published = batches->empty() ? 0 : batches->back().revision;
  EXPECT_EQ(revision, published);
  co_return revision;
}

TEST_P(StoreContract, ALoadStandsBetweenTheEventsBeforeAndAfterIt) {
  subscribe();
  Txn first;
  first.put("/a", "1");
  Txn second;
  second.put("/b", "1");
  const auto [one, loaded, two] =
      run(all(store_->commit(std::move(first)), load_then_count(store_.get(), &batches_),
              store_->commit(std::move(second))));
  EXPECT_EQ(one->revision, 1);
  EXPECT_LE(loaded, 2);
  EXPECT_EQ(two->revision, 2);
}

TEST_P(StoreContract, KeepsEverythingOverAStop) {
  put("/a", "1");
  put("/b", "1");
  put("/a", "2");
  erase("/b");
  stop_and_reopen();
  EXPECT_EQ(store_->current(), 4);  // The deletion counts.
  EXPECT_TRUE(store_->lost().empty());
  EXPECT_EQ(loaded(), (Lines{"/a=2 1 3"}));
  EXPECT_TRUE(commit(put_if("/a", 1, "x")).conflict.has_value());
  EXPECT_EQ(commit(put_if("/a", 3, "3")).revision, 5);
  stop_and_reopen();
  stop_and_reopen();
  EXPECT_EQ(store_->current(), 5);
}

TEST_P(StoreContract, ACrashLosesNoHardWriteAndNeverTakesTheRevisionBack) {
  put("/hard", "1");
  const Revision soft = put("/soft", "1", true);
  EXPECT_EQ(soft, 2);
  crash_and_reopen();
  EXPECT_EQ(loaded(), (Lines{"/hard=1 1 1"}));
  EXPECT_GT(store_->current(), soft);
  EXPECT_TRUE(store_->lost().contains(soft));
  EXPECT_FALSE(store_->lost().contains(1));
  EXPECT_FALSE(store_->lost().contains(store_->current()));
  const Revision after = store_->current();
  EXPECT_EQ(put("/hard", "2"), after + 1);
  stop_and_reopen();
  EXPECT_EQ(store_->current(), after + 1);
  EXPECT_TRUE(store_->lost().empty());
}

TEST_P(StoreContract, NoRevisionIsGivenOutTwiceOverManyCrashes) {
  Revision newest = 0;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 60 * round; ++i) {
      const Revision revision = put(fmt::format("/k{}", i % 7), "v", i % 5 != 0);
      ASSERT_GT(revision, newest);
      newest = revision;
    }
    crash_and_reopen();
    ASSERT_GE(store_->current(), newest);
    newest = store_->current();
  }
}

TEST_P(StoreContract, SoftWritesRideWithTheNextHardOne) {
  put("/a", "0");
  put("/lease", "1", true);
  put("/lease", "2", true);
  EXPECT_EQ(run(store_->stats())->soft_keys, 1);
  put("/b", "1");
  EXPECT_EQ(run(store_->stats())->soft_keys, 0);
  crash_and_reopen();
  EXPECT_EQ(loaded(), (Lines{"/a=0 1 1", "/b=1 4 4", "/lease=2 2 3"}));
}

TEST_P(StoreContract, SoftWritesAreFlushedAfterFiveMinutes) {
  put("/a", "0");
  put("/lease", "1", true);
  clock_.advance(std::chrono::minutes(4));
  EXPECT_EQ(run(store_->stats())->soft_keys, 1);
  clock_.advance(std::chrono::minutes(1));
  EXPECT_EQ(run(store_->stats())->soft_keys, 0);
  crash_and_reopen();
  EXPECT_EQ(loaded("/lease"), (Lines{"/lease=1 2 2"}));
}

TEST_P(StoreContract, SoftWritesAreFlushedByStopAndFlush) {
  put("/a", "0");
  put("/lease", "1", true);
  EXPECT_TRUE(run(store_->flush()).has_value());
  EXPECT_EQ(run(store_->stats())->soft_keys, 0);
  put("/lease", "2", true);
  stop_and_reopen();
  EXPECT_EQ(loaded("/lease"), (Lines{"/lease=2 2 3"}));
  EXPECT_EQ(store_->current(), 3);
}

TEST_P(StoreContract, SoftWritesArePublishedAndComparedAtOnce) {
  put("/a", "0");
  subscribe();
  put("/lease", "1", true);
  Txn renew = put_if("/lease", 2, "2");
  renew.soft = true;
  EXPECT_EQ(commit(std::move(renew)).revision, 3);
  EXPECT_TRUE(commit(put_if("/lease", 2, "stale")).conflict.has_value());
  EXPECT_EQ(erase("/lease"), 4);
  EXPECT_EQ(events(),
            (Lines{"PUT /lease=1 @2 2 0", "PUT /lease=2 @3 2 2", "DELETE /lease @4 2 3"}));
  crash_and_reopen();
  EXPECT_EQ(loaded(), (Lines{"/a=0 1 1"}));
}

TEST_P(StoreContract, BoundsTheAmountOfSoftWork) {
  put("/a", "0");
  for (int i = 0; i < 100; ++i) put(fmt::format("/event{}", i), std::string(200'000, 'x'), true);
  EXPECT_LE(run(store_->stats())->soft_bytes, 8U << 20);
  for (int i = 0; i < 10'500; ++i) put(fmt::format("/small{}", i), "x", true);
  EXPECT_LE(run(store_->stats())->soft_keys, 10'000);
}

TEST_P(StoreContract, CompactsWhatItReached) {
  put("/a", "1");
  EXPECT_EQ(store_->compacted(), 0);
  EXPECT_TRUE(run(store_->compact(2)).error().is(Reason::Invalid));
  EXPECT_TRUE(run(store_->compact(1)).has_value());
  EXPECT_EQ(store_->compacted(), 1);
  EXPECT_EQ(loaded(), (Lines{"/a=1 1 1"}));
}

TEST_P(StoreContract, ChecksAndMeasuresItself) {
  put("/a", "12345");
  EXPECT_TRUE(run(store_->check()).has_value());
  EXPECT_TRUE(store_->health().has_value());
  const Stats stats = *run(store_->stats());
  EXPECT_EQ(stats.keys, 1);
  EXPECT_GT(stats.file_bytes, 0);
  EXPECT_EQ(stats.transactions, 1);
}

TEST_P(StoreContract, RefusesWorkOnceStopped) {
  put("/a", "1");
  EXPECT_TRUE(run(store_->stop()).has_value());
  EXPECT_TRUE(run(store_->stop()).has_value());
  Txn txn;
  txn.put("/a", "2");
  EXPECT_TRUE(run(store_->commit(std::move(txn))).error().is(Reason::ServiceUnavailable));
  EXPECT_TRUE(run(store_->load("", [](const Pair&) { return ok(); }))
                  .error()
                  .is(Reason::ServiceUnavailable));
  EXPECT_TRUE(run(store_->flush()).error().is(Reason::ServiceUnavailable));
  EXPECT_TRUE(run(store_->check()).error().is(Reason::ServiceUnavailable));
  EXPECT_TRUE(run(store_->compact(1)).error().is(Reason::ServiceUnavailable));
  EXPECT_FALSE(store_->health().has_value());
}

TEST_P(StoreContract, ACancelledTransactionThatHasNotBegunIsNotDone) {
  CancelSource source;
  source.cancel();
  Txn txn;
  txn.put("/a", "1");
  const auto result = run_sync(loop_, store_->commit(std::move(txn)), source.token());
  EXPECT_TRUE(result.error().is(Reason::Cancelled));
  loop_.run_until_idle();
  EXPECT_EQ(loaded(), Lines{});
}

Task<> write_many(Store* store, int writer, int count) {
  for (int i = 0; i < count; ++i) {
    Txn txn;
    txn.put(fmt::format("/{}/{}", writer, i), "v");
    txn.put(fmt::format("/counter/{}", writer), std::to_string(i));
    txn.soft = i % 4 == 1;
    EXPECT_TRUE((co_await store->commit(std::move(txn))).has_value());
  }
}

TEST_P(StoreContract, AThreadOfItsOwnGivesEveryEventOnceAndInOrder) {  // BEHAVIOURS 24
  store_.reset();
  loop_.run_until_idle();
  disk_ = GetParam().make_disk();
  store_ = disk_->open(std::make_unique<Worker>("store"), clock_);
  subscribe();
  std::vector<Task<>> writers;
  for (int i = 0; i < 20; ++i) writers.push_back(write_many(store_.get(), i, 50));
  run(all(std::move(writers)));
  MUST(run(store_->stop()));
  loop_.run_until_idle();
  Revision newest = 0;
  for (const EventBatch& batch : batches_) {
    for (std::size_t i = 0; i < batch.events.size(); i += 2) {
      EXPECT_EQ(batch.events[i].revision, ++newest);
      EXPECT_EQ(batch.events[i + 1].revision, newest);
    }
    EXPECT_EQ(batch.revision, newest);
  }
  EXPECT_EQ(newest, 1000);
}

}  // namespace
}  // namespace knarr::store
