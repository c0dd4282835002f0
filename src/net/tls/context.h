// SPDX-License-Identifier: Apache-2.0
// What tls_stream.cc needs to see of the contexts.
#pragma once

#include "net/tls.h"
#include "net/tls/openssl.h"

#include <mutex>

namespace knarr::net {

/// Shared with the connections made from it, so that a reload does not disturb them.
using SharedSslCtx = std::shared_ptr<SSL_CTX>;

class ServerContext final : public TlsServerContext {
 public:
  ServerContext(SharedSslCtx native)
      : native_(std::move(native)) {}  // NOLINT(google-explicit-constructor)
  Result<> reload(const TlsServerConfig& config) override;
  [[nodiscard]] SharedSslCtx native() const {
    std::lock_guard lock(mutex_);
    return native_;
  }

 private:
  mutable std::mutex mutex_;
  SharedSslCtx native_;
};

class ClientContext final : public TlsClientContext {
 public:
  ClientContext(UniqueSslCtx native, bool verify) : native_(std::move(native)), verify_(verify) {}
  [[nodiscard]] SSL_CTX* native() const { return native_.get(); }
  [[nodiscard]] bool verifies() const { return verify_; }

 private:
  UniqueSslCtx native_;
  bool verify_;
};

}  // namespace knarr::net
