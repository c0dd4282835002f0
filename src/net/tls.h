// SPDX-License-Identifier: Apache-2.0
// TLS 1.2 and 1.3 over any Stream. Contexts are made once, hold keys and authorities, and are
// shared between connections and threads; a server's can be reloaded when its certificate is
// renewed.
#pragma once

#include "base/result.h"
#include "base/task.h"
#include "net/stream.h"

#include <memory>
#include <string>
#include <vector>

namespace knarr::net {

struct TlsServerConfig {
  /// PEM, leaf first.
  std::string certificate;
  std::string key;
  /// PEM. When not empty, clients are asked for a certificate. None or a bad one does not end the
  /// handshake: TlsInfo::verify_error tells, so that authentication can answer 401.
  std::string client_ca;
  /// In order of preference. BEHAVIOURS 1.
  std::vector<std::string> alpn = {"h2", "http/1.1"};
};

class TlsServerContext {
 public:
  /// Errors: Invalid (bad PEM, key and certificate do not match).
  [[nodiscard]] static Result<std::shared_ptr<TlsServerContext>> create(
      const TlsServerConfig& config);
  virtual ~TlsServerContext() = default;
  /// New connections use the new configuration. Any thread. Errors: Invalid; the old one then
  /// stays.
  virtual Result<> reload(const TlsServerConfig& config) = 0;
};

struct TlsClientConfig {
  /// PEM of the only authorities to trust; empty: the system's.
  std::string ca;
  /// PEM; empty: none is shown.
  std::string certificate;
  std::string key;
  std::vector<std::string> alpn = {"h2", "http/1.1"};
  /// Takes any certificate. TlsInfo::peer_certificates lets the caller pin.
  bool insecure_skip_verify = false;
};

class TlsClientContext {
 public:
  /// Errors: Invalid.
  [[nodiscard]] static Result<std::shared_ptr<TlsClientContext>> create(
      const TlsClientConfig& config);
  virtual ~TlsClientContext() = default;
};

/// Shakes hands as the server. A client that speaks plain HTTP gets Go's 400 answer. Errors:
/// BadRequest (what the peer sent is not good TLS), ServiceUnavailable, Cancelled. Bound it with
/// with_deadline().
[[nodiscard]] Task<Result<std::unique_ptr<Stream>>> tls_accept(
    std::shared_ptr<TlsServerContext> context, std::unique_ptr<Stream> stream);

/// Shakes hands as the client. `server_name` (a DNS name or an IP address) is sent and checked.
/// Errors: ServiceUnavailable, in Go's words where it has some ("x509: certificate signed by
/// unknown authority"); Cancelled.
[[nodiscard]] Task<Result<std::unique_ptr<Stream>>> tls_connect(
    std::shared_ptr<TlsClientContext> context, std::unique_ptr<Stream> stream,
    std::string server_name);

}  // namespace knarr::net
