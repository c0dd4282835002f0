// SPDX-License-Identifier: Apache-2.0
// Opening, reading, writing and recovering the SQLite file.
#include "store/sqlite/sqlite_log.h"

#include "base/check.h"
#include "store/commit/commit_queue.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace knarr::store::sqlite {
namespace {

constexpr sqlite3_int64 kPreallocatedBytes = 1 << 20;
// Somebody may be looking at the file with the sqlite3 program.
constexpr int kBusyTimeoutMillis = 2000;

// A small cache: objects are read from memory, never from here, but at the start. cache_spill off:
// a batch is bounded, and a spilled page would be written twice.
constexpr const char* kSettings =
    "PRAGMA synchronous=FULL;"
    "PRAGMA wal_autocheckpoint=0;"
    "PRAGMA cache_size=-512;"
    "PRAGMA cache_spill=OFF;"
    "PRAGMA cell_size_check=ON;"
    "PRAGMA trusted_schema=OFF;"
    "PRAGMA temp_store=MEMORY;";

}  // namespace

Result<std::unique_ptr<SqliteLog>> SqliteLog::open(SqliteOptions options) {
  LockFile lock;
  if (options.vfs.empty()) lock = TRY(LockFile::take(options.path));
  std::unique_ptr<SqliteLog> log(new SqliteLog(std::move(options), std::move(lock)));
  log->session_ = TRY(log->connect());
  return log;
}

SqliteLog::~SqliteLog() = default;

Result<LogState> SqliteLog::start(const std::function<void(Slot, const Pair&)>& each) {
  LogState state = TRY(read_state_row());
  Statement statement =
      TRY(session_->connection->prepare("SELECT id,created,modified,key FROM objects"));
  while (TRY(statement.step())) {
    const Pair pair{.key = statement.bytes(3),
                    .value = {},
                    .created = statement.integer(1),
                    .modified = statement.integer(2)};
    state.last = std::max(state.last, pair.modified);
    each(statement.integer(0), pair);
  }
  // After a clean stop SQLite's own checks while reading are enough.
  if (state.ceiling != state.last) TRY(run_check("PRAGMA quick_check(5)"));
  preallocate();
  return state;
}

Result<std::unique_ptr<SqliteLog::Session>> SqliteLog::connect() {
  auto session = std::make_unique<Session>();
  session->connection = TRY(Connection::open(path_, options_.vfs));
  Connection& connection = *session->connection;
  TRY(prepare_schema(connection));
  // What a failed commit left in the write-ahead log must not reach the database when a connection
  // with errors is closed; close() does it explicitly.
  sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_busy_timeout(connection.handle(), kBusyTimeoutMillis);
  sqlite3_wal_hook(connection.handle(), on_commit, this);
  frames_ = 0;
  checkpoint_at_ = options_.checkpoint_pages;
  session->begin = TRY(connection.prepare("BEGIN IMMEDIATE"));
  session->commit = TRY(connection.prepare("COMMIT"));
  session->rollback = TRY(connection.prepare("ROLLBACK"));
  session->put = TRY(connection.prepare(
      "REPLACE INTO objects(id,created,modified,key,value) VALUES(?1,?2,?3,?4,?5)"));
  session->erase = TRY(connection.prepare("DELETE FROM objects WHERE id=?1"));
  session->set_last = TRY(connection.prepare("UPDATE state SET last=?1"));
  session->set_ceiling = TRY(connection.prepare("UPDATE state SET ceiling=?1"));
  return session;
}

Result<> SqliteLog::prepare_schema(Connection& connection) {
  const std::uint64_t application = TRY(connection.query_integer("PRAGMA application_id"));
  const std::uint64_t tables = TRY(connection.query_integer("SELECT count(*) FROM sqlite_schema"));
  if (application == 0 && tables == 0) return create_schema(connection);
  if (application != kApplicationId) {
    return Error(Reason::InternalError,
                 fmt::format("database {}: this is a SQLite file of another program; give "
                             "another path, or import it",
                             path_));
  }
  const std::uint64_t version = TRY(connection.query_integer("PRAGMA user_version"));
  if (version != kSchemaVersion) {
    return Error(
        Reason::InternalError,
        fmt::format(
            "database {}: written by a newer knarr (schema {}, this program knows {}); start that "
            "version, or restore a snapshot made before the update",
            path_, version, kSchemaVersion));
  }
  return configure(connection);
}

