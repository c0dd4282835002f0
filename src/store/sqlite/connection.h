// SPDX-License-Identifier: Apache-2.0
// A SQLite connection and its statements as values with Results. One thread at a time. Errors tell
// the user what is wrong with the file and what to do about it.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <sqlite3.h>

namespace knarr::store::sqlite {

class Connection;

class Statement {
 public:
  Statement() = default;
  Statement(Statement&& other) noexcept
      : connection_(other.connection_), handle_(std::exchange(other.handle_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept {
    std::swap(connection_, other.connection_);
    std::swap(handle_, other.handle_);
    return *this;
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(handle_); }

  /// Parameters count from 1. Bytes must live until reset().
  void bind(int parameter, std::uint64_t value);
  void bind(int parameter, std::string_view bytes);

  /// True: there is a row. False: done, and reset. An error resets it too.
  Result<bool> step();
  /// Steps to the end.
  Result<> run();
  void reset() { sqlite3_reset(handle_); }

  /// Columns count from 0; bytes live until the next step.
  [[nodiscard]] std::uint64_t integer(int column) const;
  [[nodiscard]] std::string_view bytes(int column) const;

 private:
  friend class Connection;
  Statement(Connection* connection, sqlite3_stmt* handle)
      : connection_(connection), handle_(handle) {}

  Connection* connection_ = nullptr;
  sqlite3_stmt* handle_ = nullptr;
};

class Connection {
 public:
  /// `vfs` may be empty: the system's files.
  static Result<std::unique_ptr<Connection>> open(const std::string& path, const std::string& vfs);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// Runs SQL without results.
  Result<> execute(const char* sql);
  Result<Statement> prepare(std::string_view sql);
  /// The first column of the first row, as a number or as text.
  Result<std::uint64_t> query_integer(std::string_view sql);
  Result<std::string> query_text(std::string_view sql);

  /// The error for a result code: reason and message for the user.
  [[nodiscard]] Error error(int code) const;
  [[nodiscard]] sqlite3* handle() const { return handle_; }

 private:
  Connection(std::string path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}

  std::string path_;
  sqlite3* handle_;
};

}  // namespace knarr::store::sqlite
