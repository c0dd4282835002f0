// SPDX-License-Identifier: Apache-2.0
// Power cuts at random operations. After each, the database must start, hold exactly the state
// after some transaction, not before the last acknowledged hard one, and go on above every revision
// it ever gave out. With the fsyncs taken out the same check must fail.
#include "base/rng.h"
#include "base/run_sync.h"
#include "base/testing/sim_clock.h"
#include "store/sqlite_store.h"
#include "store/testing/crash_rounds.h"
#include "store/testing/power_cut_vfs.h"

#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace knarr::store {
namespace {

struct Version {
  std::string value;
  Revision created = 0;
  Revision modified = 0;
  friend bool operator==(const Version&, const Version&) = default;
};
using State = std::map<std::string, Version>;

// Runs a store on a disk through many cuts and checks what is left after each.
class CutTest {
 public:
  explicit CutTest(std::uint64_t seed) : rng_(seed) {}

  void ignore_syncs_of(std::string suffix) { disk_.ignore_syncs_of(std::move(suffix)); }
  void with_failing_syncs() { failing_syncs_ = true; }

  /// One life of the store, ended by a cut. Gives what is wrong; empty when nothing is.
  std::string run_round() {
    disk_.cut_after(1 + rng_.below(rng_.below(4) == 0 ? 12 : 400));
    if (open()) {
      states_ = {durable_};
      base_ = store_->current();
      acknowledged_ = 0;
      while (!disk_.is_cut()) {
        if (failing_syncs_ && rng_.below(8) == 0) disk_.fail_sync_after(1 + rng_.below(6));
        run_burst();
      }
    }
    close();
    disk_.restore_power(rng_);
    if (rng_.below(3) == 0) {  // Once more, while it starts from what the first left.
      disk_.cut_after(1 + rng_.below(20));
      open();
      close();
      disk_.restore_power(rng_);
    }
    return check();
  }

 private:
  bool open() {
    auto opened =
        open_sqlite_store({.path = "state.db", .vfs = disk_.name(), .checkpoint_pages = 30},
                          std::make_unique<Worker>(loop_), clock_);
    if (!opened) {
      open_error_ = opened.error().message();
      return false;
    }
    store_ = std::move(*opened);
    return true;
  }

  void close() {
    store_.reset();
    loop_.run_until_idle();
  }

  // Some transactions at once; the state after each is noted in the order they were given, which is
  // the order of their revisions.
  void run_burst() {
    std::vector<Task<Result<CommitOutcome>>> tasks;
    std::vector<bool> soft;
    for (std::uint64_t i = rng_.below(5) + 1; i > 0; --i) {
      Txn txn = make_txn();
      soft.push_back(txn.soft);
      tasks.push_back(store_->commit(std::move(txn)));
    }
    const auto results = run_sync(loop_, all(std::move(tasks)));
    const std::size_t first = states_.size() - results.size();
    if (!disk_.is_cut() && !results.back()) settle();
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (!results[i]) continue;
      EXPECT_EQ(results[i]->revision, base_ + first + i);
      newest_ = std::max(newest_, results[i]->revision);
      if (!soft[i]) acknowledged_ = first + i;
    }
    if (rng_.below(10) == 0 && !run_sync(loop_, store_->flush()) && !disk_.is_cut()) settle();
  }

  // After a sync that failed the store finds out, by itself, how far it came.
  void settle() {
    while (!disk_.is_cut() && !store_->health()) {
      clock_.advance(std::chrono::seconds(1));
      loop_.run_until_idle();
    }
    if (!disk_.is_cut()) states_.resize(store_->current() - base_ + 1);
  }

  // Always changes something, so that every transaction has a revision.
  Txn make_txn() {
    State next = states_.back();
    const Revision revision = base_ + states_.size();
    Txn txn;
    txn.soft = rng_.below(4) == 0;
    txn.put("/last", fmt::format("{}", revision));
    set(next, "/last", fmt::format("{}", revision), revision);
    for (std::uint64_t i = rng_.below(4); i > 0; --i) {
      const std::string key = fmt::format("/key/{}", rng_.below(12));
      if (std::ranges::any_of(txn.ops, [&](const Op& op) { return op.key == key; })) continue;
      if (rng_.below(3) == 0) {
        txn.erase(key);
        next.erase(key);
      } else {
        const std::string value(rng_.below(9000), static_cast<char>('a' + rng_.below(26)));
        txn.put(key, value);
        set(next, key, value, revision);
      }
    }
    states_.push_back(std::move(next));
    return txn;
  }

