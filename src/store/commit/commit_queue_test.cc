// SPDX-License-Identifier: Apache-2.0
// What the commit queue does when the log fails, and how it groups. The log here is a list with
// faults; the contract of healthy stores is in testing/contract.cc.
#include "store/commit/commit_queue.h"

#include "base/run_sync.h"
#include "base/testing/sim_clock.h"
#include "store/commit/log.h"

#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace knarr::store {
namespace {

using namespace std::chrono_literals;

// Outlives the log, like a disk.
struct FaultyDisk {
  enum class Fault : std::uint8_t { None, LoseBatch, KeepBatchButFail };
  Fault fault = Fault::None;
  bool recovery_fails = false;
  std::map<std::string, std::string> values;
  LogState state;
  int appends = 0;
  int recoveries = 0;
  std::vector<std::size_t> batch_sizes;
};

class FaultyLog final : public Log {
 public:
  explicit FaultyLog(FaultyDisk* disk) : disk_(disk) {}
  Result<LogState> start(const std::function<void(Slot, const Pair&)>& each) override {
    return disk_->state;
  }
  Result<> read(std::span<const Slot> slots, const PairSink& each) override { return ok(); }
  Result<> append(const LogBatch& batch) override {
    ++disk_->appends;
    if (disk_->fault == FaultyDisk::Fault::LoseBatch) return failure();
    disk_->batch_sizes.push_back(batch.records.size());
    for (const Record& record : batch.records) {
      if (record.erased) {
        disk_->values.erase(std::string(record.key.view()));
      } else {
        disk_->values[std::string(record.key.view())] = record.value.view();
      }
    }
    disk_->state.last = batch.last;
    if (batch.ceiling) disk_->state.ceiling = *batch.ceiling;
    if (disk_->fault == FaultyDisk::Fault::KeepBatchButFail) return failure();
    return ok();
  }
  Result<LogState> recover() override {
    ++disk_->recoveries;
    if (disk_->recovery_fails) return failure();
    return disk_->state;
  }
  Result<> check() override { return ok(); }
  LogSizes sizes() override { return {}; }
  void close() override {}

 private:
  static Error failure() { return {Reason::ServiceUnavailable, "the disk failed"}; }
  FaultyDisk* disk_;
};

class CommitQueueTest : public testing::Test {
 protected:
  void SetUp() override {
    QueueOptions options;
    options.max_batch_txns = 10;
    options.max_waiting_txns = 50;
    options.max_batch_bytes = 1000;
    store_ = MUST(CommitQueue::create(std::make_unique<FaultyLog>(&disk_),
                                      std::make_unique<Worker>(loop_), clock_, options));
    MUST(run(store_->subscribe(loop_, [this](EventBatch batch) {
      for (const Event& event : batch.events) {
        events_.push_back(
            fmt::format("{}={}@{}", event.key.view(), event.value.view(), event.revision));
      }
    })));
  }
  void TearDown() override {
    disk_.fault = FaultyDisk::Fault::None;
    disk_.recovery_fails = false;
    clock_.advance(10s);
    (void)run(store_->stop()).has_value();
    store_.reset();
    loop_.run_until_idle();
  }

  template <typename T>
  T run(Task<T> task) {
    return run_sync(loop_, std::move(task));
  }
  static Txn make(std::string key, std::string value, bool soft = false) {
    Txn txn;
    txn.put(std::move(key), value);
    txn.soft = soft;
    return txn;
  }
  Result<CommitOutcome> put(std::string key, std::string value, bool soft = false) {
    return run(store_->commit(make(std::move(key), std::move(value), soft)));
  }

