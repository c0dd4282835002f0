// SPDX-License-Identifier: Apache-2.0
#include "net/loop/fd_stream.h"

#include "net/socket/socket.h"

#include <cerrno>

namespace knarr::net {

Result<std::optional<std::size_t>> FdStream::try_read(std::span<char> buffer) {
  if (watcher_.is_closed()) return closed_error();
  while (true) {
    const ssize_t got = ::read(watcher_.fd(), buffer.data(), buffer.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EAGAIN) return std::nullopt;
    if (errno == EIO) return std::size_t{0};  // A terminal whose other side has closed.
    if (errno != EINTR) return socket_error("read", errno);
  }
}

Result<std::size_t> FdStream::try_write(std::string_view bytes) {
  if (watcher_.is_closed()) return closed_error();
  while (true) {
    const ssize_t put = ::write(watcher_.fd(), bytes.data(), bytes.size());
    if (put >= 0) return static_cast<std::size_t>(put);
    if (errno == EAGAIN) return std::size_t{0};
    if (errno != EINTR) return socket_error("write", errno);
  }
}

Task<Result<>> FdStream::shutdown_write() {
  close();
  co_return ok();
}

}  // namespace knarr::net