  static void set(State& state, const std::string& key, std::string value, Revision revision) {
    const auto found = state.find(key);
    const Revision created = found == state.end() ? revision : found->second.created;
    state[key] = {std::move(value), created, revision};
  }

  std::string check() {
    if (!open()) return "does not start: " + open_error_;
    std::string wrong = check_open();
    if (wrong.empty()) {
      durable_ = load();
      if (rng_.below(4) == 0) (void)run_sync(loop_, store_->stop()).has_value();
    }
    close();
    return wrong;
  }

  std::string check_open() {
    const auto checked = run_sync(loop_, store_->check());
    if (!checked) return "is damaged: " + checked.error().message();
    if (store_->current() < newest_) {
      return fmt::format("revision went back from {} to {}", newest_, store_->current());
    }
    newest_ = store_->current();
    const State found = load();
    for (std::size_t i = acknowledged_; i < states_.size(); ++i) {
      if (states_[i] == found) return "";
    }
    for (std::size_t i = 0; i < acknowledged_; ++i) {
      if (states_[i] == found)
        return fmt::format("{} acknowledged transactions are lost", acknowledged_ - i);
    }
    return "holds a state that never was";
  }

  State load() {
    State state;
    MUST(run_sync(loop_, store_->load("", [&](const Pair& pair) {
      state[std::string(pair.key)] = {std::string(pair.value), pair.created, pair.modified};
      return ok();
    })));
    return state;
  }

  SeededRng rng_;
  bool failing_syncs_ = false;
  PowerCutDisk disk_;
  ManualExecutor loop_;
  SimClock clock_{&loop_};
  std::unique_ptr<Store> store_;
  std::string open_error_;

  State durable_;                          // At the start of this life.
  std::vector<State> states_ = {State()};  // After each transaction of this life; [0] is durable_.
  Revision base_ = 0;
  std::size_t acknowledged_ = 0;  // Index of the last acknowledged hard transaction.
  Revision newest_ = 0;
};

TEST(PowerCut, LosesNothingAcknowledgedAndStartsAgain) {
  const std::uint64_t lives = 10;  // On one disk.
  for (std::uint64_t seed = 1; seed <= crash_rounds(200) / lives; ++seed) {
    CutTest test(seed);
    for (std::uint64_t round = 0; round < lives; ++round) {
      ASSERT_EQ(test.run_round(), "") << "seed " << seed << " round " << round;
    }
  }
}

TEST(PowerCut, LosesNothingAfterSyncsThatFailed) {
  for (std::uint64_t seed = 1; seed <= crash_rounds(200) / 10; ++seed) {
    CutTest test(1000 + seed);
    test.with_failing_syncs();
    for (std::uint64_t round = 0; round < 10; ++round) {
      ASSERT_EQ(test.run_round(), "") << "seed " << 1000 + seed << " round " << round;
    }
  }
}

// Whether some seed shows that something is wrong when these syncs do nothing.
std::string find_violation(const std::string& suffix) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CutTest test(seed);
    test.ignore_syncs_of(suffix);
    for (int round = 0; round < 10; ++round) {
      std::string wrong = test.run_round();
      if (!wrong.empty()) return wrong;
    }
  }
  return "";
}

TEST(PowerCut, AMissingSyncIsFound) {
  EXPECT_NE(find_violation(""), "");
}
TEST(PowerCut, AMissingSyncOfTheLogIsFound) {
  EXPECT_NE(find_violation("-wal"), "");
}
TEST(PowerCut, AMissingSyncOfTheDatabaseIsFound) {
  EXPECT_NE(find_violation(".db"), "");
}

}  // namespace
}  // namespace knarr::store
