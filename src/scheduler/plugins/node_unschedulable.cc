// SPDX-License-Identifier: Apache-2.0
// NodeUnschedulable: a cordoned node takes only pods that tolerate it.
#include "scheduler/core/tolerations.h"
#include "scheduler/plugins/all.h"

namespace knarr::scheduler {

namespace {

bool tolerates_cordon(const PodInfo& pod) {
  static const Taint kCordon{"node.kubernetes.io/unschedulable", "", Taint::Effect::NoSchedule};
  return Tolerations(pod.object[object::atom::spec]).tolerate(kCordon);
}

class NodeUnschedulable final : public Plugin {
 public:
  explicit NodeUnschedulable(Reasons& reasons) : reason_(reasons.id("node(s) were unschedulable")) {}
  [[nodiscard]] std::string_view name() const override { return "NodeUnschedulable"; }

  Prepared prepare(const PodInfo& pod, const Snapshot&) override {
    return tolerates_cordon(pod) ? Prepared::skip() : Prepared::run();
  }
  Verdict filter(const NodeInfo& node, ReasonList& why) override {
    if (!node.facts->unschedulable) return Verdict::Ok;
    why.push_back(reason_);
    return Verdict::Unresolvable;
  }
  [[nodiscard]] std::uint32_t events() const override { return kNodeAdded | kNodeTaints | kOwnChange; }
  [[nodiscard]] bool helps(const PodInfo& pod, const ClusterEvent& event) const override {
    if (event.node == nullptr) return tolerates_cordon(pod);
    return !event.node->unschedulable &&
           (event.node_before == nullptr || event.node_before->unschedulable);
  }

 private:
  ReasonId reason_;
};

}  // namespace

std::unique_ptr<Plugin> make_node_unschedulable(Reasons& reasons) {
  return std::make_unique<NodeUnschedulable>(reasons);
}

}  // namespace knarr::scheduler
