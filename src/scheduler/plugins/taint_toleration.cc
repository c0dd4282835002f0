// SPDX-License-Identifier: Apache-2.0
// TaintToleration: taints keep away pods that do not tolerate them; of the nodes that are left,
// those with fewer disliked (PreferNoSchedule) taints are better.
#include "scheduler/core/tolerations.h"
#include "scheduler/plugins/all.h"

namespace knarr::scheduler {

namespace {

class TaintToleration final : public Plugin {
 public:
  explicit TaintToleration(Reasons& reasons) : reason_(reasons.id("node(s) had untolerated taint(s)")) {}
  [[nodiscard]] std::string_view name() const override { return "TaintToleration"; }

  Prepared prepare(const PodInfo& pod, const Snapshot&) override {
    tolerations_ = Tolerations(pod.object[object::atom::spec]);
    return Prepared::run();
  }
  Verdict filter(const NodeInfo& node, ReasonList& why) override {
    if (node.facts->taints.empty() || tolerations_.tolerate_all(*node.facts)) return Verdict::Ok;
    why.push_back(reason_);
    return Verdict::Unresolvable;
  }

  [[nodiscard]] std::int64_t weight() const override { return 3; }
  bool prepare_score(const PodInfo&, const Snapshot&, std::span<NodeInfo* const> nodes) override {
    for (const NodeInfo* node : nodes) {
      if (!node->facts->taints.empty()) return true;
    }
    return false;  // All equal.
  }
  void score(std::span<NodeInfo* const> nodes, std::span<std::int64_t> out) override {
    for (std::size_t i = 0; i < nodes.size(); ++i) out[i] = tolerations_.disliked(*nodes[i]->facts);
    normalize_scores(out, true);
  }

  [[nodiscard]] std::uint32_t events() const override { return kNodeAdded | kNodeTaints | kOwnChange; }
  [[nodiscard]] bool helps(const PodInfo& pod, const ClusterEvent& event) const override {
    if (event.node == nullptr) return true;
    const Tolerations tolerations(pod.object[object::atom::spec]);
    return tolerations.tolerate_all(*event.node) &&
           (event.node_before == nullptr || !tolerations.tolerate_all(*event.node_before));
  }

 private:
  ReasonId reason_;
  Tolerations tolerations_;
};

}  // namespace

std::unique_ptr<Plugin> make_taint_toleration(Reasons& reasons) {
  return std::make_unique<TaintToleration>(reasons);
}

}  // namespace knarr::scheduler
