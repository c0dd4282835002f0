// SPDX-License-Identifier: Apache-2.0
// Who sends a request to this server, and as whom it is to run: auth's authenticator and
// impersonation behind the front door's interface; and what service account tokens refer to, looked
// up in memory.
#pragma once

#include "apiserver/front/http_front.h"
#include "auth/authentication.h"
#include "auth/impersonation.h"
#include "auth/service_account_token.h"
#include "base/clock.h"

#include <memory>

namespace knarr::server {

class Authentication final : public apiserver::FrontAuthenticator {
 public:
  Authentication(auth::AuthenticationOptions options, const auth::Authorizer& authorizer, Clock& clock)
      : authenticator_(std::move(options)), impersonator_(authorizer), clock_(clock) {}

  Task<Result<auth::User>> authenticate(const net::HttpRequest* request) override;
  Task<Result<auth::User>> impersonate(const net::HttpRequest* request, auth::User user,
                                       const apiserver::RequestInfo* info) override;

 private:
  auth::RequestAuthenticator authenticator_;
  auth::Impersonator impersonator_;
  Clock& clock_;
};

/// Service accounts, pods, secrets and nodes in memory, for the checks of bound tokens.
class MemoryTokenSubjects final : public auth::TokenSubjects {
 public:
  explicit MemoryTokenSubjects(apiserver::Registry& registry) : registry_(registry) {}
  [[nodiscard]] std::optional<auth::TokenSubject> find(auth::TokenObject kind,
                                                       std::string_view namespace_,
                                                       std::string_view name) const override;

 private:
  apiserver::Registry& registry_;
};

/// Makes and checks the tokens of service accounts with the key of this server.
class ServiceAccountTokens {
 public:
  /// Errors: BadRequest for a key that cannot sign tokens. Both outlive the result.
  static Result<std::unique_ptr<ServiceAccountTokens>> create(const auth::PrivateKey& key,
                                                              apiserver::Registry& registry,
                                                              Rng& rng);

  [[nodiscard]] const auth::TokenKeys& keys() const { return keys_; }
  [[nodiscard]] const auth::TokenIssuer& issuer() const { return issuer_; }
  [[nodiscard]] const auth::TokenAuthenticator& authenticator() const { return authenticator_; }

 private:
  ServiceAccountTokens(auth::TokenKeys keys, apiserver::Registry& registry, Rng& rng)
      : keys_(std::move(keys)),
        subjects_(registry),
        issuer_({}, keys_, subjects_, rng),
        authenticator_({}, keys_, subjects_) {}

  auth::TokenKeys keys_;
  MemoryTokenSubjects subjects_;
  auth::TokenIssuer issuer_;
  auth::TokenAuthenticator authenticator_;
};

}  // namespace knarr::server