Result<> SqliteLog::configure(Connection& connection) {
  if (TRY(connection.query_text("PRAGMA journal_mode=WAL")) != "wal") {
    return Error(
        Reason::ServiceUnavailable,
        fmt::format(
            "database {}: its file system has no shared memory for files (a network file system?); "
            "put it on a local disk",
            path_));
  }
  return connection.execute(kSettings);
}

Result<> SqliteLog::create_schema(Connection& connection) {
  TRY(configure(connection));
  // One transaction, header fields included: a crash leaves an empty file or a whole schema.
  const std::string sql = fmt::format(
      "BEGIN IMMEDIATE;"
      "CREATE TABLE objects(id INTEGER PRIMARY KEY,created INTEGER NOT NULL,modified INTEGER NOT "
      "NULL,"
      "key BLOB NOT NULL,value BLOB NOT NULL);"
      "CREATE TABLE state(last INTEGER NOT NULL,ceiling INTEGER NOT NULL,recoveries INTEGER NOT "
      "NULL);"
      "INSERT INTO state VALUES(0,0,0);"
      "PRAGMA application_id={};"
      "PRAGMA user_version={};"
      "COMMIT;",
      kApplicationId, kSchemaVersion);
  return connection.execute(sql.c_str());
}

Result<LogState> SqliteLog::read_state_row() {
  Statement statement = TRY(session_->connection->prepare("SELECT last,ceiling FROM state"));
  if (!TRY(statement.step())) return session_->connection->error(SQLITE_CORRUPT);
  return LogState{statement.integer(0), statement.integer(1)};
}

// The open file behind the connection (SQLITE_FCNTL_FILE_POINTER or _JOURNAL_POINTER, which is the
// write-ahead log), or null.
sqlite3_file* SqliteLog::file_of(int which) const {
  sqlite3_file* file = nullptr;
  if (sqlite3_file_control(session_->connection->handle(), "main", which, &file) != SQLITE_OK)
    return nullptr;
  return file != nullptr && file->pMethods != nullptr ? file : nullptr;
}

Result<> SqliteLog::rewrite_log() {
  sqlite3_file* file = file_of(SQLITE_FCNTL_JOURNAL_POINTER);
  if (file == nullptr) return ok();  // No log yet: nothing in it can be in doubt.
  const auto checked = [&](int code) -> Result<> {
    if (code != SQLITE_OK) return session_->connection->error(code);
    return ok();
  };
  sqlite3_int64 size = 0;
  TRY(checked(file->pMethods->xFileSize(file, &size)));
  std::vector<char> chunk(65536);
  for (sqlite3_int64 at = 0; at < size;) {
    const int amount = static_cast<int>(
        std::min<sqlite3_int64>(static_cast<sqlite3_int64>(chunk.size()), size - at));
    TRY(checked(file->pMethods->xRead(file, chunk.data(), amount, at)));
    TRY(checked(file->pMethods->xWrite(file, chunk.data(), amount, at)));
    at += amount;
  }
  return checked(file->pMethods->xSync(file, SQLITE_SYNC_NORMAL));
}

// Writes zeros behind the end of the write-ahead log, which SQLite takes for an end. Not being able
// to is no error: the log then grows as it goes.
void SqliteLog::preallocate() {
  sqlite3_file* file = file_of(SQLITE_FCNTL_JOURNAL_POINTER);
  if (file == nullptr) return;
  sqlite3_int64 size = 0;
  if (file->pMethods->xFileSize(file, &size) != SQLITE_OK) return;
  static constexpr std::array<char, 65536> kZeros{};
  while (size < kPreallocatedBytes) {
    const sqlite3_int64 amount = std::min<sqlite3_int64>(kZeros.size(), kPreallocatedBytes - size);
    if (file->pMethods->xWrite(file, kZeros.data(), static_cast<int>(amount), size) != SQLITE_OK)
      return;
    size += amount;
  }
}

Result<> SqliteLog::read(std::span<const Slot> slots, const PairSink& each) {
  Statement statement = TRY(
      session_->connection->prepare("SELECT created,modified,key,value FROM objects WHERE id=?1"));
  for (const Slot slot : slots) {
    statement.bind(1, slot);
    if (!TRY(statement.step())) return session_->connection->error(SQLITE_CORRUPT);
    TRY(each({.key = statement.bytes(2),
              .value = statement.bytes(3),
              .created = statement.integer(0),
              .modified = statement.integer(1)}));
    statement.reset();
  }
  return ok();
}

Result<> SqliteLog::append(const LogBatch& batch) {
  CHECK(session_ != nullptr);
  TRY(session_->begin.run());
  Result<> written = write(batch);
  if (written) written = session_->commit.run();
  if (!written && sqlite3_get_autocommit(session_->connection->handle()) == 0) {
    (void)session_->rollback.run().has_value();  // The first error tells more.
  }
  return written;
}

