// SPDX-License-Identifier: Apache-2.0
#include "controllers/replica_set/controller.h"

#include "client/resources.h"
#include "controllers/batches.h"
#include "controllers/in_namespace.h"
#include "controllers/owners.h"
#include "controllers/pods.h"
#include "controllers/replica_set/plan.h"
#include "object/equality.h"

#include <fmt/core.h>

#include <set>

namespace knarr::controllers {

using client::ObjectKey;
using client::Requeue;
using object::Document;
using object::Draft;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr int kWorkers = 5;  // --concurrent-replicaset-syncs

}  // namespace

ReplicaSetController::ReplicaSetController(client::LoopContext context)
    : ReplicaController(context, {.controller = "replicaset-controller",
                                  .event_source = "replicaset-controller",
                                  .resource = client::kReplicaSets,
                                  .counts_terminating = true}) {}

ReplicationControllerController::ReplicationControllerController(client::LoopContext context)
    : ReplicaController(context, {.controller = "replicationcontroller-controller",
                                  .event_source = "replication-controller",
                                  .resource = client::kReplicationControllers,
                                  .counts_terminating = false}) {}

ReplicaController::ReplicaController(client::LoopContext context, ReplicaFlavour flavour)
    : Controller(std::string(flavour.controller), context, kWorkers),
      flavour_(flavour),
      sets_(informers().informer(flavour.resource)),
      pods_(informers().informer(client::kPods)),
      expectations_(context.clock),
      events_(context.transport, context.strand, context.clock, std::string(flavour.event_source)) {
  sets_.add_index(std::string(client::kByController), client::index_by_controller);
  client::Handler sets = enqueue_self();
  const auto forget = [this](const Document& last) {
    const ObjectKey key = client::key_of(last);
    expectations_.forget(key);
    queue().add(key);
  };
  sets.deleted = forget;
  sets.updated = [this, forget](const Document& before, const Document& now) {
    if (object::uid_of(before.root()) != object::uid_of(now.root())) forget(before);
    queue().add(client::key_of(now));
  };
  sets_.add_handler(std::move(sets));
  pods_.add_handler({.added = [this](const Document& now) { pod_added(now); },
                     .updated = [this](const Document& before,
                                       const Document& now) { pod_updated(before, now); },
                     .deleted = [this](const Document& last) { pod_deleted(last); }});
}

Task<> ReplicaController::stop() {
  co_await Controller::stop();
  co_await events_.stop();
  expectations_.clear();
}

ObjectKey ReplicaController::owner_key(Value pod) const {
  const Value owner = controller_of(pod);
  if (owner[atom::kind].as_string() != flavour_.resource.kind) return {};
  ObjectKey key = fmt::format("{}/{}", object::namespace_of(pod), owner[atom::name].as_string());
  const Document set = sets_.get(key);
  if (!set || object::uid_of(set.root()) != owner[atom::uid].as_string()) return {};
  return key;
}

void ReplicaController::enqueue_matching(Value pod) {
  const Value labels = pod[atom::metadata][atom::labels];
  if (labels.empty()) return;
  for (const Document& set : sets_.in_namespace(object::namespace_of(pod))) {
    const auto selector = selector_of(set.root());
    if (selector && !selector->selects_everything() && selector->matches(labels)) {
      queue().add(client::key_of(set));
    }
  }
}

void ReplicaController::pod_added(const Document& pod) {
  if (is_deleting(pod.root())) {  // Seen first when it was already going.
    pod_deleted(pod);
    return;
  }
  if (controller_of(pod.root()).exists()) {
    const ObjectKey key = owner_key(pod.root());
    if (key.empty()) return;
    expectations_.creation_observed(key);
    queue().add(key);
    return;
  }
  enqueue_matching(pod.root());
}

void ReplicaController::pod_updated(const Document& before, const Document& now) {
  if (is_deleting(now.root())) {
    pod_deleted(now);
    // It may have been a set's by labels that it has no more.
    if (!is_deleting(before.root())) pod_deleted(before);
    return;
  }
  const Value old_owner = controller_of(before.root());
  const Value new_owner = controller_of(now.root());
  const bool changed_hands = old_owner[atom::uid].as_string() != new_owner[atom::uid].as_string();
  if (changed_hands && old_owner.exists()) {
    const ObjectKey key = owner_key(before.root());
    if (!key.empty()) queue().add(key);
  }
  if (new_owner.exists()) {
    const ObjectKey key = owner_key(now.root());
    if (!key.empty()) queue().add(key);
    return;
  }
  const bool relabelled = !object::equal(before[atom::metadata][atom::labels], now[atom::metadata][atom::labels]);
  if (relabelled || changed_hands) enqueue_matching(now.root());
}

