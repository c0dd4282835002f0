// SPDX-License-Identifier: Apache-2.0
// serviceaccounts/token: makes a token (BEHAVIOURS 81). Source: k8s.io/kubernetes
// pkg/registry/core/serviceaccount/storage/token.go.
#include "apiserver/identity/endpoints.h"
#include "apiserver/identity/review.h"
#include "apiserver/registry/metadata.h"
#include "schema/field_error.h"

namespace knarr::apiserver::identity {

using object::Draft;
using object::NodeRef;
namespace atom = object::atom;

namespace {

constexpr ReviewKind kKind{"authentication.k8s.io/v1.TokenRequest", "authentication.k8s.io/v1",
                           "TokenRequest"};

auth::TokenRequest request_of(const RequestInfo& info, NodeRef object) {
  NodeRef spec = object[atom::spec];
  auth::TokenRequest request{.namespace_ = info.namespace_,
                             .service_account = info.name,
                             .audiences = {},
                             .expiration_seconds = spec[atom::expirationSeconds].as_int(),
                             .bound_object = {}};
  for (NodeRef audience : spec[atom::audiences].items()) {
    request.audiences.emplace_back(audience.as_string());
  }
  if (NodeRef bound = spec[atom::boundObjectRef]; bound.is_map()) {
    request.bound_object = auth::BoundObject{std::string(bound[atom::kind].as_string()),
                                             std::string(bound[atom::apiVersion].as_string()),
                                             std::string(bound[atom::name].as_string()),
                                             std::string(bound[atom::uid].as_string())};
  }
  return request;
}

class TokenRequest final : public SpecialEndpoint {
 public:
  TokenRequest(const auth::TokenIssuer& issuer, std::vector<std::string> audiences)
      : issuer_(issuer), audiences_(std::move(audiences)) {}

  Task<ApiReply> serve(Call* call) override {
    auto reply = co_await create(call);
    if (!reply) co_return failed(*call, std::move(reply).error());
    co_return std::move(*reply);
  }

 private:
  Task<Result<ApiReply>> create(Call* call) {
    Draft draft = CO_TRY(read_review(*call, kKind));
    // Before anything is filled in: kubelets may leave the audience out.
    CO_TRY(co_await admit_review(call, &draft, kKind));
    CO_TRY(check_name(call->info(), draft.root()));
    Registry& registry = call->parts->registry;
    const SystemTime now = registry.clock().system_now();
    fill(call->info(), draft.root(), now);
    // The account is looked up behind admission, which tells of a namespace there is not.
    const object::Document account =
        CO_TRY(registry.get(call->collection(), call->info().namespace_, call->info().name));
    NodeRef root = draft.root();
    root["metadata"].set("uid", object::uid_of(account.root()));
    const auth::IssuedToken issued = CO_TRY(issuer_.issue(request_of(call->info(), root), now));
    NodeRef status = root.ensure("status");
    status.set_map();
    status.set("token", issued.token);
    status.set("expirationTimestamp", time_text(issued.expires));
    co_return review_reply(*call, draft, kKind);
  }

  static Result<> check_name(const RequestInfo& info, NodeRef object) {
    const std::string_view name = object["metadata"][atom::name].as_string();
    if (name.empty() || name == info.name) return ok();
    schema::FieldErrors errors;
    const schema::FieldPath metadata("metadata");
    errors.invalid(metadata.child("name"), name, "must match the service account name if specified");
    return std::move(errors).to_error("authentication.k8s.io", "TokenRequest", info.name);
  }

  void fill(const RequestInfo& info, NodeRef object, SystemTime now) const {
    NodeRef metadata = object["metadata"];
    metadata.set("name", info.name);
    metadata.set("creationTimestamp", time_text(now));
    NodeRef spec = object.ensure_map("spec");
    if (spec[atom::audiences].empty()) {
      NodeRef list = spec.ensure_list("audiences");
      for (const std::string& audience : audiences_) list.append_string(audience);
    }
  }

  const auth::TokenIssuer& issuer_;
  std::vector<std::string> audiences_;
};

}  // namespace

std::unique_ptr<SpecialEndpoint> make_token_request(const IdentityParts& parts) {
  return std::make_unique<TokenRequest>(parts.tokens, parts.api_audiences);
}

}  // namespace knarr::apiserver::identity
