// SPDX-License-Identifier: Apache-2.0
// Sockets of the kernel: a Stream and a Listener on a non-blocking descriptor.
#pragma once

#include "net/loop/fd_watcher.h"
#include "net/stream.h"

namespace knarr::net {

class Socket final : public Stream {
 public:
  Socket(Loop& loop, UniqueFd fd) : watcher_(loop, std::move(fd)) {}

  Result<std::optional<std::size_t>> try_read(std::span<char> buffer) override;
  Result<std::size_t> try_write(std::string_view bytes) override;
  Task<Result<>> readable() override;
  Task<Result<>> writable() override;
  Task<Result<>> shutdown_write() override;
  void close() override { watcher_.close(); }
  [[nodiscard]] Address local_address() const override;
  [[nodiscard]] Address peer_address() const override;
  [[nodiscard]] Loop& loop() const override { return watcher_.loop(); }

  [[nodiscard]] FdWatcher& watcher() { return watcher_; }

 private:
  FdWatcher watcher_;
};

/// ServiceUnavailable with the words of an errno: "connect 1.2.3.4:80: connection refused".
[[nodiscard]] Error socket_error(std::string_view what, int number);

}  // namespace knarr::net
