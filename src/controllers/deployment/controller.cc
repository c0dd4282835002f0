// SPDX-License-Identifier: Apache-2.0
// Wiring and the order of things; see sync.cc for the set of the present template.
#include "controllers/deployment/controller.h"

#include "api/label_selector.h"
#include "client/resources.h"
#include "controllers/deployment/annotations.h"
#include "controllers/owners.h"
#include "controllers/pods.h"
#include "object/equality.h"

#include <fmt/core.h>

#include <algorithm>

namespace knarr::controllers {

using client::ObjectKey;
using client::Requeue;
using object::Document;
using object::Draft;
using object::NodeRef;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr int kWorkers = 5;  // --concurrent-deployment-syncs

client::Target target_of(const client::Resource& resource, const Document& object) {
  return {resource, std::string(object::namespace_of(object.root())),
          std::string(object::name_of(object.root())), ""};
}

}  // namespace

DeploymentController::DeploymentController(client::LoopContext context)
    : Controller("deployment-controller", context, kWorkers),
      deployments_(informers().informer(client::kDeployments)),
      sets_(informers().informer(client::kReplicaSets)),
      pods_(informers().informer(client::kPods)),
      events_(context.transport, context.strand, context.clock, "deployment-controller") {
  pods_.add_index(std::string(client::kByController), client::index_by_controller);
  deployments_.add_handler(enqueue_self());
  client::Handler owned = enqueue_controller_of("Deployment");
  sets_.add_handler(
      {.added =
           [this, owned](const Document& now) {
             owned.added(now);
             set_changed(now);
           },
       .updated =
           [this, owned](const Document& before, const Document& now) {
             owned.updated(before, now);
             set_changed(now);
           },
       .deleted = owned.deleted});
  pods_.add_handler({.added = nullptr, .updated = nullptr, .deleted = [this](const Document& last) {
                       pod_deleted(last);
                     }});
}

Task<> DeploymentController::stop() {
  co_await Controller::stop();
  co_await events_.stop();
}

// An orphan may be for any deployment that selects it.
void DeploymentController::set_changed(const Document& set) {
  const Value labels = set[atom::metadata][atom::labels];
  if (controller_of(set.root()).exists() || is_deleting(set.root()) || labels.empty()) return;
  for (const Document& deployment : deployments_.in_namespace(object::namespace_of(set.root()))) {
    const auto selector = api::LabelSelector::from_selector(deployment[atom::spec][atom::selector]);
    if (selector && !selector->selects_everything() && selector->matches(labels)) {
      queue().add(client::key_of(deployment));
    }
  }
}

// Recreation waits for the last old pod to be gone.
void DeploymentController::pod_deleted(const Document& pod) {
  const Value owner = controller_of(pod.root());
  if (owner[atom::kind].as_string() != "ReplicaSet") return;
  const std::string space(object::namespace_of(pod.root()));
  const Document set = sets_.get(fmt::format("{}/{}", space, owner[atom::name].as_string()));
  const Value deployment = controller_of(set.root());
  if (!deployment.exists()) return;
  const ObjectKey key = fmt::format("{}/{}", space, deployment[atom::name].as_string());
  const Document known = deployments_.get(key);
  if (known && known[atom::spec][atom::strategy][atom::type].as_string() == "Recreate") {
    queue().add(key);
  }
}

Task<Result<std::vector<Document>>> DeploymentController::claim_sets(Document deployment) {
  std::vector<Document> result;
  auto selector = api::LabelSelector::from_selector(deployment[atom::spec][atom::selector]);
  if (!selector) co_return std::move(selector).error();
  bool may_adopt = false;
  for (const Document& set : sets_.in_namespace(object::namespace_of(deployment.root()))) {
    const Claim claim = claim_of(set.root(), deployment.root(), *selector);
    if (claim == Claim::Keep) result.push_back(set);
    if (claim == Claim::Keep || claim == Claim::Ignore) continue;
    Draft patch;
    if (claim == Claim::Adopt) {
      if (!may_adopt) CO_TRY(co_await check_can_adopt(transport(), client::kDeployments, deployment));
      may_adopt = true;
      patch = adopt_patch(set.root(), deployment.root(), client::kDeployments);
    } else {
      patch = release_patch(set.root(), object::uid_of(deployment.root()));
    }
    auto patched = co_await transport().patch(target_of(client::kReplicaSets, set),
                                              client::PatchType::StrategicMerge, std::move(patch), {});
    if (patched && claim == Claim::Adopt) result.push_back(std::move(*patched));
    if (!patched && !patched.error().is(Reason::NotFound)) co_return std::move(patched).error();
  }
  co_return result;
}

