// SPDX-License-Identifier: Apache-2.0
// What the endpoints for reviews share. A review is read like an object to be created, passes
// admission, is answered and forgotten. Private to identity/.
#pragma once

#include "apiserver/api_server.h"
#include "apiserver/endpoints/endpoint.h"
#include "auth/user.h"
#include "object/draft.h"

#include <string_view>

namespace knarr::apiserver::identity {

/// What a POST is made of; the texts are literals.
struct ReviewKind {
  std::string_view type;  // "authentication.k8s.io/v1.TokenReview"
  std::string_view api_version;
  std::string_view kind;
};

/// The body as a draft of the kind: decoded, defaulted, its namespace that of the request and its
/// fields tracked. Errors: BadRequest, UnsupportedMediaType.
Result<object::Draft> read_review(Call& call, const ReviewKind& kind);
/// Runs admission on the draft.
Task<Result<>> admit_review(Call* call, object::Draft* draft, ReviewKind kind);
/// 201 with the draft as it is now.
ApiReply review_reply(Call& call, object::Draft& draft, const ReviewKind& kind);

/// Writes a user as the API's UserInfo.
void write_user(const auth::User& user, object::NodeRef to);

}  // namespace knarr::apiserver::identity
