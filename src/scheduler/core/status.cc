// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/status.h"

#include "base/log.h"
#include "client/resources.h"
#include "object/time_text.h"

namespace knarr::scheduler {

using object::Draft;
using object::NodeRef;
using object::Value;
namespace atom = object::atom;

object::Draft binding(const PodInfo& pod, std::string_view node) {
  Draft draft;
  NodeRef root = draft.root();
  root.set("apiVersion", "v1");
  root.set("kind", "Binding");
  NodeRef metadata = root.ensure_map("metadata");
  metadata.set("name", object::name_of(pod.object.root()));
  metadata.set("namespace", object::namespace_of(pod.object.root()));
  metadata.set("uid", pod.uid);
  NodeRef target = root.ensure_map("target");
  target.set("kind", "Node");
  target.set("name", node);
  return draft;
}

namespace {

std::string text_of(SystemTime now) {
  return object::time_text(std::chrono::floor<std::chrono::microseconds>(now));
}

// The conditions as they will stand: without it a new one would come first.
void keep_order(NodeRef status, Value pod, std::string_view type) {
  NodeRef order = status.ensure_list("$setElementOrder/conditions");
  bool known = false;
  for (const Value condition : pod[atom::status][atom::conditions].items()) {
    const std::string_view one = condition[atom::type].as_string();
    known |= one == type;
    order.append().set("type", one);
  }
  if (!known) order.append().set("type", type);
}

void set_nomination(NodeRef status, const std::string& node) {
  if (node.empty()) {
    status.ensure("nominatedNodeName").set_null();
  } else {
    status.set("nominatedNodeName", node);
  }
}

}  // namespace

object::Draft disruption_patch(const PodInfo& victim, SystemTime now) {
  Draft patch;
  NodeRef root = patch.root();
  root.ensure_map("metadata").set("uid", victim.uid);
  NodeRef status = root.ensure_map("status");
  keep_order(status, victim.object.root(), "DisruptionTarget");
  NodeRef condition = status.ensure_list("conditions").append();
  condition.set("type", "DisruptionTarget");
  condition.set("observedGeneration",
                static_cast<long>(victim.object[atom::metadata][atom::generation].as_int()));
  condition.set("status", "True");
  condition.ensure("lastProbeTime").set_null();
  condition.set("lastTransitionTime", text_of(now));
  condition.set("reason", "PreemptionByScheduler");
  condition.set("message", "default-scheduler: preempting to accommodate a higher priority pod");
  return patch;
}

object::Draft no_nomination_patch(const PodInfo& pod) {
  Draft patch;
  patch.root().ensure_map("metadata").set("uid", pod.uid);
  set_nomination(patch.root().ensure_map("status"), "");
  return patch;
}

StatusWriter::StatusWriter(client::Transport& transport, Clock& clock, client::Informer& pods,
                           TaskGroup& tasks)
    : transport_(transport), clock_(clock), pods_(pods), tasks_(tasks) {}

void StatusWriter::set(const PodInfo& pod, std::string_view reason, std::string message,
                       std::optional<std::string> nominated) {
  const auto [at, first] = waiting_.try_emplace(pod.uid);
  at->second = {{pod.key, std::string(reason), std::move(message), std::move(nominated)}, true};
  if (!first) return;
  if (!tasks_.spawn("status", [this, uid = pod.uid] { return write(uid); })) waiting_.erase(at);
}

Task<> StatusWriter::write(std::string uid) {
  for (;;) {
    Waiting& waiting = waiting_.at(uid);
    if (!waiting.fresh) break;
    waiting.fresh = false;
    const Wanted wanted = waiting.wanted;
    auto written = co_await write_one(uid, wanted);
    if (written) continue;
    if (written.error().is(Reason::Cancelled)) break;
    if (!written.error().is(Reason::NotFound) && !written.error().is(Reason::Conflict)) {
      log::warn("pod condition not written",
                {{"component", "scheduler"}, {"pod", wanted.key}, {"error", written.error()}});
    }
  }
  waiting_.erase(uid);
}

Task<Result<>> StatusWriter::write_one(const std::string& uid, const Wanted& wanted) {
  const object::Document pod = pods_.get(wanted.key);
  if (!pod || object::uid_of(pod.root()) != uid) co_return ok();
  Value known;
  for (const Value condition : pod[atom::status][atom::conditions].items()) {
    if (condition[atom::type].as_string() == "PodScheduled") known = condition;
  }
  const std::int64_t generation = pod[atom::metadata][atom::generation].as_int();
  const bool same_status = known[atom::status].as_string() == "False";
  const bool nominate =
      wanted.nominated && pod[atom::status][atom::nominatedNodeName].as_string() != *wanted.nominated;
  if (same_status && !nominate && known[atom::reason].as_string() == wanted.reason &&
      known[atom::message].as_string() == wanted.message &&
      known[atom::observedGeneration].as_int() == generation) {
    co_return ok();
  }
  Draft patch;
  NodeRef root = patch.root();
  root.ensure_map("metadata").set("uid", uid);
  NodeRef status = root.ensure_map("status");
  keep_order(status, pod.root(), "PodScheduled");
  NodeRef condition = status.ensure_list("conditions").append();
  condition.set("type", "PodScheduled");
  condition.set("observedGeneration", static_cast<long>(generation));
  condition.set("status", "False");
  condition.ensure("lastProbeTime").set_null();
  const std::string_view since = known[atom::lastTransitionTime].as_string();
  condition.set("lastTransitionTime",
                same_status && !since.empty() ? std::string(since) : text_of(clock_.system_now()));
  condition.set("reason", wanted.reason);
  condition.set("message", wanted.message);
  if (nominate) set_nomination(status, *wanted.nominated);
  const auto [space, name] = client::split_key(wanted.key);
  client::Target target{client::kPods, std::string(space), std::string(name), "status"};
  CO_TRY(co_await transport_.patch(std::move(target), client::PatchType::StrategicMerge, std::move(patch), {}));
  co_return ok();
}

}  // namespace knarr::scheduler
