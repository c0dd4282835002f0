// SPDX-License-Identifier: Apache-2.0
// kill -9 under load. A child writes through the store and reports each acknowledgement on a pipe;
// the parent kills it after a random number of them, which is at a random instruction of the child,
// opens the database and compares.
#include "base/rng.h"
#include "base/run_sync.h"
#include "base/task_group.h"
#include "base/testing/sim_clock.h"
#include "store/sqlite_store.h"
#include "store/testing/crash_rounds.h"
#include "store/testing/folder.h"

#include <array>
#include <csignal>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace knarr::store {
namespace {

constexpr int kWriters = 8;
constexpr int kSoftWriter = 7;  // The last one writes softly.

struct Report {
  std::uint64_t writer = 0;
  std::uint64_t count = 0;
  Revision revision = 0;
};

// ---- the child

// Every transaction of a writer sets its keys a and b to `count`, and c too or deletes it.
Txn make_txn(int writer, std::uint64_t count) {
  Txn txn;
  txn.soft = writer == kSoftWriter;
  const std::string value = std::to_string(count);
  txn.put(fmt::format("/{}/a", writer), value);
  if (count % 5 == 0) {
    txn.erase(fmt::format("/{}/c", writer));
  } else {
    txn.put(fmt::format("/{}/c", writer), value + std::string(count % 3000, ' '));
  }
  txn.put(fmt::format("/{}/b", writer), value);
  return txn;
}

Task<> write_for_ever(Store* store, int pipe, int writer, std::uint64_t count) {
  while (true) {
    ++count;
    const auto outcome = co_await store->commit(make_txn(writer, count));
    if (!outcome) _exit(3);
    const Report report{static_cast<std::uint64_t>(writer), count, outcome->revision};
    if (write(pipe, &report, sizeof(report)) != sizeof(report)) _exit(4);
    co_await yield();
  }
}

[[noreturn]] void run_child(const std::string& path, int pipe, std::uint64_t count) {
  ManualExecutor loop;
  SimClock clock;
  auto opened = open_sqlite_store({.path = path, .vfs = {}, .checkpoint_pages = 200},
                                  std::make_unique<Worker>("store"), clock);
  if (!opened) _exit(2);
  std::vector<Task<>> writers;
  for (int i = 0; i < kWriters; ++i)
    writers.push_back(write_for_ever(opened->get(), pipe, i, count));
  run_sync(loop, all(std::move(writers)));
  _exit(5);
}

// ---- the parent

struct Found {
  std::map<std::string, std::string> values;
  std::map<std::string, Revision> modified;
  Revision current = 0;
};

class KillTest : public testing::Test {
 protected:
  void run_round(Rng& rng) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(pipe[0]);
      run_child(folder_.database(), pipe[1], base_);
    }
    close(pipe[1]);
    for (std::uint64_t left = rng.below(200); left > 0 && read_report(pipe[0]); --left) {
    }
    kill(child, SIGKILL);
    while (read_report(pipe[0])) {  // What was acknowledged before the kill.
    }
    close(pipe[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
    check();
  }

  bool read_report(int pipe) {
    Report report;
    if (read(pipe, &report, sizeof(report)) != sizeof(report)) return false;
    acknowledged_[report.writer] = report.count;
    newest_ = std::max(newest_, report.revision);
    return true;
  }

  Found find() {
    Found found;
    auto store =
        open_sqlite_store({.path = folder_.database()}, std::make_unique<Worker>(loop_), clock_);
    EXPECT_TRUE(store.has_value()) << store.error().message();
    if (!store) return found;
    EXPECT_TRUE(run_sync(loop_, (*store)->check()).has_value());
    found.current = (*store)->current();
    MUST(run_sync(loop_, (*store)->load("", [&](const Pair& pair) {
      const std::string_view value = pair.value.substr(0, pair.value.find(' '));
      found.values[std::string(pair.key)] = value;
      found.modified[std::string(pair.key)] = pair.modified;
      return ok();
    })));
    store->reset();
    loop_.run_until_idle();
    return found;
  }

  void check() {
    Found found = find();
    EXPECT_GE(found.current, newest_) << "the revision went back";
    newest_ = std::max(newest_, found.current);
    std::uint64_t highest = base_;
    for (int writer = 0; writer < kWriters; ++writer) {
      const std::string a = fmt::format("/{}/a", writer);
      const std::string b = fmt::format("/{}/b", writer);
      const std::string c = fmt::format("/{}/c", writer);
      const std::uint64_t count = found.values.contains(a) ? std::stoull(found.values[a]) : 0;
      EXPECT_EQ(found.values[a], found.values[b]) << "half a transaction";
      EXPECT_EQ(found.modified[a], found.modified[b]) << "half a transaction";
      if (count > 0) {
        EXPECT_EQ(found.values.contains(c), count % 5 != 0) << "half a transaction";
      }
      if (found.values.contains(c)) {
        EXPECT_EQ(found.values[c], found.values[a]) << "half a transaction";
      }
      if (writer != kSoftWriter) {
        EXPECT_GE(count, acknowledged_[writer]) << "an acknowledged write is lost";
      }
      highest = std::max({highest, count, acknowledged_[writer]});
    }
    base_ = highest;  // The next child counts on from here.
  }

  Folder folder_;
  ManualExecutor loop_;
  SimClock clock_;
  std::array<std::uint64_t, kWriters> acknowledged_{};
  std::uint64_t base_ = 0;
  Revision newest_ = 0;
};

TEST_F(KillTest, LosesNothingAcknowledgedAndStartsAgain) {
  SeededRng rng(20260101);
  for (std::uint64_t round = 0; round < crash_rounds(100) && !HasFailure(); ++round) run_round(rng);
}

}  // namespace
}  // namespace knarr::store
