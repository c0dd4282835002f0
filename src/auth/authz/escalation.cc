// SPDX-License-Identifier: Apache-2.0
// Nobody may give away what they do not have: the checks on writing roles and bindings.
#include "auth/rbac.h"
#include "object/equality.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace knarr::auth {

namespace {

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

Error refuse(std::string_view resource, std::string_view name, std::string_view why) {
  return Error(Reason::Forbidden,
               fmt::format("{}.{} {} is forbidden: {}", resource, kGroup, quoted(name), why))
      .with_details({std::string(kGroup), std::string(resource), std::string(name), ""});
}

/// What of `wanted` the user lacks, as the text of a refusal; "" when nothing.
std::string missing_rights(const RbacAuthorizer& rbac, const User& user,
                           std::string_view namespace_, const std::vector<PolicyRule>& wanted) {
  RuleList held;
  rbac.list_rules(user, namespace_, held);
  std::vector<PolicyRule> owned;
  for (const RuleList::Item& item : held.resource_rules) owned.push_back(item.rule());
  for (const RuleList::Item& item : held.non_resource_rules) owned.push_back(item.rule());
  const std::vector<PolicyRule> missing = uncovered(owned, wanted);
  if (missing.empty()) return {};

  std::set<std::string> lines;
  for (const PolicyRule& rule : compact(missing)) lines.insert(to_string(rule));
  std::string text = fmt::format(
      "user {} (groups={}) is attempting to grant RBAC permissions not currently held:\n{}",
      quoted(user.name), quoted_list(user.groups), fmt::join(lines, "\n"));
  if (!held.error.empty()) text += fmt::format("; resolution errors: [{}]", held.error);
  return text;
}

bool may(const Authorizer& authorizer, const User& user, std::string_view verb,
         std::string_view namespace_, bool cluster_role, std::string_view name) {
  const Attributes question{.user = &user,
                            .verb = std::string(verb),
                            .group = std::string(kGroup),
                            .version = "*",
                            .resource = cluster_role ? "clusterroles" : "roles",
                            .name = std::string(name),
                            .namespace_ = std::string(namespace_)};
  return authorizer.authorize(question).allowed();
}

bool same_list(object::Value a, object::Value b) {
  return (a.empty() && b.empty()) || object::equal(a, b);
}

bool has_aggregation(object::Value role) {
  return role["aggregationRule"].is_map();
}

bool same_aggregation(object::Value a, object::Value b) {
  if (!has_aggregation(a) && !has_aggregation(b)) return true;
  return object::equal(a["aggregationRule"], b["aggregationRule"]);
}

/// Everything there is: what an aggregationRule may come to give.
const std::vector<PolicyRule>& full_authority() {
  static const std::vector<PolicyRule> rules{{{"*"}, {"*"}, {"*"}, {}, {}},
                                             {{"*"}, {}, {}, {}, {"*"}}};
  return rules;
}

}  // namespace

Result<> check_role_write(const RbacAuthorizer& rbac, const Authorizer& authorizer,
                          const RoleWrite& write) {
  const User& user = *write.user;
  if (user.in_group(kMastersGroup)) return ok();
  const bool cluster = write.namespace_.empty();
  const std::string_view resource = cluster ? "clusterroles" : "roles";
  if (may(authorizer, user, "escalate", write.namespace_, cluster, write.request_name)) return ok();
  if (write.old.exists() && same_list(write.role["rules"], write.old["rules"]) &&
      same_aggregation(write.role, write.old)) {
    return ok();
  }

  std::vector<PolicyRule> wanted;
  for (object::Value rule : write.role["rules"].items()) wanted.push_back(read_rule(rule));
  const std::string missing = missing_rights(rbac, user, write.namespace_, wanted);
  if (!missing.empty()) return refuse(resource, write.name, missing);

  if (cluster && has_aggregation(write.role) &&
      !missing_rights(rbac, user, "", full_authority()).empty()) {
    return refuse(resource, write.name,
                  "must have cluster-admin privileges to use the aggregationRule");
  }
  return ok();
}

Result<> check_binding_write(const RbacAuthorizer& rbac, const Authorizer& authorizer,
                             const BindingWrite& write) {
  const User& user = *write.user;
  if (user.in_group(kMastersGroup)) return ok();
  if (write.old.exists() && object::equal(write.binding["roleRef"], write.old["roleRef"]) &&
      same_list(write.binding["subjects"], write.old["subjects"])) {
    return ok();
  }
  const std::string_view resource =
      write.namespace_.empty() ? "clusterrolebindings" : "rolebindings";
  const std::string_view role = write.binding["roleRef"]["name"].as_string();
  const bool to_cluster_role = write.binding["roleRef"]["kind"].as_string() != "Role";
  if (may(authorizer, user, "bind", write.namespace_, to_cluster_role, role)) return ok();

  const RuleSetRef rules = rbac.role_rules(to_cluster_role ? "" : write.namespace_, role);
  if (rules == nullptr) {
    return Error(Reason::NotFound,
                 fmt::format("{}.{} {} not found", resource, kGroup, quoted(role)))
        .with_details({std::string(kGroup), std::string(resource), std::string(role), ""});
  }
  const std::string missing = missing_rights(rbac, user, write.namespace_, rules->rules);
  return missing.empty() ? ok() : Result<>(refuse(resource, write.name, missing));
}

}  // namespace knarr::auth
