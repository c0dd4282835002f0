// SPDX-License-Identifier: Apache-2.0
// The rules of aggregated ClusterRoles.
#include "auth/rbac.h"

#include <algorithm>

namespace knarr::auth {

namespace {

using object::Value;

bool expression_matches(Value expression, Value labels) {
  const Value label = labels[expression["key"].as_string()];
  const std::string_view op = expression["operator"].as_string();
  if (op == "Exists") return label.exists();
  if (op == "DoesNotExist") return !label.exists();
  bool listed = false;
  for (Value value : expression["values"].items()) {
    listed |= label.exists() && value.as_string() == label.as_string();
  }
  if (op == "In") return listed;
  return op == "NotIn" && !listed;
}

/// An empty selector matches everything.
bool selector_matches(Value selector, Value labels) {
  for (const auto& [key, atom, value] : selector["matchLabels"].entries()) {
    const Value label = labels[key];
    if (!label.exists() || label.as_string() != value.as_string()) return false;
  }
  for (Value expression : selector["matchExpressions"].items()) {
    if (!expression_matches(expression, labels)) return false;
  }
  return true;
}

}  // namespace

std::vector<PolicyRule> aggregate_rules(Value cluster_role,
                                        const std::vector<object::Document>& cluster_roles) {
  std::vector<Value> sorted;
  sorted.reserve(cluster_roles.size());
  for (const object::Document& role : cluster_roles) sorted.push_back(role.root());
  std::sort(sorted.begin(), sorted.end(),
            [](Value a, Value b) { return object::name_of(a) < object::name_of(b); });

  std::vector<PolicyRule> result;
  for (Value selector : cluster_role["aggregationRule"]["clusterRoleSelectors"].items()) {
    for (Value role : sorted) {
      if (object::name_of(role) == object::name_of(cluster_role)) continue;
      if (!selector_matches(selector, role["metadata"]["labels"])) continue;
      for (Value item : role["rules"].items()) {
        PolicyRule rule = read_rule(item);
        if (std::find(result.begin(), result.end(), rule) == result.end()) {
          result.push_back(std::move(rule));
        }
      }
    }
  }
  return result;
}

}  // namespace knarr::auth
