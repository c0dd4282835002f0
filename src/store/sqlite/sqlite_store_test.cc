// SPDX-License-Identifier: Apache-2.0
// The contract, kept in a SQLite file; and what SQLite files can do wrong.
#include "store/sqlite_store.h"

#include "store/sqlite/sqlite_log.h"
#include "store/testing/contract.h"
#include "store/testing/folder.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace knarr::store {
namespace {

class SqliteTestDisk final : public TestDisk {
 public:
  std::unique_ptr<Store> open(std::unique_ptr<Worker> worker, Clock& clock) override {
    return MUST(
        open_sqlite_store({.path = folder_.database(), .vfs = {}}, std::move(worker), clock));
  }

 private:
  Folder folder_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract,
                         testing::Values(Backend{
                             "sqlite", [] { return std::make_unique<SqliteTestDisk>(); }}));

class SqliteStore : public testing::Test {
 protected:
  Result<std::unique_ptr<Store>> open() {
    return open_sqlite_store({.path = folder_.database(), .vfs = {}},
                             std::make_unique<Worker>(loop_), clock_);
  }
  std::string open_error() {
    auto store = open();
    return store ? "opened" : store.error().message();
  }
  Result<CommitOutcome> put(Store& store, std::string key, std::string value) {
    Txn txn;
    txn.put(std::move(key), value);
    return run_sync(loop_, store.commit(std::move(txn)));
  }
  void stop(std::unique_ptr<Store> store) {
    EXPECT_TRUE(run_sync(loop_, store->stop()).has_value());
    store.reset();
    loop_.run_until_idle();
  }
  void execute(const char* sql) {
    auto connection = MUST(sqlite::Connection::open(folder_.database(), ""));
    MUST(connection->execute(sql));
  }
  [[nodiscard]] std::uint64_t file_size(const std::string& suffix) const {
    struct stat info{};
    return stat((folder_.database() + suffix).c_str(), &info) == 0
               ? static_cast<std::uint64_t>(info.st_size)
               : 0;
  }

