// SPDX-License-Identifier: Apache-2.0
// SelfSubjectReview: who am I? What the client sends is checked and otherwise ignored.
// Source: k8s.io/kubernetes pkg/registry/authentication/selfsubjectreview.
#include "apiserver/identity/endpoints.h"
#include "apiserver/identity/review.h"
#include "apiserver/registry/metadata.h"

namespace knarr::apiserver::identity {

using object::Draft;

namespace {

constexpr ReviewKind kKind{"authentication.k8s.io/v1.SelfSubjectReview",
                           "authentication.k8s.io/v1", "SelfSubjectReview"};

class SelfSubjectReview final : public SpecialEndpoint {
 public:
  Task<ApiReply> serve(Call* call) override {
    auto reply = co_await review(call);
    if (!reply) co_return failed(*call, std::move(reply).error());
    co_return std::move(*reply);
  }

 private:
  static Task<Result<ApiReply>> review(Call* call) {
    Draft sent = CO_TRY(read_review(*call, kKind));
    CO_TRY(co_await admit_review(call, &sent, kKind));
    Draft answer;
    answer.root().ensure_map("metadata").set(
        "creationTimestamp", time_text(call->parts->registry.clock().system_now()));
    write_user(call->request->user, answer.root().ensure_map("status").ensure("userInfo"));
    co_return review_reply(*call, answer, kKind);
  }
};

}  // namespace

std::unique_ptr<SpecialEndpoint> make_self_subject_review() {
  return std::make_unique<SelfSubjectReview>();
}

}  // namespace knarr::apiserver::identity