void ReplicaController::pod_deleted(const Document& pod) {
  const ObjectKey key = owner_key(pod.root());
  if (key.empty()) return;
  expectations_.deletion_observed(key, object::uid_of(pod.root()));
  queue().add(key);
}

Result<api::LabelSelector> ReplicaController::selector_of(Value set) const {
  const Value selector = set[atom::spec][atom::selector];
  if (flavour_.resource.group.empty()) {
    return selector.empty() ? api::LabelSelector::nothing() : api::LabelSelector::from_labels(selector);
  }
  return api::LabelSelector::from_selector(selector);
}

Task<Result<ReplicaController::Pods>> ReplicaController::claim_pods(Document set,
                                                                    api::LabelSelector selector) {
  Pods result;
  bool may_adopt = false;
  std::optional<Error> failure;
  for (const Document& pod : pods_.in_namespace(object::namespace_of(set.root()))) {
    if (is_pod_terminating(pod.root())) {
      if (is_controlled_by(pod.root(), object::uid_of(set.root())) &&
          selector.matches(pod[atom::metadata][atom::labels])) {
        result.terminating.push_back(pod);
      }
      continue;
    }
    if (!is_pod_active(pod.root())) continue;
    const Claim claim = claim_of(pod.root(), set.root(), selector);
    if (claim == Claim::Ignore) continue;
    if (claim == Claim::Keep) {
      result.active.push_back(pod);
      continue;
    }
    client::Target target{client::kPods, std::string(object::namespace_of(pod.root())),
                          std::string(object::name_of(pod.root())), ""};
    Draft patch;
    if (claim == Claim::Adopt) {
      if (!may_adopt) CO_TRY(co_await check_can_adopt(transport(), flavour_.resource, set));
      may_adopt = true;
      patch = adopt_patch(pod.root(), set.root(), flavour_.resource);
    } else {
      patch = release_patch(pod.root(), object::uid_of(set.root()));
    }
    auto patched = co_await transport().patch(std::move(target), client::PatchType::StrategicMerge,
                                              std::move(patch), {});
    if (patched) {
      if (claim == Claim::Adopt) result.active.push_back(pod);
      continue;
    }
    const Error& error = patched.error();
    // Gone, or another pod of this name: nothing of ours any more.
    const bool vanished = error.is(Reason::NotFound) ||
                          (claim == Claim::Release && error.is(Reason::Invalid));
    if (!vanished && !failure) failure = std::move(patched).error();
  }
  if (failure) co_return std::move(*failure);
  co_return result;
}

std::vector<Document> ReplicaController::related_pods(Value set) const {
  std::vector<Document> related;
  const Value owner = controller_of(set);
  if (!owner.exists()) return related;
  std::set<std::string_view> seen;
  for (const Document& sibling : sets_.by_index(client::kByController, owner[atom::uid].as_string())) {
    const auto selector = selector_of(sibling.root());
    if (!selector) continue;
    for (const Document& pod : pods_.in_namespace(object::namespace_of(set))) {
      if (!selector->matches(pod[atom::metadata][atom::labels])) continue;
      if (seen.insert(object::uid_of(pod.root())).second) related.push_back(pod);
    }
  }
  return related;
}

Task<Result<>> ReplicaController::make_pod(Document set, ObjectKey key) {
  Draft pod = pod_from_template(set[atom::spec][atom::template_], set.root(), flavour_.resource);
  client::Target target{client::kPods, std::string(object::namespace_of(set.root())), "", ""};
  auto created = co_await transport().create(std::move(target), std::move(pod), {});
  if (created) {
    events_.record(set, flavour_.resource, "Normal", "SuccessfulCreate",
                   fmt::format("Created pod: {}", object::name_of(created->root())));
    co_return ok();
  }
  expectations_.creation_observed(key);
  Error error = std::move(created).error();
  if (is_leaving_namespace(error) || error.is(Reason::Cancelled)) co_return error;
  events_.record(set, flavour_.resource, "Warning", "FailedCreate",
                 fmt::format("Error creating: {}", error.message()));
  co_return error;
}

