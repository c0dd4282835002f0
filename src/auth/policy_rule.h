// SPDX-License-Identifier: Apache-2.0
// Policy rules: what a Role or ClusterRole allows. Matching a request, covering other rules
// (privilege escalation), and printing, exactly as Kubernetes does it. Pure; any thread.
// Source: k8s.io/kubernetes pkg/registry/rbac/validation, pkg/apis/rbac/v1/evaluation_helpers.
#pragma once

#include "auth/user.h"
#include "object/document.h"
#include "object/draft.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::auth {

/// One rule. Its texts are borrowed: from the Document of the RuleSet around it, or static.
struct PolicyRule {
  std::vector<std::string_view> verbs;
  std::vector<std::string_view> api_groups;
  std::vector<std::string_view> resources;  // "pods", "pods/log", "*/scale", "*"
  std::vector<std::string_view> resource_names;
  std::vector<std::string_view> non_resource_urls;

  friend bool operator==(const PolicyRule&, const PolicyRule&) = default;
};

/// The rules of one role, with the document their texts live in. Immutable, shared.
struct RuleSet {
  object::Document owner;
  std::vector<PolicyRule> rules;
};
using RuleSetRef = std::shared_ptr<const RuleSet>;

/// Reads `rules` of a Role or ClusterRole; what is not a list of texts counts as empty.
RuleSetRef read_rules(object::Document role);
/// Reads one entry of `rules`. Borrows from its document.
PolicyRule read_rule(object::Value rule);
/// Writes a rule as an object, in the order of the API's fields, empty lists left out.
void write_rule(const PolicyRule& rule, object::NodeRef to);

/// Whether a rule allows a request.
bool rule_allows(const PolicyRule& rule, const Attributes& attributes);

/// The parts of `wanted` that `owned` does not cover; empty when it covers all. Each rule that
/// comes back is about one verb of one resource (and name) or path. Borrows from `wanted`.
std::vector<PolicyRule> uncovered(const std::vector<PolicyRule>& owned,
                                  const std::vector<PolicyRule>& wanted);

/// Merges rules about the same single resource into one with all their verbs; order of first
/// appearance.
std::vector<PolicyRule> compact(const std::vector<PolicyRule>& rules);

/// `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`
std::string to_string(const PolicyRule& rule);

}  // namespace knarr::auth
