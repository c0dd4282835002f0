// SPDX-License-Identifier: Apache-2.0
// The door of authorization: anything that decides about Attributes, and the chain that asks one
// after the other. Deciding never waits; any thread may ask.
#pragma once

#include "auth/policy_rule.h"
#include "auth/user.h"
#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace knarr::auth {

/// What SelfSubjectRulesReview lists. The rule sets keep the texts alive.
struct RuleList {
  struct Item {
    RuleSetRef set;
    std::size_t index = 0;
    [[nodiscard]] const PolicyRule& rule() const { return set->rules[index]; }
  };
  std::vector<Item> resource_rules;
  std::vector<Item> non_resource_rules;
  bool incomplete = false;
  std::string error;  // "" when everything could be read.
};

class Authorizer {
 public:
  virtual ~Authorizer() = default;
  /// Decides about one request. NoOpinion means that the next in the chain is asked, and that the
  /// request is refused when nobody allows it.
  [[nodiscard]] virtual Verdict authorize(const Attributes& attributes) const = 0;
  /// Adds what a user may do in a namespace to `list`.
  virtual void list_rules(const User& user, std::string_view namespace_, RuleList& list) const = 0;
};

/// Asks members in order; the first Allow or Deny wins. The group system:masters is allowed
/// everything first. Without a decision the reasons are joined by newlines.
/// Members outlive the chain.
class AuthorizerChain final : public Authorizer {
 public:
  explicit AuthorizerChain(std::vector<const Authorizer*> members) : members_(std::move(members)) {}
  [[nodiscard]] Verdict authorize(const Attributes& attributes) const override;
  void list_rules(const User& user, std::string_view namespace_, RuleList& list) const override;

 private:
  std::vector<const Authorizer*> members_;
};

/// OK when allowed, else the 403 of forbidden() with the verdict's error and reason.
Result<> require(const Authorizer& authorizer, const Attributes& attributes);

}  // namespace knarr::auth
