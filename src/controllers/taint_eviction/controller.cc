// SPDX-License-Identifier: Apache-2.0
#include "controllers/taint_eviction/controller.h"

#include "client/resources.h"
#include "controllers/disruption_target.h"
#include "controllers/owners.h"
#include "controllers/taint_eviction/tolerations.h"
#include "object/equality.h"

#include <fmt/core.h>

namespace knarr::controllers {

using client::ObjectKey;
using client::Requeue;
using object::Document;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr int kWorkers = 8;

}  // namespace

TaintEvictionController::TaintEvictionController(client::LoopContext context)
    : Controller("taint-eviction-controller", context, kWorkers),
      pods_(informers().informer(client::kPods)),
      nodes_(informers().informer(client::kNodes)),
      events_(context.transport, context.strand, context.clock, "taint-eviction-controller") {
  pods_.add_index(std::string(client::kByNode), client::index_by_node);
  const auto changed = [](const Document& before, const Document& now, object::Atom field) {
    return !object::equal(before[atom::spec][field], now[atom::spec][field]);
  };
  client::Handler pods = enqueue_self();
  pods.updated = [this, changed](const Document& before, const Document& now) {
    if (changed(before, now, atom::nodeName) || changed(before, now, atom::tolerations)) {
      queue().add(client::key_of(now));
    }
  };
  pods_.add_handler(std::move(pods));
  const auto enqueue_pods = [this](const Document& node) {
    for (const Document& pod : pods_.by_index(client::kByNode, object::name_of(node.root()))) {
      queue().add(client::key_of(pod));
    }
  };
  nodes_.add_handler({.added = enqueue_pods,
                      .updated =
                          [enqueue_pods, changed](const Document& before, const Document& now) {
                            if (changed(before, now, atom::taints)) enqueue_pods(now);
                          },
                      .deleted = enqueue_pods});
}

Task<> TaintEvictionController::stop() {
  co_await Controller::stop();
  co_await events_.stop();
  waiting_.clear();
}

void TaintEvictionController::cancel(const ObjectKey& key, const Document& pod) {
  if (waiting_.erase(key) == 0 || !pod) return;
  events_.record(pod, client::kPods, "Normal", "TaintManagerEviction",
                 fmt::format("Cancelling deletion of Pod {}", key));
}

Task<Result<Requeue>> TaintEvictionController::reconcile(ObjectKey key) {
  const Document pod = pods_.get(key);
  if (!pod || is_deleting(pod.root())) {
    waiting_.erase(key);
    co_return Requeue::none();
  }
  const Document node = nodes_.get(pod[atom::spec][atom::nodeName].as_string());
  const taint_eviction::Tolerance tolerance = taint_eviction::tolerance(pod.root(), node.root());
  if (!node || !tolerance.tainted || !tolerance.time) {
    cancel(key, pod);
    co_return Requeue::none();
  }
  const SteadyTime now = clock().steady_now();
  if (tolerance.time->count() > 0) {
    const auto [at, fresh] = waiting_.try_emplace(key);
    Waiting& waiting = at->second;
    if (fresh || waiting.uid != object::uid_of(pod.root())) {
      waiting = {.uid = std::string(object::uid_of(pod.root())), .since = now, .due = now + *tolerance.time};
    }
    waiting.due = waiting.since + *tolerance.time;
    if (waiting.due > now) co_return Requeue::in(waiting.due - now);
  }
  waiting_.erase(key);
  events_.record(pod, client::kPods, "Normal", "TaintManagerEviction",
                 fmt::format("Marking for deletion Pod {}", key));
  CO_TRY(co_await mark_disrupted(&transport(), pod, "DeletionByTaintManager",
                                 "Taint manager: deleting due to NoExecute taint", false,
                                 clock().system_now()));
  client::DeleteOptions options;
  options.uid = object::uid_of(pod.root());
  auto removed = co_await transport().remove({client::kPods, std::string(object::namespace_of(pod.root())),
                                              std::string(object::name_of(pod.root())), ""},
                                             std::move(options));
  if (!removed && !removed.error().is(Reason::NotFound)) co_return std::move(removed).error();
  co_return Requeue::none();
}

}  // namespace knarr::controllers
