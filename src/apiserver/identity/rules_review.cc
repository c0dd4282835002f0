// SPDX-License-Identifier: Apache-2.0
// SelfSubjectRulesReview: what may I do in a namespace? Source: k8s.io/kubernetes
// pkg/registry/authorization/selfsubjectrulesreview.
#include "apiserver/identity/endpoints.h"
#include "apiserver/identity/review.h"

namespace knarr::apiserver::identity {

using object::Draft;
using object::NodeRef;
namespace atom = object::atom;

namespace {

constexpr ReviewKind kKind{"authorization.k8s.io/v1.SelfSubjectRulesReview",
                           "authorization.k8s.io/v1", "SelfSubjectRulesReview"};

void write_rules(const std::vector<auth::RuleList::Item>& rules, bool paths, NodeRef list) {
  list.set_list();
  for (const auth::RuleList::Item& item : rules) {
    NodeRef out = list.append();
    const auth::PolicyRule& rule = item.rule();
    const auto write = [&](std::string_view field, const std::vector<std::string_view>& texts) {
      if (texts.empty() && field != "verbs") return;
      NodeRef values = out.ensure_list(field);
      for (std::string_view text : texts) values.append_string(text);
    };
    out.set_map();
    write("verbs", rule.verbs);
    if (paths) {
      write("nonResourceURLs", rule.non_resource_urls);
      continue;
    }
    write("apiGroups", rule.api_groups);
    write("resources", rule.resources);
    write("resourceNames", rule.resource_names);
  }
}

class RulesReview final : public SpecialEndpoint {
 public:
  Task<ApiReply> serve(Call* call) override {
    auto reply = co_await review(call);
    if (!reply) co_return failed(*call, std::move(reply).error());
    co_return std::move(*reply);
  }

 private:
  static Task<Result<ApiReply>> review(Call* call) {
    Draft draft = CO_TRY(read_review(*call, kKind));
    if (draft[atom::spec][atom::namespace_].as_string().empty()) {
      co_return Error(Reason::BadRequest, "no namespace on request");
    }
    CO_TRY(co_await admit_review(call, &draft, kKind));
    auth::RuleList list;
    call->parts->authorizer.list_rules(call->request->user,
                                       draft[atom::spec][atom::namespace_].as_string(), list);
    Draft answer;  // Of what was sent nothing comes back.
    NodeRef root = answer.root();
    root.ensure_map("metadata");
    root.ensure_map("spec");
    NodeRef status = root.ensure_map("status");
    write_rules(list.resource_rules, false, status.ensure("resourceRules"));
    write_rules(list.non_resource_rules, true, status.ensure("nonResourceRules"));
    status.set("incomplete", list.incomplete);
    if (!list.error.empty()) status.set("evaluationError", list.error);
    co_return review_reply(*call, answer, kKind);
  }
};

}  // namespace

std::unique_ptr<SpecialEndpoint> make_self_subject_rules_review() {
  return std::make_unique<RulesReview>();
}

}  // namespace knarr::apiserver::identity