  ManualExecutor loop_;
  SimClock clock_{&loop_};
  FaultyDisk disk_;
  std::unique_ptr<Store> store_;
  std::vector<std::string> events_;
};

TEST_F(CommitQueueTest, AFailedBatchFailsWholeAndChangesNothing) {
  ASSERT_TRUE(put("/a", "1").has_value());
  disk_.fault = FaultyDisk::Fault::LoseBatch;
  std::vector<Task<Result<CommitOutcome>>> tasks;
  tasks.push_back(store_->commit(make("/a", "2")));
  tasks.push_back(store_->commit(make("/b", "1")));
  Txn sees_pending = make("/a", "3");
  sees_pending.compare("/a",
                       1);  // Conflicts with the first, which then fails: no conflict to report.
  tasks.push_back(store_->commit(std::move(sees_pending)));
  for (const auto& result : run(all(std::move(tasks)))) {
    EXPECT_TRUE(result.error().is(Reason::ServiceUnavailable));
  }
  EXPECT_EQ(store_->current(), 1);
  disk_.fault = FaultyDisk::Fault::None;
  Txn txn = make("/a", "4");
  txn.compare("/a", 1);
  txn.compare("/b", Txn::kAbsent);
  EXPECT_EQ(run(store_->commit(std::move(txn)))->revision, 2);
  loop_.run_until_idle();
  EXPECT_EQ(events_, (std::vector<std::string>{"/a=1@1", "/a=4@2"}));
}

TEST_F(CommitQueueTest, AWriteThatFailedButIsThereIsASuccess) {
  disk_.fault = FaultyDisk::Fault::KeepBatchButFail;
  EXPECT_EQ(put("/a", "1")->revision, 1);
  loop_.run_until_idle();
  EXPECT_EQ(events_, (std::vector<std::string>{"/a=1@1"}));
}

TEST_F(CommitQueueTest, InDoubtWritesFailUntilTheLogSaysWhatHappened) {
  disk_.fault = FaultyDisk::Fault::KeepBatchButFail;
  disk_.recovery_fails = true;
  EXPECT_FALSE(put("/a", "1").has_value());
  EXPECT_FALSE(store_->health().has_value());
  disk_.fault = FaultyDisk::Fault::None;
  const int appends = disk_.appends;
  EXPECT_FALSE(put("/b", "1").has_value());
  EXPECT_FALSE(put("/soft", "1", true).has_value());
  EXPECT_EQ(disk_.appends, appends);
  EXPECT_EQ(store_->current(), 0);

  disk_.recovery_fails = false;
  clock_.advance(1s);
  EXPECT_EQ(put("/c", "1")->revision, 2);  // Revision 1 was on the disk after all.
  loop_.run_until_idle();
  EXPECT_EQ(events_, (std::vector<std::string>{"/a=1@1", "/c=1@2"}));
  EXPECT_TRUE(store_->health().has_value());
}

TEST_F(CommitQueueTest, ADoubtThatEndsBadlyLeavesNoTrace) {
  disk_.fault = FaultyDisk::Fault::LoseBatch;
  disk_.recovery_fails = true;
  EXPECT_FALSE(put("/a", "1").has_value());
  disk_.fault = FaultyDisk::Fault::None;
  disk_.recovery_fails = false;
  clock_.advance(1s);
  EXPECT_EQ(put("/c", "1")->revision, 1);
  loop_.run_until_idle();
  EXPECT_EQ(events_, (std::vector<std::string>{"/c=1@1"}));
}

TEST_F(CommitQueueTest, AskingForHealthRecoversAtMostOnceASecond) {
  clock_.advance(10s);
  disk_.fault = FaultyDisk::Fault::LoseBatch;
  disk_.recovery_fails = true;
  EXPECT_FALSE(put("/a", "1").has_value());
  const int recoveries = disk_.recoveries;
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(store_->health().has_value());
    loop_.run_until_idle();
  }
  EXPECT_EQ(disk_.recoveries, recoveries);
  disk_.fault = FaultyDisk::Fault::None;
  disk_.recovery_fails = false;
  clock_.advance(1s);
  EXPECT_FALSE(store_->health().has_value());
  loop_.run_until_idle();
  EXPECT_EQ(disk_.recoveries, recoveries + 1);
  EXPECT_TRUE(store_->health().has_value());
}

