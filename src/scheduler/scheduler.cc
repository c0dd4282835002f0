// SPDX-License-Identifier: Apache-2.0
// The loop: pop a pod, decide without waiting, count it on its node at once, bind it behind.
#include "scheduler/scheduler.h"

#include "base/event.h"
#include "base/log.h"
#include "base/task_group.h"
#include "client/events.h"
#include "client/resources.h"
#include "scheduler/core/cluster_events.h"
#include "scheduler/core/cycle.h"
#include "scheduler/core/queue.h"
#include "scheduler/core/status.h"
#include "scheduler/plugins/all.h"

#include <fmt/core.h>

#include <set>

namespace knarr::scheduler {

using object::Document;
namespace atom = object::atom;

namespace {

constexpr log::Logger kLog("scheduler");
constexpr std::string_view kName = "default-scheduler";
constexpr client::Resource kBudgets{"policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", true};
constexpr std::size_t kPodsAtATime = 64;  // Then others on the strand may run.
constexpr std::size_t kLongestNote = 1024;  // Of an Event's message.

std::string note(std::string text) {
  if (text.size() > kLongestNote) {
    text.resize(kLongestNote - 4);
    text += " ...";
  }
  return text;
}

}  // namespace

struct Scheduler::State {
  State(client::LoopContext context, Rng& rng)
      : context(context),
        pods(context.informers.informer(client::kPods)),
        nodes(context.informers.informer(client::kNodes)),
        plugins(default_plugins(reasons)),
        budgets(context.informers.informer(kBudgets)),
        remedies(default_remedies(reasons, rng, [this] { return budgets.all(); })),
        queue(context.clock, plugins),
        cycle(snapshot, plugins, reasons, rng, pointers(remedies)) {
    pods.add_handler({.added = [this](const Document& now) { pod_changed({}, now); },
                      .updated = [this](const Document& before,
                                        const Document& now) { pod_changed(before, now); },
                      .deleted = [this](const Document& last) { pod_deleted(last); }});
    nodes.add_handler({.added = [this](const Document& now) { node_changed(now); },
                       .updated = [this](const Document&, const Document& now) { node_changed(now); },
                       .deleted = [this](const Document& last) { node_deleted(last); }});
  }

  static std::vector<RemedyPlugin*> pointers(const Remedies& remedies) {
    std::vector<RemedyPlugin*> out;
    for (const auto& remedy : remedies) out.push_back(remedy.get());
    return out;
  }

  // ---- news

  void tell(const ClusterEvent& event) {
    queue.tell(event);
    wake.notify();
  }

  void node_changed(const Document& now) {
    if (!running) return;
    const auto before = snapshot.set_node(now);
    const NodeInfo* info = snapshot.find_node(object::name_of(now.root()));
    tell(node_event(before.get(), *info->facts));
  }
  void node_deleted(const Document& last) {
    if (running) (void)snapshot.remove_node(object::name_of(last.root()));
  }

  void pod_changed(const Document& before, const Document& now) {
    if (!running) return;
    // A pod that was replaced by another of its name between two looks.
    if (before && object::uid_of(before.root()) != object::uid_of(now.root())) pod_deleted(before);
    const PodPtr pod = make_pod_info(now, snapshot.resources());
    if (pod->finished) {
      forget(pod->uid);
    } else if (!pod->node_name.empty()) {
      queue.remove(pod->uid);
      snapshot.nominate(pod, "");
      const PodPtr known = snapshot.find_pod(pod->uid);
      snapshot.set_pod(pod);
      tell(placed_event(known.get(), *pod));
    } else if (now[atom::spec][atom::schedulerName].as_string() == kName &&
               !snapshot.is_assumed(pod->uid)) {
      snapshot.nominate(pod, pod->nominated);
      queue.set(pod);
      wake.notify();
    }
  }
  void pod_deleted(const Document& last) {
    if (!running) return;
    const PodPtr pod = make_pod_info(last, snapshot.resources());
    snapshot.nominate(pod, "");
    forget(pod->uid);
    // Room that was made for it is free for others.
    if (pod->node_name.empty() && !pod->nominated.empty()) tell(gone_event(*pod));
  }
  void forget(const std::string& uid) {
    queue.remove(uid);
    if (const PodPtr gone = snapshot.remove_pod(uid)) tell(gone_event(*gone));
  }

  // ---- the loop

  Task<> run() {
    if (!co_await pods.wait_synced() || !co_await nodes.wait_synced()) co_return;
    running = true;
    for (const Document& node : nodes.all()) node_changed(node);
    for (const Document& pod : pods.all()) pod_changed({}, pod);
    std::size_t turns = 0;
    for (;;) {
      const std::uint64_t seen = wake.generation();
      const PodPtr pod = queue.pop();
      if (pod != nullptr) {
        schedule(pod);
        if (++turns % kPodsAtATime == 0) co_await yield();
        if ((co_await current_context()).cancel.is_cancelled()) co_return;
      } else if (!co_await wait(seen)) {
        co_return;
      }
    }
  }

  // Until there is news or the queue has more by itself. False: cancelled.
  Task<bool> wait(std::uint64_t seen) {
    const auto deadline = queue.next_deadline();
    Result<std::uint64_t> woken =
        deadline ? co_await with_deadline(context.clock, *deadline - context.clock.steady_now(),
                                          wake.changed(seen))
                 : co_await wake.changed(seen);
    co_return woken.has_value() || !woken.error().is(Reason::Cancelled);
  }

