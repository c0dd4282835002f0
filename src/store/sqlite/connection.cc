// SPDX-License-Identifier: Apache-2.0
// SQLite calls, and what their failures mean to a user.
#include "store/sqlite/connection.h"

#include "base/check.h"

#include <system_error>

#include <fmt/format.h>

namespace knarr::store::sqlite {
namespace {

std::string system_text(int code) {
  return std::generic_category().message(code);
}

Error describe(sqlite3* handle, const std::string& path, int code) {
  const int system = handle == nullptr ? 0 : sqlite3_system_errno(handle);
  const std::string said = fmt::format("{} (sqlite code {}{})", sqlite3_errstr(code), code,
                                       system == 0 ? "" : ", " + system_text(system));
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {Reason::ServiceUnavailable, fmt::format("database {}: the disk is full; free some "
                                                      "space, writes then work again by themselves",
                                                      path)};
    case SQLITE_READONLY:
      return {
          Reason::ServiceUnavailable,
          fmt::format(
              "database {}: not writable: {}; check the permissions of the file and its folder and "
              "that the file system is not mounted read-only",
              path, said)};
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {
          Reason::ServiceUnavailable,
          fmt::format(
              "database {}: cannot be opened: {}; the folder must exist and belong to the user who "
              "runs knarr",
              path, said)};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Reason::ServiceUnavailable,
              fmt::format("database {}: another process holds it; close other programs that use it",
                          path)};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {Reason::InternalError, fmt::format("database {}: damaged: {}; restore a snapshot, or "
                                                 "move the file away to start with an "
                                                 "empty cluster",
                                                 path, said)};
    case SQLITE_IOERR:
      return {Reason::ServiceUnavailable,
              fmt::format("database {}: the disk fails: {}", path, said)};
    default:
      return {Reason::InternalError, fmt::format("database {}: {}", path, said)};
  }
}

}  // namespace

void Statement::bind(int parameter, std::uint64_t value) {
  CHECK(sqlite3_bind_int64(handle_, parameter, static_cast<sqlite3_int64>(value)) == SQLITE_OK);
}

void Statement::bind(int parameter, std::string_view bytes) {
  // A null pointer would bind NULL instead of an empty blob.
  const char* data = bytes.empty() ? "" : bytes.data();
  CHECK(sqlite3_bind_blob64(handle_, parameter, data, bytes.size(), SQLITE_STATIC) == SQLITE_OK);
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(handle_);
    return false;
  }
  Error error = connection_->error(code);
  sqlite3_reset(handle_);
  return error;
}

Result<> Statement::run() {
  while (TRY(step())) {
  }
  return ok();
}

std::uint64_t Statement::integer(int column) const {
  return static_cast<std::uint64_t>(sqlite3_column_int64(handle_, column));
}

std::string_view Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(handle_, column);  // Before the size, which may convert.
  const int size = sqlite3_column_bytes(handle_, column);
  return data == nullptr ? std::string_view()
                         : std::string_view(static_cast<const char*>(data), size);
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path,
                                                     const std::string& vfs) {
  sqlite3* handle = nullptr;
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, flags, vfs.empty() ? nullptr : vfs.c_str());
  if (code != SQLITE_OK) {
    Error error = describe(handle, path, code);
    sqlite3_close(handle);
    return error;
  }
  return std::unique_ptr<Connection>(new Connection(path, handle));
}

Connection::~Connection() {
  CHECK(sqlite3_close(handle_) == SQLITE_OK);
}

Result<> Connection::execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return ok();
}

Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return error(code);
  return Statement(this, statement);
}

Result<std::uint64_t> Connection::query_integer(std::string_view sql) {
  Statement statement = TRY(prepare(sql));
  return TRY(statement.step())
  ? statement.integer(0) : 0;
}

Result<std::string> Connection::query_text(std::string_view sql) {
  Statement statement = TRY(prepare(sql));
  return TRY(statement.step())
  ? std::string(statement.bytes(0)) : std::string();
}

Error Connection::error(int code) const {
  return describe(handle_, path_, code);
}

}  // namespace knarr::store::sqlite