Task<std::optional<Error>> ReplicaController::make_pods(Document set, ObjectKey key, int count) {
  expectations_.expect_creations(key, count);
  BatchResult result =
      co_await slow_start(count, [this, set, key](int) { return make_pod(set, key); });
  expectations_.creation_observed(key, count - result.attempted);  // Never tried.
  if (result.error && is_leaving_namespace(*result.error)) co_return std::nullopt;
  co_return std::move(result.error);
}

Task<Result<>> ReplicaController::delete_pod(Document set, ObjectKey key, Document pod) {
  client::Target target{client::kPods, std::string(object::namespace_of(pod.root())),
                        std::string(object::name_of(pod.root())), ""};
  auto removed = co_await transport().remove(std::move(target), {});
  if (removed) {
    events_.record(set, flavour_.resource, "Normal", "SuccessfulDelete",
                   fmt::format("Deleted pod: {}", object::name_of(pod.root())));
    co_return ok();
  }
  expectations_.deletion_observed(key, object::uid_of(pod.root()));
  Error error = std::move(removed).error();
  if (error.is(Reason::NotFound)) co_return ok();
  if (!error.is(Reason::Cancelled)) {
    events_.record(set, flavour_.resource, "Warning", "FailedDelete",
                   fmt::format("Error deleting: {}", error.message()));
  }
  co_return error;
}

Task<std::optional<Error>> ReplicaController::delete_pods(Document set, ObjectKey key,
                                                          std::vector<Document> pods) {
  for (const Document& pod : pods) expectations_.expect_deletion(key, object::uid_of(pod.root()));
  const int count = static_cast<int>(pods.size());
  BatchResult result = co_await at_once(count, [this, set, key, &pods](int i) {
    return delete_pod(set, key, pods[static_cast<std::size_t>(i)]);
  });
  co_return std::move(result.error);
}

Task<Result<Document>> ReplicaController::write_status(Document set, Draft status) {
  if (object::equal(set[atom::status], status.root())) co_return set;
  Draft changed = Draft::from(set);
  changed.root().ensure("status").assign(status.root());
  client::Target target{flavour_.resource, std::string(object::namespace_of(set.root())),
                        std::string(object::name_of(set.root())), "status"};
  auto written = co_await transport().update(target, std::move(changed), {});
  if (written || !written.error().is(Reason::Conflict)) co_return written;
  // Somebody changed the spec meanwhile: what was counted still holds.
  client::Target whole = target;
  whole.subresource.clear();
  auto fresh = CO_TRY(co_await transport().get(std::move(whole)));
  if (object::uid_of(fresh.root()) != object::uid_of(set.root())) co_return Error(Reason::Conflict, "replaced");
  Draft again = Draft::from(fresh);
  again.root().ensure("status").assign(status.root());
  co_return co_await transport().update(std::move(target), std::move(again), {});
}

Task<Result<Requeue>> ReplicaController::reconcile(ObjectKey key) {
  const Document set = sets_.get(key);
  if (!set) {
    expectations_.forget(key);
    co_return Requeue::none();  // Its pods are the garbage collector's.
  }
  const bool may_act = expectations_.satisfied(key);
  auto selector = selector_of(set.root());
  if (!selector) co_return Requeue::none();  // Nothing mends it but a change.
  Pods pods = CO_TRY(co_await claim_pods(set, *selector));
  std::optional<Error> failure;
  if (may_act && !is_deleting(set.root())) {
    ReplicaPlan plan = plan_replicas(set.root(), pods.active, related_pods(set.root()), clock().system_now());
    if (plan.to_create > 0) failure = co_await make_pods(set, key, plan.to_create);
    if (!plan.to_delete.empty()) failure = co_await delete_pods(set, key, std::move(plan.to_delete));
    if (failure && failure->is(Reason::Cancelled)) co_return std::move(*failure);
  }
  const SystemTime now = clock().system_now();
  ReplicaStatusInput input{.set = set.root(), .active = pods.active, .terminating = {}, .failure = {}, .now = now};
  if (flavour_.counts_terminating) input.terminating = static_cast<int>(pods.terminating.size());
  if (failure) input.failure = failure->message();
  CO_TRY(co_await write_status(set, replica_status(input)));
  if (failure) co_return std::move(*failure);
  co_return Requeue{next_available(set.root(), pods.active, now)};
}

}  // namespace knarr::controllers
