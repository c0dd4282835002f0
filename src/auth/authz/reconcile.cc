// SPDX-License-Identifier: Apache-2.0
// Bringing stored policy objects in line with the bootstrap ones: adding, never taking away.
#include "auth/bootstrap_policy.h"
#include "object/draft.h"
#include "object/equality.h"

#include <algorithm>

namespace knarr::auth {

namespace {

using object::Document;
using object::Draft;
using object::NodeRef;
using object::Value;

/// Adds the keys that a map of metadata lacks. True when it changed.
bool add_missing(NodeRef metadata, Value wanted, std::string_view key) {
  bool changed = false;
  for (const auto& [name, atom, value] : wanted[key].entries()) {
    const NodeRef present = metadata[key];
    if (present[name].exists()) continue;
    metadata.ensure_map(key).set(name, value.as_string());
    metadata[key].sort_keys();
    changed = true;
  }
  return changed;
}

bool contains(NodeRef list, Value item) {
  for (NodeRef present : list.items()) {
    if (object::equal(item, present)) return true;
  }
  return false;
}

/// Appends the items that a list of the object lacks. True when it changed.
bool add_missing_items(NodeRef parent, std::string_view key, Value wanted) {
  bool changed = false;
  for (Value item : wanted.items()) {
    if (contains(parent[key], item)) continue;
    parent.ensure_list(key).append().assign(item);
    changed = true;
  }
  return changed;
}

bool add_missing_rules(Draft& draft, const Document& stored, const Document& wanted) {
  const RuleSetRef owned = read_rules(stored);
  const RuleSetRef rules = read_rules(wanted);
  const std::vector<PolicyRule> missing = compact(uncovered(owned->rules, rules->rules));
  for (const PolicyRule& rule : missing)
    write_rule(rule, draft.root().ensure_list("rules").append());
  return !missing.empty();
}

}  // namespace

Reconciliation reconcile(const Document& stored, const PolicyObject& wanted) {
  using Action = Reconciliation::Action;
  if (!stored) return {Action::Create, wanted.object};
  constexpr std::string_view kAutoUpdate = "rbac.authorization.kubernetes.io/autoupdate";
  if (stored["metadata"]["annotations"][kAutoUpdate].as_string() == "false") return {};

  const bool is_role = wanted.kind == PolicyKind::ClusterRole || wanted.kind == PolicyKind::Role;
  if (!is_role && !object::equal(stored["roleRef"], wanted.object["roleRef"])) {
    return {Action::Recreate, wanted.object};
  }
  Draft draft = Draft::from(stored);
  NodeRef metadata = draft.root().ensure_map("metadata");
  bool changed = add_missing(metadata, wanted.object["metadata"], "labels");
  changed |= add_missing(metadata, wanted.object["metadata"], "annotations");
  if (!is_role) {
    changed |= add_missing_items(draft.root(), "subjects", wanted.object["subjects"]);
  } else if (const Value aggregation = wanted.object["aggregationRule"]; aggregation.is_map()) {
    // The rules of such a role are the aggregation controller's.
    changed |= add_missing_items(draft.root().ensure_map("aggregationRule"), "clusterRoleSelectors",
                                 aggregation["clusterRoleSelectors"]);
  } else {
    changed |= add_missing_rules(draft, stored, wanted.object);
  }
  if (!changed) return {};
  return {Action::Update, draft.freeze()};
}

}  // namespace knarr::auth
