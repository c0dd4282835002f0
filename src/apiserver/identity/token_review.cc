// SPDX-License-Identifier: Apache-2.0
// TokenReview: whose token is this, and for whom? Source: k8s.io/kubernetes
// pkg/registry/authentication/tokenreview.
#include "apiserver/identity/endpoints.h"
#include "apiserver/identity/review.h"

namespace knarr::apiserver::identity {

using object::Draft;
using object::NodeRef;
namespace atom = object::atom;

namespace {

constexpr ReviewKind kKind{"authentication.k8s.io/v1.TokenReview", "authentication.k8s.io/v1",
                           "TokenReview"};

class TokenReview final : public SpecialEndpoint {
 public:
  explicit TokenReview(const auth::TokenAuthenticator& authenticator)
      : authenticator_(authenticator) {}

  Task<ApiReply> serve(Call* call) override {
    auto reply = co_await review(call);
    if (!reply) co_return failed(*call, std::move(reply).error());
    co_return std::move(*reply);
  }

 private:
  Task<Result<ApiReply>> review(Call* call) {
    Draft draft = CO_TRY(read_review(*call, kKind));
    const std::string token(draft[atom::spec][atom::token].as_string());
    if (token.empty()) {
      co_return Error(Reason::BadRequest, "token is required for TokenReview in authentication");
    }
    CO_TRY(co_await admit_review(call, &draft, kKind));
    answer(token, draft.root(), call->parts->registry.clock().system_now());
    co_return review_reply(*call, draft, kKind);
  }

  // A refused token leaves status.user as it was sent, as Kubernetes does.
  void answer(std::string_view token, NodeRef review, SystemTime now) const {
    std::vector<std::string> audiences;
    for (NodeRef audience : review[atom::spec][atom::audiences].items()) {
      audiences.emplace_back(audience.as_string());
    }
    NodeRef status = review.ensure_map("status");
    status.set("authenticated", false);
    auto verdict = authenticator_.authenticate(token, audiences, now);
    if (!verdict || !*verdict) {
      const std::string why = verdict ? std::string() : verdict.error().message();
      status.set("error", auth::token_review_error(why));
      return;
    }
    auth::User user = (*verdict)->user;
    auth::add_authenticated_group(user);
    status.set("authenticated", true);
    write_user(user, status.ensure("user"));
    NodeRef list = status.ensure("audiences");
    list.set_list();
    for (const std::string& audience : (*verdict)->audiences) list.append_string(audience);
  }

  const auth::TokenAuthenticator& authenticator_;
};

}  // namespace

std::unique_ptr<SpecialEndpoint> make_token_review(const IdentityParts& parts) {
  return std::make_unique<TokenReview>(parts.authenticator);
}

}  // namespace knarr::apiserver::identity
