// SPDX-License-Identifier: Apache-2.0
// NodeName: a pod that names its node may use no other.
#include "scheduler/plugins/all.h"

namespace knarr::scheduler {

namespace {

class NodeName final : public Plugin {
 public:
  explicit NodeName(Reasons& reasons)
      : reason_(reasons.id("node(s) didn't match the requested node name")) {}
  [[nodiscard]] std::string_view name() const override { return "NodeName"; }

  Prepared prepare(const PodInfo& pod, const Snapshot&) override {
    wanted_ = pod.node_name;
    return wanted_.empty() ? Prepared::skip() : Prepared::run();
  }
  Verdict filter(const NodeInfo& node, ReasonList& why) override {
    if (node.facts->name == wanted_) return Verdict::Ok;
    why.push_back(reason_);
    return Verdict::Unresolvable;
  }
  [[nodiscard]] std::uint32_t events() const override { return kNodeAdded; }

 private:
  ReasonId reason_;
  std::string wanted_;
};

}  // namespace

std::unique_ptr<Plugin> make_node_name(Reasons& reasons) { return std::make_unique<NodeName>(reasons); }

}  // namespace knarr::scheduler
