// SPDX-License-Identifier: Apache-2.0
// Who sends a request to this server: client certificate, bearer token or nobody; and impersonation.
#pragma once

#include "apiserver/front/http_front.h"
#include "auth/client_certificate.h"
#include "base/clock.h"

#include <memory>

namespace knarr::server {

class Authentication final : public apiserver::FrontAuthenticator {
 public:
  Authentication(auth::CertificateVerifier verifier, const auth::Authorizer& authorizer, Clock& clock)
      : verifier_(std::move(verifier)), authorizer_(authorizer), clock_(clock) {}

  Task<Result<auth::User>> authenticate(const net::HttpRequest* request) override;
  Task<Result<auth::User>> impersonate(const net::HttpRequest* request, auth::User user,
                                       const apiserver::RequestInfo* info) override;

 private:
  auth::CertificateVerifier verifier_;
  const auth::Authorizer& authorizer_;
  Clock& clock_;
};

}  // namespace knarr::server
