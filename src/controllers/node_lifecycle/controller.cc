// SPDX-License-Identifier: Apache-2.0
#include "controllers/node_lifecycle/controller.h"

#include "client/resources.h"
#include "controllers/pods.h"
#include "object/time_text.h"

#include <fmt/core.h>

#include <algorithm>

namespace knarr::controllers {

using client::ObjectKey;
using client::Requeue;
using node_lifecycle::Evict;
using node_lifecycle::Taint;
using node_lifecycle::Taints;
using node_lifecycle::ZoneState;
using object::Document;
using object::Draft;
using object::NodeRef;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr int kWorkers = 8;
constexpr std::chrono::seconds kPeriod{5};         // --node-monitor-period
constexpr std::chrono::seconds kGrace{50};         // --node-monitor-grace-period
constexpr std::chrono::seconds kStartupGrace{60};  // --node-startup-grace-period
constexpr std::string_view kLeaseSpace = "kube-node-lease";

Draft taints_patch(const Document& node, const Taints& taints) {
  Draft patch;
  patch.root().ensure_map("metadata").set("resourceVersion",
                                          std::string_view(std::to_string(node.resource_version())));
  NodeRef list = patch.root().ensure_map("spec").ensure("taints");
  for (const Taint& taint : taints) {
    NodeRef item = list.append();
    item.set("key", std::string_view(taint.key));
    if (!taint.value.empty()) item.set("value", std::string_view(taint.value));
    item.set("effect", std::string_view(taint.effect));
    if (!taint.time_added.empty()) item.set("timeAdded", std::string_view(taint.time_added));
  }
  return patch;
}

bool same_set(const Taints& a, const Taints& b) {
  return a.size() == b.size() && std::ranges::all_of(a, [&b](const Taint& taint) {
           return std::ranges::find(b, taint) != b.end();
         });
}

}  // namespace

NodeLifecycleController::NodeLifecycleController(client::LoopContext context)
    : Controller("node-lifecycle-controller", context, kWorkers),
      nodes_(informers().informer(client::kNodes)),
      leases_(informers().informer(client::kLeases, {.namespace_ = std::string(kLeaseSpace),
                                                     .label_selector = {},
                                                     .field_selector = {}})),
      pods_(informers().informer(client::kPods)),
      events_(context.transport, context.strand, context.clock, "node-controller") {
  pods_.add_index(std::string(client::kByNode), client::index_by_node);
  nodes_.add_handler(enqueue_self());
}

Task<> NodeLifecycleController::stop() {
  co_await Controller::stop();
  co_await events_.stop();
  health_.clear();
}

std::chrono::nanoseconds NodeLifecycleController::silence(const Document& node) {
  const std::string name(object::name_of(node.root()));
  const SteadyTime now = clock().steady_now();
  const Value ready = find_condition(node.root(), "Ready");
  const Document lease = leases_.get(fmt::format("{}/{}", kLeaseSpace, name));
  const std::string heartbeat =
      fmt::format("{}|{}|{}", ready[atom::status].as_string(), ready[atom::lastHeartbeatTime].as_string(),
                  ready[atom::lastTransitionTime].as_string());
  const std::string renewed(lease[atom::spec][atom::renewTime].as_string());
  Health& health = health_[name];
  if (health.uid != object::uid_of(node.root())) {
    health = {.uid = std::string(object::uid_of(node.root())), .heartbeat = heartbeat, .renewed = renewed, .heard = now};
    events_.record(node, client::kNodes, "Normal", "RegisteredNode",
                   fmt::format("Node {} event: Registered Node {} in Controller", name, name));
  }
  // What we wrote ourselves is no sign of life.
  const bool posted = health.heartbeat != heartbeat && ready[atom::status].as_string() != "Unknown";
  if (posted || (health.renewed != renewed && !renewed.empty())) health.heard = now;
  health.heartbeat = heartbeat;
  health.renewed = renewed;
  return now - health.heard;
}

Task<Result<Document>> NodeLifecycleController::mark_silent(Document node) {
  const bool was_ready = node_lifecycle::ready_status(node.root()) == "True";
  const Conditions before = read_conditions(node[atom::status][atom::conditions]);
  const Conditions after = node_lifecycle::silent_conditions(node.root(), clock().system_now());
  if (before == after) co_return node;
  Draft changed = Draft::from(node);
  write_conditions(changed.root().ensure_map("status"), after);
  client::Target target{client::kNodes, "", std::string(object::name_of(node.root())), "status"};
  auto updated = CO_TRY(co_await transport().update(std::move(target), std::move(changed), {}));
  if (was_ready) {
    events_.record(updated, client::kNodes, "Normal", "NodeNotReady",
                   fmt::format("Node {} status is now: NodeNotReady", object::name_of(updated.root())));
  }
  co_return updated;
}

