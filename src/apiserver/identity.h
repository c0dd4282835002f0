// SPDX-License-Identifier: Apache-2.0
// The endpoints about who somebody is and what they may do: token and access reviews, tokens of
// service accounts, and the documents by which others check such tokens (BEHAVIOURS 81-85).
// Nothing of it is stored.
#pragma once

#include "apiserver/api_server.h"
#include "auth/service_account_token.h"
#include "base/clock.h"

#include <string>

namespace knarr::apiserver {

/// All outlive the server.
struct IdentityParts {
  const auth::TokenKeys& keys;
  const auth::TokenIssuer& tokens;
  const auth::TokenAuthenticator& authenticator;
  std::vector<std::string> api_audiences = {std::string(auth::kDefaultIssuer)};
  std::string issuer = std::string(auth::kDefaultIssuer);
  std::string jwks_uri;  // "https://10.0.0.1:6443/openid/v1/jwks"
};

/// Adds TokenReview, SelfSubjectReview, the access reviews, serviceaccounts/token, and the paths
/// /openid/v1/jwks and /.well-known/openid-configuration.
void add_identity_endpoints(ApiServer& server, const IdentityParts& parts);

}  // namespace knarr::apiserver
