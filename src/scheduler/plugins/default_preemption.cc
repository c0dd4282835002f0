// SPDX-License-Identifier: Apache-2.0
// DefaultPreemption: would a pod fit if pods of lower priority went away?
#include "scheduler/plugins/all.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace knarr::scheduler {

namespace {

constexpr std::string_view kNotHelpful = "Preemption is not helpful for scheduling";
constexpr std::string_view kNoVictims = "No preemption victims found for incoming pod";

class DefaultPreemption final : public RemedyPlugin {
 public:
  explicit DefaultPreemption(Reasons& reasons) : reasons_(reasons) {}

  Remedy help(const PodInfo& pod, const Diagnosis& diagnosis, Snapshot&, Filters& filters) override {
    if (pod.object[object::atom::spec][object::atom::preemptionPolicy].as_string() == "Never") {
      return {.message = "preemption: not eligible due to preemptionPolicy=Never."};
    }
    std::map<std::string_view, std::size_t> counts;
    std::size_t tried = 0;
    for (std::size_t i = 0; i < diagnosis.looked_at.size(); ++i) {
      if (diagnosis.verdicts[i] != Verdict::Unschedulable) continue;
      ++tried;
      try_node(pod, *diagnosis.looked_at[i], filters, counts);
    }
    if (diagnosis.all_nodes > tried) counts[kNotHelpful] += diagnosis.all_nodes - tried;
    std::vector<std::string> texts;
    for (const auto& [text, count] : counts) texts.push_back(fmt::format("{} {}", count, text));
    return {.message = fmt::format("preemption: {}", no_nodes_message(diagnosis.all_nodes, std::move(texts)))};
  }

 private:
  // Without all pods of lower priority, does it fit?
  void try_node(const PodInfo& pod, NodeInfo& node, const Filters& filters,
                std::map<std::string_view, std::size_t>& counts) const {
    std::vector<PodPtr> lower;
    for (const PodPtr& other : node.pods) {
      if (other->priority < pod.priority) lower.push_back(other);
    }
    if (lower.empty()) {
      ++counts[kNoVictims];
      return;
    }
    for (const PodPtr& other : lower) {
      node.remove(*other);
      filters.pod_removed(*other, node);
    }
    ReasonList why;
    PluginSet rejectors = 0;
    (void)filters.run(node, why, rejectors);
    for (const PodPtr& other : lower) {
      node.add(other);
      filters.pod_added(*other, node);
    }
    for (const ReasonId reason : why) ++counts[reasons_.text(reason)];
  }

  Reasons& reasons_;
};

}  // namespace

std::unique_ptr<RemedyPlugin> make_default_preemption(Reasons& reasons) {
  return std::make_unique<DefaultPreemption>(reasons);
}

}  // namespace knarr::scheduler
