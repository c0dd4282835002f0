// SPDX-License-Identifier: Apache-2.0
#include "controllers/pod_gc/controller.h"

#include "client/resources.h"
#include "controllers/disruption_target.h"
#include "controllers/node_lifecycle/plan.h"
#include "controllers/owners.h"
#include "controllers/pods.h"

#include <algorithm>
#include <set>

namespace knarr::controllers {

using client::ObjectKey;
using client::Requeue;
using object::Document;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr std::chrono::seconds kPeriod{20};
constexpr std::chrono::seconds kQuarantine{40};  // A node may come back, or not be seen yet.
constexpr std::size_t kMostEnded = 12'500;       // --terminated-pod-gc-threshold
constexpr std::string_view kSweep = "sweep";

}  // namespace

PodGarbageCollector::PodGarbageCollector(client::LoopContext context)
    : Controller("pod-garbage-collector-controller", context, 1),
      pods_(informers().informer(client::kPods)),
      nodes_(informers().informer(client::kNodes)) {
  pods_.add_handler({.added = [this](const Document&) { queue().add_after(std::string(kSweep), kPeriod); },
                     .updated = nullptr,
                     .deleted = nullptr});
}

Task<Result<>> PodGarbageCollector::remove(Document pod, std::string reason, std::string message) {
  const std::string space(object::namespace_of(pod.root()));
  const std::string name(object::name_of(pod.root()));
  // One that is removed without its kubelet must not look as if it ran still.
  auto marked = co_await mark_disrupted(&transport(), pod, std::move(reason), std::move(message), true,
                                        clock().system_now());
  if (!marked && !marked.error().is(Reason::NotFound)) co_return std::move(marked).error();
  client::DeleteOptions options;
  options.grace_seconds = 0;
  options.uid = object::uid_of(pod.root());
  auto removed = co_await transport().remove({client::kPods, space, name, ""}, std::move(options));
  if (!removed && !removed.error().is(Reason::NotFound)) co_return std::move(removed).error();
  co_return ok();
}

Task<Result<>> PodGarbageCollector::remove_ended() {
  std::vector<Document> ended;
  for (const Document& pod : pods_.all()) {
    if (is_pod_finished(pod.root())) ended.push_back(pod);
  }
  if (ended.size() <= kMostEnded) co_return ok();
  std::ranges::sort(ended, {}, [](const Document& pod) {
    return std::string(pod[atom::metadata][atom::creationTimestamp].as_string());
  });
  ended.resize(ended.size() - kMostEnded);
  for (const Document& pod : ended) CO_TRY(co_await remove(pod, {}, {}));
  co_return ok();
}

Task<Result<>> PodGarbageCollector::remove_unbound() {
  for (const Document& pod : pods_.all()) {
    if (!is_deleting(pod.root()) || !pod[atom::spec][atom::nodeName].as_string().empty()) continue;
    CO_TRY(co_await remove(pod, {}, {}));
  }
  co_return ok();
}

Task<Result<>> PodGarbageCollector::remove_out_of_service() {
  std::set<std::string, std::less<>> out;
  for (const Document& node : nodes_.all()) {
    if (node_lifecycle::ready_status(node.root()) == "True") continue;
    for (const node_lifecycle::Taint& taint : node_lifecycle::read_taints(node.root())) {
      if (taint.key == "node.kubernetes.io/out-of-service") out.emplace(object::name_of(node.root()));
    }
  }
  if (out.empty()) co_return ok();
  for (const Document& pod : pods_.all()) {
    if (!is_deleting(pod.root()) || !out.contains(pod[atom::spec][atom::nodeName].as_string())) continue;
    CO_TRY(co_await remove(pod, {}, {}));
  }
  co_return ok();
}

Task<Result<>> PodGarbageCollector::remove_orphans() {
  const SteadyTime now = clock().steady_now();
  std::map<std::string, SteadyTime, std::less<>> missing;
  std::vector<Document> orphans;
  std::set<std::string, std::less<>> confirmed;
  for (const Document& pod : pods_.all()) {
    const std::string name(pod[atom::spec][atom::nodeName].as_string());
    if (name.empty() || nodes_.get(name)) continue;
    const auto known = missing_.find(name);
    missing[name] = known == missing_.end() ? now : known->second;
    if (now - missing[name] >= kQuarantine) orphans.push_back(pod);
  }
  missing_ = std::move(missing);
  for (const Document& pod : orphans) {
    const std::string name(pod[atom::spec][atom::nodeName].as_string());
    if (!confirmed.contains(name)) {
      auto live = co_await transport().get({client::kNodes, "", name, ""});
      if (live) continue;
      if (!live.error().is(Reason::NotFound)) co_return std::move(live).error();
      confirmed.insert(name);
    }
    CO_TRY(co_await remove(pod, "DeletionByPodGC", "PodGC: node no longer exists"));
  }
  co_return ok();
}

Task<Result<Requeue>> PodGarbageCollector::reconcile(ObjectKey) {
  CO_TRY(co_await remove_ended());
  CO_TRY(co_await remove_out_of_service());
  CO_TRY(co_await remove_orphans());
  CO_TRY(co_await remove_unbound());
  if (pods_.size() == 0) co_return Requeue::none();
  co_return Requeue::in(kPeriod);
}

}  // namespace knarr::controllers
