// SPDX-License-Identifier: Apache-2.0
// Who is calling: the methods in the order in which Kubernetes tries them. A trusted proxy's
// headers, the client's certificate, a bearer token; without any of them the caller is anonymous. A
// certificate or token that is there and bad is refused, whatever else there is to find (BEHAVIOURS
// 166). Any thread.
#pragma once

#include "auth/client_certificate.h"
#include "auth/service_account_token.h"
#include "auth/user.h"
#include "base/result.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace knarr::auth {

struct AuthenticationOptions {
  std::vector<Certificate> client_authorities;
  std::vector<Certificate> request_header_authorities;  // Empty: no proxy is trusted.
  RequestHeaderOptions request_header;
  const TokenAuthenticator* tokens = nullptr;  // Null: no tokens. Outlives the authenticator.
  bool anonymous = true;
};

struct Authenticated {
  User user;                           // With system:authenticated or system:unauthenticated.
  std::vector<std::string> audiences;  // Of a token.
  bool stale_token = false;
};

class RequestAuthenticator {
 public:
  explicit RequestAuthenticator(AuthenticationOptions options);
  ~RequestAuthenticator();
  RequestAuthenticator(const RequestAuthenticator&) = delete;
  RequestAuthenticator& operator=(const RequestAuthenticator&) = delete;

  /// `certificates` is what TLS showed (DER, the peer's own first), `headers` those of the request.
  /// Chains that were good are remembered for ten minutes. Errors: Unauthorized; the message is for
  /// our log, clients get "Unauthorized" and nothing more.
  [[nodiscard]] Result<Authenticated> authenticate(const std::vector<std::string>& certificates,
                                                   const Headers& headers, SystemTime now) const;

 private:
  class VerifiedChains;
  [[nodiscard]] Result<std::optional<User>> by_certificate(
      const std::vector<std::string>& certificates, SystemTime now) const;

  AuthenticationOptions options_;
  CertificateVerifier clients_;
  CertificateVerifier proxies_;
  std::unique_ptr<VerifiedChains> verified_;
};

}  // namespace knarr::auth
