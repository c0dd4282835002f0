// SPDX-License-Identifier: Apache-2.0
// Connecting and listening.
#include "net/socket/socket.h"

#include <cerrno>
#include <cstddef>
#include <cstring>

#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace knarr::net {
namespace {

using namespace std::chrono_literals;

struct NativeAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Result<NativeAddress> to_native(const Address& address) {
  NativeAddress native;
  if (address.kind() == Address::Kind::Unix) {
    auto* un = reinterpret_cast<sockaddr_un*>(&native.storage);
    if (address.path().size() >= sizeof un->sun_path) {
      return Error(Reason::Invalid, fmt::format("socket path {} is too long", address.path()));
    }
    un->sun_family = AF_UNIX;
    std::memcpy(un->sun_path, address.path().data(), address.path().size());
    native.size =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.path().size() + 1);
    return native;
  }
  if (!address.is_ip()) return Error(Reason::Invalid, "address is neither TCP nor a unix socket");
  if (address.ip().is_v4()) {
    auto* in = reinterpret_cast<sockaddr_in*>(&native.storage);
    in->sin_family = AF_INET;
    in->sin_port = htons(address.port());
    std::memcpy(&in->sin_addr, address.ip().bytes().data(), 4);
    native.size = sizeof *in;
  } else {
    auto* in = reinterpret_cast<sockaddr_in6*>(&native.storage);
    in->sin6_family = AF_INET6;
    in->sin6_port = htons(address.port());
    std::memcpy(&in->sin6_addr, address.ip().bytes().data(), 16);
    native.size = sizeof *in;
  }
  return native;
}

void set_option(int fd, int level, int name, int value) {
  // These tune; a socket without them works.
  (void)::setsockopt(fd, level, name, &value, sizeof value);
}

// As Go's net: no Nagle, keep-alive probes after 15 s, so that a dead peer is noticed.
void tune_tcp(int fd) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 15);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 15);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 9);
}

class SocketListener final : public Listener {
 public:
  SocketListener(Loop& loop, UniqueFd fd, Address address)
      : watcher_(loop, std::move(fd)), address_(std::move(address)) {}
  ~SocketListener() override { close(); }

  Task<Result<std::unique_ptr<Stream>>> accept() override {
    while (true) {
      if (watcher_.is_closed()) co_return Error(Reason::Gone, "listener is closed");
      UniqueFd fd(::accept4(watcher_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (fd.is_open()) {
        if (address_.is_ip()) tune_tcp(fd.get());
        co_return std::make_unique<Socket>(watcher_.loop(), std::move(fd));
      }
      if (errno == EAGAIN || errno == EWOULDBLOCK) {
        CO_TRY(co_await watcher_.readable());
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        // Out of descriptors: wait for some to close rather than spin.
        CO_TRY(co_await watcher_.loop().sleep(100ms));
      }  // Else the connection failed before we took it, or we were interrupted: the next one.
    }
  }

  void close() override {
    if (watcher_.is_closed()) return;
    watcher_.close();
    if (address_.kind() == Address::Kind::Unix) ::unlink(address_.path().c_str());
  }

  [[nodiscard]] Address address() const override { return address_; }

 private:
  FdWatcher watcher_;
  Address address_;
};

// A socket file that nobody listens on is a leftover of a crash.
bool is_stale(const NativeAddress& native) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return ::connect(probe.get(), native.get(), native.size) != 0 && errno == ECONNREFUSED;
}

}  // namespace

Task<Result<std::unique_ptr<Stream>>> connect(Loop& loop, Address address) {
  const NativeAddress native = CO_TRY(to_native(address));
  const std::string what = fmt::format("dial {}", address.to_string());
  UniqueFd fd(::socket(native.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.is_open()) co_return socket_error(what, errno);
  if (address.is_ip()) tune_tcp(fd.get());
  const int raw = fd.get();
  auto socket = std::make_unique<Socket>(loop, std::move(fd));
  if (::connect(raw, native.get(), native.size) == 0) co_return socket;
  if (errno != EINPROGRESS) co_return socket_error(what, errno);
  while (true) {
    CO_TRY(co_await socket->watcher().writable());
    int failure = 0;
    socklen_t size = sizeof failure;
    if (::getsockopt(raw, SOL_SOCKET, SO_ERROR, &failure, &size) != 0) failure = errno;
    if (failure != 0) co_return socket_error(what, failure);
    if (socket->peer_address().kind() != Address::Kind::None) co_return socket;
  }
}

Result<std::unique_ptr<Listener>> listen(Loop& loop, const Address& address,
                                         ListenOptions options) {
  const NativeAddress native = TRY(to_native(address));
  const std::string what = fmt::format("listen on {}", address.to_string());
  UniqueFd fd(::socket(native.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.is_open()) return socket_error(what, errno);
  const bool is_unix = address.kind() == Address::Kind::Unix;
  if (is_unix) {
    if (is_stale(native)) ::unlink(address.path().c_str());
  } else {
    set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    if (address.ip().is_v6())
      set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, address.ip().is_unspecified() ? 0 : 1);
  }
  if (::bind(fd.get(), native.get(), native.size) != 0) return socket_error(what, errno);
  if (is_unix && ::chmod(address.path().c_str(), options.mode) != 0)
    return socket_error(what, errno);
  if (::listen(fd.get(), options.backlog) != 0) return socket_error(what, errno);
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  Address actual = address;
  if (!is_unix && ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0) {
    actual = Address::from_native(reinterpret_cast<sockaddr*>(&bound), size);
  }
  return std::make_unique<SocketListener>(loop, std::move(fd), std::move(actual));
}

}  // namespace knarr::net
