// SPDX-License-Identifier: Apache-2.0
// NodeAffinity: spec.nodeSelector, required and preferred node affinity.
#include "scheduler/core/node_selector.h"
#include "scheduler/plugins/all.h"

namespace knarr::scheduler {

namespace {

class NodeAffinity final : public Plugin {
 public:
  explicit NodeAffinity(Reasons& reasons)
      : reason_(reasons.id("node(s) didn't match Pod's node affinity/selector")) {}
  [[nodiscard]] std::string_view name() const override { return "NodeAffinity"; }

  Prepared prepare(const PodInfo& pod, const Snapshot&) override {
    required_ = RequiredNodes(pod.object[object::atom::spec]);
    if (!required_.is_set()) return Prepared::skip();
    Prepared prepared = Prepared::run();
    prepared.only_nodes = required_.only();
    if (prepared.only_nodes && prepared.only_nodes->empty()) {
      return Prepared::reject(Verdict::Unresolvable, "pod affinity terms conflict");
    }
    return prepared;
  }
  Verdict filter(const NodeInfo& node, ReasonList& why) override {
    if (required_.matches(*node.facts)) return Verdict::Ok;
    why.push_back(reason_);
    return Verdict::Unresolvable;
  }

  [[nodiscard]] std::int64_t weight() const override { return 2; }
  bool prepare_score(const PodInfo& pod, const Snapshot&, std::span<NodeInfo* const>) override {
    preferred_ = PreferredNodes(pod.object[object::atom::spec]);
    return preferred_.is_set();
  }
  void score(std::span<NodeInfo* const> nodes, std::span<std::int64_t> out) override {
    for (std::size_t i = 0; i < nodes.size(); ++i) out[i] = preferred_.weight(*nodes[i]->facts);
    normalize_scores(out, false);
  }

  [[nodiscard]] std::uint32_t events() const override { return kNodeAdded | kNodeLabels | kOwnChange; }
  [[nodiscard]] bool helps(const PodInfo& pod, const ClusterEvent& event) const override {
    if (event.node == nullptr) return true;
    const RequiredNodes required(pod.object[object::atom::spec]);
    return required.matches(*event.node) &&
           (event.node_before == nullptr || !required.matches(*event.node_before));
  }

 private:
  ReasonId reason_;
  RequiredNodes required_;
  PreferredNodes preferred_;
};

}  // namespace

std::unique_ptr<Plugin> make_node_affinity(Reasons& reasons) {
  return std::make_unique<NodeAffinity>(reasons);
}

}  // namespace knarr::scheduler
