// SPDX-License-Identifier: Apache-2.0
// Reading and writing a socket.
#include "net/socket/socket.h"

#include <cctype>
#include <cerrno>
#include <cstring>

#include <fmt/core.h>
#include <sys/socket.h>

namespace knarr::net {
namespace {

bool would_block(int number) {
  return number == EAGAIN || number == EWOULDBLOCK;
}

}  // namespace

Error socket_error(std::string_view what, int number) {
  const char* words = strerrordesc_np(number);
  std::string text = words != nullptr ? words : fmt::format("errno {}", number);
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return {Reason::ServiceUnavailable, fmt::format("{}: {}", what, text)};
}

Result<std::optional<std::size_t>> Socket::try_read(std::span<char> buffer) {
  if (watcher_.is_closed()) return closed_error();
  while (true) {
    const ssize_t got = ::recv(watcher_.fd(), buffer.data(), buffer.size(), 0);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (would_block(errno)) return std::nullopt;
    if (errno != EINTR) return socket_error("read", errno);
  }
}

Result<std::size_t> Socket::try_write(std::string_view bytes) {
  if (watcher_.is_closed()) return closed_error();
  while (true) {
    const ssize_t put = ::send(watcher_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put >= 0) return static_cast<std::size_t>(put);
    if (would_block(errno)) return std::size_t{0};
    if (errno != EINTR) return socket_error("write", errno);
  }
}

Task<Result<>> Socket::readable() {
  co_return co_await watcher_.readable();
}

Task<Result<>> Socket::writable() {
  co_return co_await watcher_.writable();
}

Task<Result<>> Socket::shutdown_write() {
  if (watcher_.is_closed()) co_return closed_error();
  if (::shutdown(watcher_.fd(), SHUT_WR) != 0 && errno != ENOTCONN)
    co_return socket_error("shutdown", errno);
  co_return ok();
}

Address Socket::local_address() const {
  sockaddr_storage native{};
  socklen_t size = sizeof native;
  if (::getsockname(watcher_.fd(), reinterpret_cast<sockaddr*>(&native), &size) != 0) return {};
  return Address::from_native(reinterpret_cast<sockaddr*>(&native), size);
}

Address Socket::peer_address() const {
  sockaddr_storage native{};
  socklen_t size = sizeof native;
  if (::getpeername(watcher_.fd(), reinterpret_cast<sockaddr*>(&native), &size) != 0) return {};
  return Address::from_native(reinterpret_cast<sockaddr*>(&native), size);
}

}  // namespace knarr::net
