// SPDX-License-Identifier: Apache-2.0
// The chain of authorizers, and the check that most callers want.
#include "auth/authorizer.h"

#include <fmt/core.h>

namespace knarr::auth {

Verdict AuthorizerChain::authorize(const Attributes& attributes) const {
  if (attributes.user->in_group(kMastersGroup)) return {Decision::Allow, "", ""};
  Verdict result;
  for (const Authorizer* member : members_) {
    Verdict verdict = member->authorize(attributes);
    if (!verdict.error.empty()) {
      if (!result.error.empty()) result.error += ", ";
      result.error += verdict.error;
    }
    if (verdict.decision != Decision::NoOpinion) {
      verdict.error = std::move(result.error);
      return verdict;
    }
    if (verdict.reason.empty()) continue;
    if (!result.reason.empty()) result.reason += '\n';
    result.reason += verdict.reason;
  }
  return result;
}

void AuthorizerChain::list_rules(const User& user, std::string_view namespace_,
                                 RuleList& list) const {
  for (const Authorizer* member : members_) member->list_rules(user, namespace_, list);
}

Result<> require(const Authorizer& authorizer, const Attributes& attributes) {
  const Verdict verdict = authorizer.authorize(attributes);
  if (verdict.allowed()) return ok();
  std::string reason = verdict.error;
  if (!reason.empty() && !verdict.reason.empty()) reason += ": ";
  return forbidden(attributes, reason + verdict.reason);
}

}  // namespace knarr::auth