TEST_F(CommitQueueTest, SoftWritesSurviveAFailedFlush) {
  ASSERT_TRUE(put("/a", "1").has_value());
  ASSERT_TRUE(put("/lease", "1", true).has_value());
  disk_.fault = FaultyDisk::Fault::LoseBatch;
  EXPECT_FALSE(run(store_->flush()).has_value());
  EXPECT_FALSE(put("/b", "1").has_value());
  EXPECT_EQ(run(store_->stats())->soft_keys, 1);
  disk_.fault = FaultyDisk::Fault::None;
  EXPECT_TRUE(run(store_->flush()).has_value());
  EXPECT_EQ(disk_.values["/lease"], "1");
  EXPECT_EQ(disk_.state.last, 2);
}

TEST_F(CommitQueueTest, AFailedFlushIsTriedAgainAfterFiveMinutes) {
  ASSERT_TRUE(put("/a", "1").has_value());
  ASSERT_TRUE(put("/lease", "1", true).has_value());
  disk_.fault = FaultyDisk::Fault::LoseBatch;
  clock_.advance(5min);
  disk_.fault = FaultyDisk::Fault::None;
  EXPECT_EQ(disk_.values.count("/lease"), 0);
  clock_.advance(5min);
  EXPECT_EQ(disk_.values["/lease"], "1");
}

TEST_F(CommitQueueTest, SoftWritesAloneTouchNoDisk) {
  ASSERT_TRUE(put("/lease", "0").has_value());
  const int appends = disk_.appends;
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(put("/lease", std::to_string(i), true).has_value());
    clock_.advance(9900ms);
  }
  EXPECT_EQ(disk_.appends, appends);
  clock_.advance(3s);  // Five minutes after the first.
  EXPECT_EQ(disk_.appends, appends + 1);
  EXPECT_EQ(disk_.batch_sizes.back(), 1);  // The newest state only.
}

TEST_F(CommitQueueTest, TakesAllThatWaitsUpToTheLimitsOfABatch) {
  std::vector<Task<Result<CommitOutcome>>> tasks;
  for (int i = 0; i < 25; ++i) tasks.push_back(store_->commit(make(fmt::format("/k{}", i), "v")));
  run(all(std::move(tasks)));
  EXPECT_EQ(disk_.batch_sizes, (std::vector<std::size_t>{10, 10, 5}));
  disk_.batch_sizes.clear();
  tasks.clear();
  for (int i = 0; i < 4; ++i)
    tasks.push_back(store_->commit(make(fmt::format("/k{}", i), std::string(400, 'v'))));
  run(all(std::move(tasks)));
  EXPECT_EQ(disk_.batch_sizes, (std::vector<std::size_t>{2, 2}));
}

TEST_F(CommitQueueTest, RefusesMoreThanMayWait) {
  std::vector<Task<Result<CommitOutcome>>> tasks;
  for (int i = 0; i < 52; ++i) tasks.push_back(store_->commit(make(fmt::format("/k{}", i), "v")));
  const auto results = run(all(std::move(tasks)));
  EXPECT_TRUE(results[49].has_value());
  EXPECT_TRUE(results[50].error().is(Reason::TooManyRequests));
  EXPECT_TRUE(results[51].error().retry_after().has_value());
}

TEST_F(CommitQueueTest, WritesTheCeilingOnceABlock) {
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(put("/a", "v").has_value());
  EXPECT_EQ(disk_.state.ceiling, 1001);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(put("/a", "v").has_value());
  EXPECT_GT(disk_.state.ceiling, 1101);
  EXPECT_LE(disk_.state.ceiling, 2100);
}

TEST_F(CommitQueueTest, EveryoneWhoWaitsIsAnsweredWhenTheStoreGoes) {
  const auto result = run([](std::unique_ptr<Store>* store) -> Task<Result<CommitOutcome>> {
    Task<Result<CommitOutcome>> task = (*store)->commit(make("/a", "1"));
    auto [outcome, stopped] = co_await all(std::move(task), (*store)->stop());
    co_return outcome;
  }(&store_));
  EXPECT_EQ(result->revision, 1);
}

}  // namespace
}  // namespace knarr::store