Result<> SqliteLog::write(const LogBatch& batch) {
  Revision newest_put = 0;
  for (const Record& record : batch.records) {
    if (record.erased) {
      session_->erase.bind(1, record.slot);
      TRY(session_->erase.run());
      continue;
    }
    newest_put = record.modified;
    session_->put.bind(1, record.slot);
    session_->put.bind(2, record.created);
    session_->put.bind(3, record.modified);
    session_->put.bind(4, record.key);
    session_->put.bind(5, record.value);
    TRY(session_->put.run());
  }
  if (newest_put != batch.last) {
    session_->set_last.bind(1, batch.last);
    TRY(session_->set_last.run());
  }
  if (batch.ceiling) {
    session_->set_ceiling.bind(1, *batch.ceiling);
    TRY(session_->set_ceiling.run());
  }
  return ok();
}

// After a sync that failed the kernel holds pages it believes to be on the disk, and they are not:
// they can be read, and no later sync writes them. So: forget what the connection believes, read
// the log anew, write all of it once more and sync; nothing may be copied from it into the database
// before that. Then write once to see whether that works.
Result<LogState> SqliteLog::recover() {
  session_.reset();
  session_ = TRY(connect());
  TRY(rewrite_log());
  TRY(session_->connection->execute("UPDATE state SET recoveries=recoveries+1"));
  preallocate();
  LogState state = TRY(read_state_row());
  const std::uint64_t newest =
      TRY(session_->connection->query_integer("SELECT coalesce(max(modified),0) FROM objects"));
  state.last = std::max(state.last, newest);
  return state;
}

int SqliteLog::on_commit(void* log, sqlite3* handle, const char* name, int frames) {
  static_cast<SqliteLog*>(log)->frames_ = frames;
  return SQLITE_OK;
}

void SqliteLog::maintain() {
  if (session_ == nullptr || frames_ < checkpoint_at_) return;
  const Result<> done = checkpoint(SQLITE_CHECKPOINT_PASSIVE);
  // On failure the log grows on; if the disk is the reason, writes will fail and tell.
  checkpoint_at_ = done ? options_.checkpoint_pages : frames_ + options_.checkpoint_pages;
}

Result<> SqliteLog::checkpoint(int mode) {
  sqlite3* handle = session_->connection->handle();
  const int code = sqlite3_wal_checkpoint_v2(handle, "main", mode, nullptr, nullptr);
  if (code != SQLITE_OK) return session_->connection->error(code);
  return ok();
}

Result<> SqliteLog::check() {
  return run_check("PRAGMA integrity_check(5)");
}

Result<> SqliteLog::run_check(std::string_view pragma) {
  Statement statement = TRY(session_->connection->prepare(pragma));
  std::string findings;
  while (TRY(statement.step())) {
    const std::string_view line = statement.bytes(0);
    if (line == "ok") continue;
    if (!findings.empty()) findings += "; ";
    findings += line;
  }
  if (findings.empty()) return ok();
  return session_->connection->error(SQLITE_CORRUPT).with(findings);
}

LogSizes SqliteLog::sizes() {
  LogSizes sizes;
  if (session_ == nullptr) return sizes;
  const auto size_of = [&](int which) -> std::uint64_t {
    sqlite3_file* file = file_of(which);
    sqlite3_int64 size = 0;
    if (file == nullptr || file->pMethods->xFileSize(file, &size) != SQLITE_OK) return 0;
    return static_cast<std::uint64_t>(size);
  };
  sizes.file_bytes = size_of(SQLITE_FCNTL_FILE_POINTER);
  sizes.log_bytes = size_of(SQLITE_FCNTL_JOURNAL_POINTER);
  return sizes;
}

void SqliteLog::close() {
  if (session_ == nullptr) return;
  // The database is then one file that can be copied. If it fails the log stays and is read at the
  // next start.
  (void)checkpoint(SQLITE_CHECKPOINT_TRUNCATE).has_value();
  sqlite3_db_config(session_->connection->handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  session_.reset();
  lock_ = LockFile();
}

}  // namespace knarr::store::sqlite

namespace knarr::store {

Result<std::unique_ptr<Store>> open_sqlite_store(SqliteOptions options,
                                                 std::unique_ptr<Worker> worker, Clock& clock) {
  auto log = TRY(sqlite::SqliteLog::open(std::move(options)));
  return CommitQueue::create(std::move(log), std::move(worker), clock, QueueOptions());
}

}  // namespace knarr::store
