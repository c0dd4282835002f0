// SPDX-License-Identifier: Apache-2.0
// The order: client certificate, bearer token, anonymous (BEHAVIOURS 166).
#include "server/authentication.h"

namespace knarr::server {

Task<Result<auth::User>> Authentication::authenticate(const net::HttpRequest* request) {
  const auto& tls = request->peer->tls;
  if (tls != nullptr && !tls->peer_certificates.empty()) {
    const auth::Certificate leaf =
        CO_TRY(verifier_.verify(tls->peer_certificates, clock_.system_now()));
    if (auto user = auth::user_of(leaf)) {
      auth::add_authenticated_group(*user);
      co_return std::move(*user);
    }
  }
  if (auto header = request->headers.get("Authorization")) {
    if (auth::bearer_token(*header)) co_return Error(Reason::Unauthorized, "Unauthorized");
  }
  co_return auth::anonymous_user();
}

Task<Result<auth::User>> Authentication::impersonate(const net::HttpRequest* request,
                                                     auth::User user,
                                                     const apiserver::RequestInfo*) {
  (void)request;
  co_return user;
}

}  // namespace knarr::server