// Their kubelet cannot say it any more; services must not send anything there.
Task<Result<>> NodeLifecycleController::mark_pods(Document node) {
  for (const Document& pod : pods_.by_index(client::kByNode, object::name_of(node.root()))) {
    if (!is_pod_ready(pod.root())) continue;
    Draft changed = Draft::from(pod);
    NodeRef status = changed.root().ensure_map("status");
    for (NodeRef condition : status["conditions"].items()) {
      if (condition["type"].as_string() != "Ready") continue;
      condition.set("status", "False");
      condition.set("lastTransitionTime", std::string_view(time_text(clock().system_now())));
    }
    client::Target target{client::kPods, std::string(object::namespace_of(pod.root())),
                          std::string(object::name_of(pod.root())), "status"};
    auto updated = co_await transport().update(std::move(target), std::move(changed), {});
    if (!updated && !updated.error().is(Reason::NotFound)) co_return std::move(updated).error();
    if (updated) events_.record(pod, client::kPods, "Warning", "NodeNotReady", "Node is not ready");
  }
  co_return ok();
}

Evict NodeLifecycleController::may_evict(const Document& node) {
  const auto zones = node_lifecycle::count_zones(nodes_.all());
  const bool all_lost = std::ranges::all_of(
      zones, [](const auto& entry) { return entry.second.state() == ZoneState::Full; });
  if (all_lost) return Evict::No;  // It is us who are cut off.
  const std::string name = node_lifecycle::zone_of(node.root());
  const auto zone = zones.find(name);
  const auto pause = zone == zones.end() ? std::optional(std::chrono::seconds(0)) : zone->second.pause();
  if (!pause) return Evict::Wait;
  const SteadyTime now = clock().steady_now();
  const auto next = next_eviction_.find(name);
  return next != next_eviction_.end() && next->second > now ? Evict::Wait : Evict::Yes;
}

Task<Result<>> NodeLifecycleController::taint(Document node) {
  const Evict evict = may_evict(node);
  const Taints before = node_lifecycle::read_taints(node.root());
  const Taints after = node_lifecycle::wanted_taints(node.root(), evict, clock().system_now());
  if (same_set(before, after)) co_return ok();
  const auto evicts = [](const Taints& taints) {
    return std::ranges::any_of(taints, [](const Taint& t) {
      return t.effect == "NoExecute" &&
             (t.key == node_lifecycle::kNotReady || t.key == node_lifecycle::kUnreachable);
    });
  };
  client::Target target{client::kNodes, "", std::string(object::name_of(node.root())), ""};
  CO_TRY(co_await transport().patch(std::move(target), client::PatchType::Merge, taints_patch(node, after), {}));
  if (!evicts(before) && evicts(after)) {
    const std::string zone = node_lifecycle::zone_of(node.root());
    const auto zones = node_lifecycle::count_zones(nodes_.all());
    const auto counted = zones.find(zone);
    const auto pause = counted == zones.end() ? std::nullopt : counted->second.pause();
    next_eviction_[zone] = clock().steady_now() + pause.value_or(std::chrono::seconds(0));
  }
  co_return ok();
}

Task<Result<Requeue>> NodeLifecycleController::reconcile(ObjectKey key) {
  Document node = nodes_.get(key);
  if (!node) {
    health_.erase(key);
    co_return Requeue::none();
  }
  const bool never_posted = node_lifecycle::ready_status(node.root()).empty();
  const std::string_view ready = node_lifecycle::ready_status(node.root());
  const bool is_silent = silence(node) > (never_posted ? kStartupGrace : kGrace);
  if (is_silent && ready != "Unknown") node = CO_TRY(co_await mark_silent(node));
  if (is_silent && node_lifecycle::ready_status(node.root()) == "Unknown") {
    CO_TRY(co_await mark_pods(node));
  }
  CO_TRY(co_await taint(node));
  co_return Requeue::in(kPeriod);
}

}  // namespace knarr::controllers
