// SPDX-License-Identifier: Apache-2.0
// A Stream on a descriptor that read(2) and write(2) work on: a pipe, a terminal.
#pragma once

#include "net/loop/fd_watcher.h"
#include "net/stream.h"

namespace knarr::net {

class FdStream final : public Stream {
 public:
  /// `fd` is non-blocking.
  FdStream(Loop& loop, UniqueFd fd) : watcher_(loop, std::move(fd)) {}

  Result<std::optional<std::size_t>> try_read(std::span<char> buffer) override;
  Result<std::size_t> try_write(std::string_view bytes) override;
  Task<Result<>> readable() override { co_return co_await watcher_.readable(); }
  Task<Result<>> writable() override { co_return co_await watcher_.writable(); }
  /// One direction is all it has: closes.
  Task<Result<>> shutdown_write() override;
  void close() override { watcher_.close(); }
  [[nodiscard]] Address local_address() const override { return {}; }
  [[nodiscard]] Address peer_address() const override { return {}; }
  [[nodiscard]] Loop& loop() const override { return watcher_.loop(); }

 private:
  FdWatcher watcher_;
};

}  // namespace knarr::net
