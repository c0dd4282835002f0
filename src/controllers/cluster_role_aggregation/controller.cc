// SPDX-License-Identifier: Apache-2.0
// The rules are set by server-side apply: those that somebody else wrote into a role that matches
// nothing stay.
#include "controllers/cluster_role_aggregation/controller.h"

#include "auth/rbac.h"
#include "client/resources.h"

namespace knarr::controllers {

using client::Requeue;
using object::Document;
using object::Draft;
using object::NodeRef;

namespace {

constexpr int kWorkers = 1;
constexpr std::string_view kManager = "clusterrole-aggregation-controller";
constexpr std::string_view kAggregates = "aggregates";  // Index of roles with an aggregationRule.

bool is_aggregate(const Document& role) { return role["aggregationRule"].is_map(); }

bool has_rules(const Document& role, const std::vector<auth::PolicyRule>& wanted) {
  const object::Value rules = role["rules"];
  if (rules.size() != wanted.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (auth::read_rule(rules.at(i)) != wanted[i]) return false;
  }
  return true;
}

}  // namespace

ClusterRoleAggregationController::ClusterRoleAggregationController(client::LoopContext context)
    : Controller(std::string(kManager), context, kWorkers),
      roles_(informers().informer(client::kClusterRoles)) {
  roles_.add_index(std::string(kAggregates), [](const Document& role) {
    return is_aggregate(role) ? std::vector<std::string>{""} : std::vector<std::string>{};
  });
  roles_.add_handler(
      {.added = [this](const Document&) { enqueue_aggregates(); },
       .updated = [this](const Document&, const Document&) { enqueue_aggregates(); },
       .deleted = [this](const Document&) { enqueue_aggregates(); }});
}

// Any role may be a part of any aggregate.
void ClusterRoleAggregationController::enqueue_aggregates() {
  for (const Document& role : roles_.by_index(kAggregates, "")) queue().add(client::key_of(role));
}

Task<Result<Requeue>> ClusterRoleAggregationController::reconcile(client::ObjectKey key) {
  const Document role = roles_.get(key);
  if (!role || !is_aggregate(role)) co_return Requeue::none();
  const std::vector<Document> roles = roles_.all();  // Keeps the texts of the rules.
  const std::vector<auth::PolicyRule> rules = auth::aggregate_rules(role.root(), roles);
  if (has_rules(role, rules)) co_return Requeue::none();
  Draft patch;
  NodeRef root = patch.root();
  root.set("apiVersion", "rbac.authorization.k8s.io/v1");
  root.set("kind", "ClusterRole");
  root.ensure_map("metadata").set("name", key);
  if (!rules.empty()) {
    NodeRef list = root.ensure_list("rules");
    for (const auth::PolicyRule& rule : rules) auth::write_rule(rule, list.append());
  }
  CO_TRY(co_await transport().patch(
      {client::kClusterRoles, "", key, ""}, client::PatchType::Apply, std::move(patch),
      {.field_manager = std::string(kManager), .dry_run = false, .force = true}));
  co_return Requeue::none();
}

}  // namespace knarr::controllers