Task<Result<>> DeploymentController::write(Round* round, deployment::Status status,
                                           std::string revision) {
  const Value root = round->deployment.root();
  const Value annotations = root[atom::metadata][atom::annotations];
  const bool same_revision =
      revision.empty() || annotations[deployment::kRevision].as_string() == revision;
  if (same_revision && deployment::read_status(root) == status) co_return ok();
  Draft changed = Draft::from(round->deployment);
  if (!same_revision) {
    changed.root().ensure_map("metadata").ensure_map("annotations").set(deployment::kRevision,
                                                                        std::string_view(revision));
  }
  deployment::write_status(changed.root().ensure("status"), status);
  client::Target target = target_of(client::kDeployments, round->deployment);
  target.subresource = "status";
  round->deployment = CO_TRY(co_await transport().update(std::move(target), std::move(changed), {}));
  co_return ok();
}

// A paused rollout stops its deadline.
Task<Result<>> DeploymentController::note_paused(Round* round) {
  if (!round->spec.progress_deadline_seconds) co_return ok();
  deployment::Status status = deployment::read_status(round->deployment.root());
  const Condition* progressing = find(status.conditions, "Progressing");
  const std::string reason = progressing == nullptr ? std::string() : progressing->reason;
  if (reason == "ProgressDeadlineExceeded") co_return ok();
  const bool known = reason == "DeploymentPaused";
  if (round->spec.paused == known) co_return ok();
  deployment::set_condition(status, "Progressing", "Unknown",
                            known ? "DeploymentResumed" : "DeploymentPaused",
                            known ? "Deployment is resumed" : "Deployment is paused",
                            clock().system_now());
  co_return co_await write(round, std::move(status), {});
}

Task<Result<>> DeploymentController::apply(Round* round, std::vector<deployment::Scale> plan) {
  const std::int64_t desired = round->spec.replicas;
  const std::int64_t most = desired + round->spec.max_surge;
  for (const deployment::Scale& step : plan) {
    auto known = std::ranges::find(round->sets, step.uid, [](const Document& set) {
      return object::uid_of(set.root());
    });
    if (known == round->sets.end()) continue;
    const Document set = *known;
    const std::int64_t from = set[atom::spec][atom::replicas].as_int(1);
    if (from == step.to && !deployment::replica_annotations_differ(set.root(), desired, most)) continue;
    Draft changed = Draft::from(set);
    changed.root().ensure_map("spec").set("replicas", step.to);
    deployment::set_replica_annotations(changed.root(), desired, most);
    auto updated = CO_TRY(co_await transport().update(target_of(client::kReplicaSets, set),
                                                      std::move(changed), {}));
    if (from != step.to) {
      events_.record(round->deployment, client::kDeployments, "Normal", "ScalingReplicaSet",
                     fmt::format("Scaled {} replica set {} from {} to {}", from < step.to ? "up" : "down",
                                 object::name_of(set.root()), from, step.to));
    }
    std::ranges::replace_if(
        round->sets, [&](const Document& one) { return object::uid_of(one.root()) == step.uid; }, updated);
  }
  round->split = deployment::split_sets(round->deployment.root(), round->sets);
  co_return ok();
}

Task<Result<>> DeploymentController::clean_up(Round* round) {
  for (const deployment::ReplicaSet& set : deployment::plan_cleanup(round->spec, round->split.old)) {
    auto removed = co_await transport().remove(target_of(client::kReplicaSets, set.document), {});
    if (!removed && !removed.error().is(Reason::NotFound)) co_return std::move(removed).error();
  }
  co_return ok();
}

