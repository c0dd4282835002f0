// SPDX-License-Identifier: Apache-2.0
// SubjectAccessReview, LocalSubjectAccessReview and SelfSubjectAccessReview: may somebody do this?
// Source: k8s.io/kubernetes pkg/registry/authorization; BEHAVIOURS 85.
#include "api/types.h"
#include "apiserver/identity/access.h"
#include "apiserver/identity/endpoints.h"
#include "apiserver/identity/review.h"
#include "codec/typed.h"

#include <fmt/core.h>

namespace knarr::apiserver::identity {

using object::Document;
using object::Draft;
using object::NodeRef;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr std::string_view kGroup = "authorization.k8s.io";
constexpr std::string_view kVersion = "authorization.k8s.io/v1";
constexpr ReviewKind kAnybody{"authorization.k8s.io/v1.SubjectAccessReview", kVersion,
                              "SubjectAccessReview"};
constexpr ReviewKind kLocal{"authorization.k8s.io/v1.LocalSubjectAccessReview", kVersion,
                            "LocalSubjectAccessReview"};
constexpr ReviewKind kSelf{"authorization.k8s.io/v1.SelfSubjectAccessReview", kVersion,
                           "SelfSubjectAccessReview"};

Result<> check(const ReviewKind& kind, Value review) {
  schema::FieldErrors errors;
  const Value spec = review[atom::spec];
  const bool local = kind.kind == kLocal.kind;
  check_question(spec, errors);
  if (kind.kind != kSelf.kind) check_asked_for(spec, errors);
  check_selectors(spec, errors);
  check_no_metadata(review[atom::metadata], local, errors);
  if (local) check_local(review, errors);
  if (errors.empty()) return ok();
  return std::move(errors).to_error(kGroup, "", "");  // Kubernetes loses the kind here.
}

std::string evaluation_error(const std::string& verdict, const std::string& question) {
  if (verdict.empty()) return question;
  if (question.empty()) return verdict;
  return fmt::format("[{}, {}]", verdict, question);
}

class AccessReview final : public SpecialEndpoint {
 public:
  explicit AccessReview(const ReviewKind& kind) : kind_(kind) {}

  Task<ApiReply> serve(Call* call) override {
    auto reply = co_await review(call);
    if (!reply) co_return failed(*call, std::move(reply).error());
    co_return std::move(*reply);
  }

 private:
  Task<Result<ApiReply>> review(Call* call) {
    Draft draft = CO_TRY(read_review(*call, kind_));
    {
      const Document sent = codec::freeze_typed(draft, api::types().find(kind_.type));
      CO_TRY(check(kind_, sent.root()));
    }
    CO_TRY(co_await admit_review(call, &draft, kind_));
    const Document asked = codec::freeze_typed(draft, api::types().find(kind_.type));
    answer(*call, asked[atom::spec], draft.root().ensure("status"));
    co_return review_reply(*call, draft, kind_);
  }

  void answer(const Call& call, Value spec, NodeRef status) const {
    const auth::User user = kind_.kind == kSelf.kind ? call.request->user : user_of(spec);
    Question question = question_of(spec);
    question.attributes.user = &user;
    const auth::Verdict verdict = call.parts->authorizer.authorize(question.attributes);
    status.set_map();
    status.set("allowed", verdict.allowed());
    if (verdict.decision == auth::Decision::Deny) status.set("denied", true);
    if (!verdict.reason.empty()) status.set("reason", verdict.reason);
    const std::string error = evaluation_error(verdict.error, question.error);
    if (!error.empty()) status.set("evaluationError", error);
  }

  ReviewKind kind_;
};

}  // namespace

std::unique_ptr<SpecialEndpoint> make_subject_access_review() {
  return std::make_unique<AccessReview>(kAnybody);
}
std::unique_ptr<SpecialEndpoint> make_local_subject_access_review() {
  return std::make_unique<AccessReview>(kLocal);
}
std::unique_ptr<SpecialEndpoint> make_self_subject_access_review() {
  return std::make_unique<AccessReview>(kSelf);
}

}  // namespace knarr::apiserver::identity
