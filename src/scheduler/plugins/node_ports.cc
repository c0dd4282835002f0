// SPDX-License-Identifier: Apache-2.0
// NodePorts: two pods of a node cannot have the same port of the node.
#include "scheduler/plugins/all.h"

namespace knarr::scheduler {

namespace {

bool any_clash(const std::vector<HostPort>& a, const std::vector<HostPort>& b) {
  for (const HostPort& one : a) {
    for (const HostPort& other : b) {
      if (one.clashes(other)) return true;
    }
  }
  return false;
}

class NodePorts final : public Plugin {
 public:
  explicit NodePorts(Reasons& reasons)
      : reason_(reasons.id("node(s) didn't have free ports for the requested pod ports")) {}
  [[nodiscard]] std::string_view name() const override { return "NodePorts"; }

  Prepared prepare(const PodInfo& pod, const Snapshot&) override {
    pod_ = &pod;
    return pod.ports.empty() ? Prepared::skip() : Prepared::run();
  }
  Verdict filter(const NodeInfo& node, ReasonList& why) override {
    if (!any_clash(pod_->ports, node.ports)) return Verdict::Ok;
    why.push_back(reason_);
    return Verdict::Unschedulable;
  }

  [[nodiscard]] std::uint32_t events() const override { return kNodeAdded | kPodGone; }
  [[nodiscard]] bool helps(const PodInfo& pod, const ClusterEvent& event) const override {
    return event.pod_before == nullptr || any_clash(pod.ports, event.pod_before->ports);
  }

 private:
  ReasonId reason_;
  const PodInfo* pod_ = nullptr;
};

}  // namespace

std::unique_ptr<Plugin> make_node_ports(Reasons& reasons) { return std::make_unique<NodePorts>(reasons); }

}  // namespace knarr::scheduler