  ManualExecutor loop_;
  SimClock clock_{&loop_};
  Folder folder_;
};

TEST_F(SqliteStore, IsOneFileReadableByItsOwnerOnceStopped) {
  auto store = MUST(open());
  MUST(put(*store, "/a", "1"));
  stop(std::move(store));
  EXPECT_EQ(file_size("-wal"), 0);
  struct stat info{};
  ASSERT_EQ(stat(folder_.database().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600);
}

TEST_F(SqliteStore, SaysWhichProcessHoldsIt) {
  auto store = MUST(open());
  EXPECT_EQ(open_error(), fmt::format("database {}: in use by process {}; stop it first",
                                      folder_.database(), getpid()));
  stop(std::move(store));
  stop(MUST(open()));
}

TEST_F(SqliteStore, RefusesFilesThatAreNotItsOwn) {
  execute("CREATE TABLE kine(id INTEGER)");
  EXPECT_NE(open_error().find("another program"), std::string::npos) << open_error();
}

TEST_F(SqliteStore, RefusesASchemaOfTheFuture) {
  stop(MUST(open()));
  execute("PRAGMA user_version=2");
  EXPECT_NE(open_error().find("written by a newer knarr (schema 2, this program knows 1)"),
            std::string::npos);
}

TEST_F(SqliteStore, SaysThatAFileIsNoDatabase) {
  std::ofstream(folder_.database()) << std::string(10000, 'x');
  EXPECT_NE(open_error().find("damaged"), std::string::npos) << open_error();
}

TEST_F(SqliteStore, FindsDamageAfterACrashAndOnDemand) {
  auto store = MUST(open());
  for (int i = 0; i < 300; ++i) MUST(put(*store, fmt::format("/key/{}", i), std::string(500, 'v')));
  stop(std::move(store));
  // Garbage over pages in the middle, which the start after a clean stop need not read whole.
  std::fstream file(folder_.database(), std::ios::in | std::ios::out | std::ios::binary);
  for (int page = 5; page < 30; ++page) {
    file.seekp(page * 4096 + 2000);
    file << std::string(1000, '\x5a');
  }
  file.seekp(20 * 4096);
  file << std::string(100, '\xff');
  file.close();
  const std::string message = [&] {
    auto opened = open();
    if (!opened) return opened.error().message();
    const auto checked = run_sync(loop_, (*opened)->check());
    return checked ? std::string("nothing found") : checked.error().message();
  }();
  EXPECT_NE(message.find("restore a snapshot"), std::string::npos) << message;
}

TEST_F(SqliteStore, SaysWhatToDoWithoutPermission) {
  if (geteuid() == 0) {  // Root may write anywhere: a folder in place of the file does instead.
    ASSERT_EQ(mkdir((folder_.database() + ".lock").c_str(), 0700), 0);
    EXPECT_NE(open_error().find("cannot be opened"), std::string::npos) << open_error();
    rmdir((folder_.database() + ".lock").c_str());
  }
  const auto missing = open_sqlite_store({.path = "/nonexistent/state.db", .vfs = {}},
                                         std::make_unique<Worker>(loop_), clock_);
  EXPECT_NE(missing.error().message().find("the folder must exist"), std::string::npos);
  EXPECT_TRUE(missing.error().is(Reason::ServiceUnavailable));
}

TEST_F(SqliteStore, KeepsTheWriteAheadLogBounded) {
  auto store = MUST(open());
  for (int round = 0; round < 40; ++round) {
    std::vector<Task<Result<CommitOutcome>>> tasks;
    for (int i = 0; i < 100; ++i) {
      Txn txn;
      txn.put(fmt::format("/key/{}", (round * 37 + i) % 500), std::string(2000, 'v'));
      tasks.push_back(store->commit(std::move(txn)));
    }
    for (const auto& outcome : run_sync(loop_, all(std::move(tasks))))
      ASSERT_TRUE(outcome.has_value());
    EXPECT_LE(file_size("-wal"), 6U << 20);
  }
  EXPECT_GE(file_size("-wal"), 1U << 20);
  stop(std::move(store));
}

TEST_F(SqliteStore, StartsFromAWriteAheadLogThatACrashLeft) {
  {
    auto store = MUST(open());
    for (int i = 0; i < 50; ++i) MUST(put(*store, fmt::format("/key/{}", i), "v"));
    EXPECT_GT(file_size("-wal"), 0);
    store.reset();  // Not stopped.
    loop_.run_until_idle();
  }
  auto store = MUST(open());
  EXPECT_EQ(run_sync(loop_, store->stats())->keys, 50);
  stop(std::move(store));
}

// A limit on the size of files stands for a full disk.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit now = before_;
    now.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &now);
  }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;
  ~FileLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(SqliteStore, WritesFailWhileTheDiskIsFullAndWorkAgainAfterwards) {
  auto store = MUST(open());
  MUST(put(*store, "/a", "1"));
  {
    const FileLimit limit(2U << 20);
    EXPECT_FALSE(put(*store, "/big", std::string(3'000'000, 'v')).has_value());
    EXPECT_FALSE(store->health().has_value());
    EXPECT_EQ(store->current(), 1);
  }
  clock_.advance(std::chrono::seconds(2));
  (void)store->health().has_value();
  loop_.run_until_idle();
  EXPECT_TRUE(store->health().has_value());
  EXPECT_EQ(put(*store, "/big", std::string(3'000'000, 'v'))->revision, 2);
  EXPECT_TRUE(run_sync(loop_, store->check()).has_value());
  stop(std::move(store));
}

TEST_F(SqliteStore, SettlesWithSomeoneElsesReadLock) {
  auto store = MUST(open());
  MUST(put(*store, "/a", "1"));
  auto reader = MUST(sqlite::Connection::open(folder_.database(), ""));
  MUST(reader->execute("BEGIN; SELECT count(*) FROM objects;"));
  EXPECT_EQ(put(*store, "/a", "2")->revision, 2);
  reader.reset();
  stop(std::move(store));
}

}  // namespace
}  // namespace knarr::store