Task<Result<Requeue>> DeploymentController::finish(Round* round) {
  const SystemTime now = clock().system_now();
  deployment::Status status =
      deployment::rollout_status(round->deployment.root(), round->spec, round->split, now);
  const auto deadline = deployment::until_deadline(round->deployment.root(), round->spec, status, now);
  CO_TRY(co_await write(round, std::move(status), {}));
  co_return Requeue{deadline};
}

Task<Result<Requeue>> DeploymentController::scale_only(Round* round) {
  if (!CO_TRY(co_await sync_current(round, false))) co_return Requeue::none();
  CO_TRY(co_await apply(round, deployment::plan_scaling(
                                   round->spec, round->split,
                                   round->deployment[atom::status][atom::replicas].as_int())));
  if (round->spec.paused) CO_TRY(co_await clean_up(round));
  CO_TRY(co_await write(round,
                        deployment::count_status(round->deployment.root(), round->spec,
                                                 round->split, clock().system_now()),
                        {}));
  co_return Requeue::none();
}

Task<Result<Requeue>> DeploymentController::roll(Round* round) {
  if (!CO_TRY(co_await sync_current(round, true))) co_return Requeue::none();
  auto plan = deployment::plan_rolling(round->spec, round->split);
  if (!plan.empty()) {
    CO_TRY(co_await apply(round, std::move(plan)));
  } else if (deployment::is_complete(round->deployment.root(), round->spec,
                                     deployment::read_status(round->deployment.root()))) {
    CO_TRY(co_await clean_up(round));
  }
  co_return co_await finish(round);
}

bool DeploymentController::old_pods_run(const Round& round) const {
  return std::ranges::any_of(round.split.old, [this](const deployment::ReplicaSet& set) {
    if (set.actual > 0) return true;
    const auto pods = pods_.by_index(client::kByController, set.uid);
    return std::ranges::any_of(pods, [](const Document& pod) { return !is_pod_finished(pod.root()); });
  });
}

Task<Result<Requeue>> DeploymentController::recreate(Round* round) {
  if (!CO_TRY(co_await sync_current(round, false))) co_return Requeue::none();
  auto down = deployment::plan_recreate_down(round->split);
  if (!down.empty()) {
    CO_TRY(co_await apply(round, std::move(down)));
    co_return co_await finish(round);
  }
  if (old_pods_run(*round)) co_return co_await finish(round);
  if (!round->split.current && !CO_TRY(co_await sync_current(round, true))) co_return Requeue::none();
  if (round->split.current->replicas != round->spec.replicas) {
    CO_TRY(co_await apply(round, {{round->split.current->uid, round->spec.replicas}}));
  }
  if (deployment::is_complete(round->deployment.root(), round->spec,
                              deployment::read_status(round->deployment.root()))) {
    CO_TRY(co_await clean_up(round));
  }
  co_return co_await finish(round);
}

Task<Result<Requeue>> DeploymentController::reconcile(ObjectKey key) {
  Round round;
  round.deployment = deployments_.get(key);
  if (!round.deployment) co_return Requeue::none();  // Its sets are the garbage collector's.
  const Value selector = round.deployment[atom::spec][atom::selector];
  if (selector[atom::matchLabels].empty() && selector[atom::matchExpressions].empty()) {
    events_.record(round.deployment, client::kDeployments, "Warning", "SelectingAll",
                   "This deployment is selecting all pods. A non-empty selector is required.");
    co_return Requeue::none();
  }
  round.spec = deployment::read_spec(round.deployment.root());
  round.sets = CO_TRY(co_await claim_sets(round.deployment));
  round.split = deployment::split_sets(round.deployment.root(), round.sets);
  if (is_deleting(round.deployment.root())) {
    if (!CO_TRY(co_await sync_current(&round, false))) co_return Requeue::none();
    CO_TRY(co_await write(&round,
                          deployment::count_status(round.deployment.root(), round.spec, round.split,
                                                   clock().system_now()),
                          {}));
    co_return Requeue::none();
  }
  CO_TRY(co_await note_paused(&round));
  if (round.spec.paused || deployment::is_scaling(round.spec, round.split)) {
    co_return co_await scale_only(&round);
  }
  if (round.spec.rolling) co_return co_await roll(&round);
  co_return co_await recreate(&round);
}

}  // namespace knarr::controllers
