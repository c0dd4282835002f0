// SPDX-License-Identifier: Apache-2.0
// The rules of aggregated ClusterRoles.
#include "api/label_selector.h"
#include "auth/rbac.h"

#include <algorithm>

namespace knarr::auth {

using object::Value;

std::vector<PolicyRule> aggregate_rules(Value cluster_role,
                                        const std::vector<object::Document>& cluster_roles) {
  std::vector<Value> sorted;
  sorted.reserve(cluster_roles.size());
  for (const object::Document& role : cluster_roles) sorted.push_back(role.root());
  std::sort(sorted.begin(), sorted.end(),
            [](Value a, Value b) { return object::name_of(a) < object::name_of(b); });

  std::vector<PolicyRule> result;
  for (Value item : cluster_role["aggregationRule"]["clusterRoleSelectors"].items()) {
    const Result<api::LabelSelector> selector = api::LabelSelector::from_selector(item);
    if (!selector) continue;  // Validation keeps these out.
    for (Value role : sorted) {
      if (object::name_of(role) == object::name_of(cluster_role)) continue;
      if (!selector->matches(role["metadata"]["labels"])) continue;
      for (Value entry : role["rules"].items()) {
        PolicyRule rule = read_rule(entry);
        if (std::find(result.begin(), result.end(), rule) == result.end()) {
          result.push_back(std::move(rule));
        }
      }
    }
  }
  return result;
}

}  // namespace knarr::auth
