// SPDX-License-Identifier: Apache-2.0
// Stream: bytes both ways, whatever carries them (TCP, TLS, a unix socket, a pipe in this process).
// Listener: where streams come from. All are used on their loop's thread, by one reader and one
// writer at a time; close() them and wait for both before the end of the object.
#pragma once

#include "base/result.h"
#include "base/task.h"
#include "net/address.h"
#include "net/loop.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace knarr::net {

/// What TLS says about a connection.
struct TlsInfo {
  std::string version;      // "TLSv1.3"
  std::string alpn;         // "h2", "http/1.1" or "".
  std::string server_name;  // What the client asked for.
  /// DER, leaf first; empty when the peer showed none.
  std::vector<std::string> peer_certificates;
  /// Empty: the peer's chain was checked against our CAs and is good. Else why not, for a 401.
  std::string verify_error;
};

class Stream {
 public:
  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  virtual ~Stream() = default;

  /// Reads what is there, at least one byte; 0 is the end. `buffer` stays good until it returns.
  /// Errors: ServiceUnavailable (the connection failed or was closed), Cancelled.
  Task<Result<std::size_t>> read(std::span<char> buffer);
  /// Writes all pieces, which stay good until it returns. Errors as read().
  Task<Result<>> write(std::span<const std::string_view> pieces);
  Task<Result<>> write(std::string_view bytes);

  /// Reads without waiting: nullopt when nothing is there yet, 0 at the end.
  virtual Result<std::optional<std::size_t>> try_read(std::span<char> buffer) = 0;
  /// Writes what fits without waiting; gives how much.
  virtual Result<std::size_t> try_write(std::string_view bytes) = 0;
  /// After a try that gave nothing: waits until another may succeed (bytes that TLS holds already
  /// do not wake it). Errors: Cancelled.
  virtual Task<Result<>> readable() = 0;
  virtual Task<Result<>> writable() = 0;

  /// Tells the peer that no more comes; reading goes on.
  virtual Task<Result<>> shutdown_write() = 0;
  /// Ends both directions at once; pending reads and writes fail. Again does nothing.
  virtual void close() = 0;

  [[nodiscard]] virtual Address local_address() const = 0;
  [[nodiscard]] virtual Address peer_address() const = 0;
  /// nullptr without TLS.
  [[nodiscard]] virtual std::shared_ptr<const TlsInfo> tls() const { return nullptr; }
  [[nodiscard]] virtual Loop& loop() const = 0;
};

/// The error of a stream that was closed on this side.
[[nodiscard]] Error closed_error();

/// Two ends in memory; each holds back its writer at `capacity_bytes`. Both live on `loop`.
[[nodiscard]] std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> make_pipe(
    Loop& loop, std::size_t capacity_bytes = std::size_t{64} << 10);

/// Connects a TCP or unix socket. Errors: ServiceUnavailable, in the words of connect(2);
/// Cancelled. Bound it with with_deadline().
[[nodiscard]] Task<Result<std::unique_ptr<Stream>>> connect(Loop& loop, Address address);

class Listener {
 public:
  Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  virtual ~Listener() = default;

  /// The next connection. Errors: Cancelled, Gone once closed.
  virtual Task<Result<std::unique_ptr<Stream>>> accept() = 0;
  virtual void close() = 0;
  /// With the port that was chosen when 0 was asked for.
  [[nodiscard]] virtual Address address() const = 0;
};

struct ListenOptions {
  int backlog = 1024;
  /// Mode of a unix socket's file.
  unsigned mode = 0600;
};

/// Listens on TCP ("[::]" takes IPv4 too) or on a unix socket, whose stale file is replaced.
/// Errors: ServiceUnavailable, in the words of bind(2).
[[nodiscard]] Result<std::unique_ptr<Listener>> listen(Loop& loop, const Address& address,
                                                       ListenOptions options = {});

}  // namespace knarr::net