  void schedule(const PodPtr& pod) {
    if (pod->deleting) {
      record(*pod, "Warning", "FailedScheduling", fmt::format("skip schedule deleting pod: {}", pod->key));
      queue.done(pod->uid);
      return;
    }
    const Decision decision = cycle.run(*pod);
    if (decision.node == nullptr) {
      queue.unschedulable(pod->uid, decision.rejectors);
      report(*pod, "Unschedulable", decision.message, decision.nominate);
      if (decision.nominate) snapshot.nominate(pod, *decision.nominate);
      preempt(*pod, decision);
      return;
    }
    const std::string node = decision.node->facts->name;
    snapshot.assume(pod, node);
    tasks->spawn("bind", [this, pod, node] { return bind(pod, node); });
  }

  void preempt(const PodInfo& pod, const Decision& decision) {
    for (const PodPtr& other : decision.displaced) {
      snapshot.nominate(other, "");
      tasks->spawn("displace", [this, other] { return take_nomination(other); });
    }
    for (const PodPtr& victim : decision.victims) {
      if (victim->deleting || !evicting.insert(victim->uid).second) continue;
      tasks->spawn("preempt", [this, victim, uid = pod.uid, node = *decision.nominate] {
        return evict(victim, uid, node);
      });  // Not spawned: stopped, and the set is emptied.
    }
  }

  static client::Target target_of(const PodInfo& pod, std::string subresource) {
    return {client::kPods, std::string(object::namespace_of(pod.object.root())),
            std::string(object::name_of(pod.object.root())), std::move(subresource)};
  }

  Task<> evict(PodPtr victim, std::string preemptor, std::string node) {
    auto marked = co_await context.transport.patch(
        target_of(*victim, "status"), client::PatchType::StrategicMerge,
        disruption_patch(*victim, context.clock.system_now()), {});
    Result<Document> removed = marked
                                   ? co_await context.transport.remove(target_of(*victim, ""), {.uid = victim->uid})
                                   : std::move(marked);
    evicting.erase(victim->uid);
    if (!removed) {
      if (!removed.error().is(Reason::NotFound) && !removed.error().is(Reason::Cancelled)) {
        kLog.warn("preemption failed", {{"pod", victim->key}, {"error", removed.error()}});
      }
      co_return;
    }
    record(*victim, "Normal", "Preempted", fmt::format("Preempted by pod {} on node {}", preemptor, node));
  }

  Task<> take_nomination(PodPtr pod) {
    auto written = co_await context.transport.patch(
        target_of(*pod, "status"), client::PatchType::StrategicMerge, no_nomination_patch(*pod), {});
    if (!written && !written.error().is(Reason::NotFound) && !written.error().is(Reason::Cancelled)) {
      kLog.warn("nomination not taken back", {{"pod", pod->key}, {"error", written.error()}});
    }
  }

  Task<> bind(PodPtr pod, std::string node) {
    auto bound = co_await context.transport.create(
        target_of(*pod, "binding"), binding(*pod, node), {});
    if (bound) {
      queue.done(pod->uid);
      record(*pod, "Normal", "Scheduled", fmt::format("Successfully assigned {} to {}", pod->key, node));
      co_return;
    }
    if (bound.error().is(Reason::Cancelled)) co_return;
    // It may be on a node all the same: the answer was lost, or another was faster.
    if (!snapshot.is_assumed(pod->uid)) co_return;
    if (const PodPtr gone = snapshot.remove_pod(pod->uid)) tell(gone_event(*gone));
    if (bound.error().is(Reason::NotFound)) {
      // The pod is gone: its deletion will be heard of. If not, the node is unknown to the API.
      kLog.debug("binding refused", {{"pod", pod->key}, {"error", bound.error()}});
    }
    queue.failed(pod->uid);
    wake.notify();
    if (!pods.get(pod->key)) co_return;
    report(*pod, "SchedulerError",
           fmt::format("binding rejected: running Bind plugin \"DefaultBinder\": {}",
                       bound.error().message()),
           std::nullopt);
  }

  // ---- telling

  void record(const PodInfo& pod, std::string_view type, std::string_view reason, std::string text) {
    events->record(pod.object, client::kPods, type, reason, note(std::move(text)));
  }

  void report(const PodInfo& pod, std::string_view reason, const std::string& message,
              std::optional<std::string> nominated) {
    record(pod, "Warning", "FailedScheduling", message);
    status->set(pod, reason, message, std::move(nominated));
  }

  client::LoopContext context;
  client::Informer& pods;
  client::Informer& nodes;
  Reasons reasons;
  Snapshot snapshot;
  Plugins plugins;
  client::Informer& budgets;
  Remedies remedies;
  Queue queue;
  Cycle cycle;
  Notify wake;
  bool running = false;
  std::set<std::string> evicting;  // UIDs of victims whose deletion is under way.
  std::unique_ptr<client::EventRecorder> events;  // One for each start().
  std::unique_ptr<StatusWriter> status;
  std::unique_ptr<TaskGroup> tasks;  // Last: joined first.
};

Scheduler::Scheduler(client::LoopContext context, Rng& rng)
    : state_(std::make_unique<State>(context, rng)) {}

Scheduler::~Scheduler() = default;

void Scheduler::start() {
  State& s = *state_;
  s.events = std::make_unique<client::EventRecorder>(s.context.transport, s.context.strand,
                                                     s.context.clock, std::string(kName));
  s.tasks = std::make_unique<TaskGroup>(s.context.strand);
  s.status = std::make_unique<StatusWriter>(s.context.transport, s.context.clock, s.pods, *s.tasks);
  s.tasks->spawn("scheduler", [&s] { return s.run(); });
}

Task<> Scheduler::stop() {
  State& s = *state_;
  if (!s.tasks) co_return;
  co_await s.tasks->stop();
  s.running = false;
  co_await s.events->stop();
  s.queue.clear();
  s.snapshot.clear();
  s.evicting.clear();
  s.status.reset();
}

}  // namespace knarr::scheduler
