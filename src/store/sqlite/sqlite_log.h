// SPDX-License-Identifier: Apache-2.0
// The log in a SQLite file.
//
//   objects(id, created, modified, key, value)   the newest state of every live key
//   state(last, ceiling, recoveries)             one row
//
// `id` is the rowid and the slot that the queue gave this life of the key. There is no index: the
// queue has one in memory, read at the start, with the slots. So making a key appends to the last
// page, whatever its name, and changing it rewrites the one page its row is on. (With an index on
// key, a batch of 1000 new keys wrote five times as much, measured.) No history: watchers are
// served from memory, and whoever comes back after a restart with an older revision has to list
// again. `value` is the last column: reading the others never follows overflow pages. state.last is
// written only when the newest record of a batch is a deletion or at a clean stop, for a row's
// `modified` says it otherwise; the ceiling once in a thousand revisions. So a lone put is one
// page, one frame.
//
// The write-ahead log is synced at every commit (synchronous=FULL). It is never truncated while in
// use and begins with a preallocated megabyte: then fdatasync writes data alone, no file system
// metadata. When it holds checkpoint_pages it is copied into the database, after the batch was
// acknowledged; the next batch starts it from the beginning. So it stays below that plus one batch.
#pragma once

#include "store/commit/log.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/lock_file.h"
#include "store/sqlite_store.h"

#include <memory>
#include <string>

namespace knarr::store::sqlite {

class SqliteLog final : public Log {
 public:
  static constexpr std::uint32_t kApplicationId = 0x6b6e7272;  // "knrr", in the file's header.
  static constexpr std::uint64_t kSchemaVersion = 1;

  /// Errors: as open_sqlite_store().
  static Result<std::unique_ptr<SqliteLog>> open(SqliteOptions options);
  ~SqliteLog() override;

  Result<LogState> start(const std::function<void(Slot, const Pair&)>& each) override;
  Result<> read(std::span<const Slot> slots, const PairSink& each) override;
  Result<> append(const LogBatch& batch) override;
  Result<LogState> recover() override;
  void maintain() override;
  Result<> check() override;
  LogSizes sizes() override;
  void close() override;

 private:
  // The connection with its statements, made and ended together.
  struct Session {
    std::unique_ptr<Connection> connection;
    Statement begin;
    Statement commit;
    Statement rollback;
    Statement put;
    Statement erase;
    Statement set_last;
    Statement set_ceiling;
  };

  SqliteLog(SqliteOptions options, LockFile lock)
      : path_(options.path), options_(std::move(options)), lock_(std::move(lock)) {}
  Result<std::unique_ptr<Session>> connect();
  Result<> prepare_schema(Connection& connection);
  Result<> create_schema(Connection& connection);
  Result<> configure(Connection& connection);
  Result<LogState> read_state_row();
  Result<> write(const LogBatch& batch);
  [[nodiscard]] sqlite3_file* file_of(int which) const;
  Result<> rewrite_log();
  void preallocate();
  static int on_commit(void* log, sqlite3* handle, const char* name, int frames);
  Result<> checkpoint(int mode);
  Result<> run_check(std::string_view pragma);

  const std::string path_;
  const SqliteOptions options_;
  LockFile lock_;
  int frames_ = 0;  // In the write-ahead log, after the last commit.
  int checkpoint_at_ = 0;
  std::unique_ptr<Session> session_;  // Null once closed and while it cannot be opened again.
};

}  // namespace knarr::store::sqlite
