// SPDX-License-Identifier: Apache-2.0
// NodeResourcesBalancedAllocation: a node where the pod brings the shares of cpu and memory in use
// closer to each other is better.
#include "scheduler/plugins/all.h"

#include <algorithm>
#include <cmath>

namespace knarr::scheduler {

namespace {

std::int64_t balance(std::int64_t cpu, std::int64_t memory, const NodeFacts& node) {
  const std::int64_t all_cpu = node.has(kCpu);
  const std::int64_t all_memory = node.has(kMemory);
  if (all_cpu == 0 || all_memory == 0) return kMaxScore;
  const double cpu_share = std::min(1.0, static_cast<double>(cpu) / static_cast<double>(all_cpu));
  const double memory_share =
      std::min(1.0, static_cast<double>(memory) / static_cast<double>(all_memory));
  const double deviation = std::abs((cpu_share - memory_share) / 2);
  return static_cast<std::int64_t>((1 - deviation) * static_cast<double>(kMaxScore));
}

class BalancedAllocation final : public Plugin {
 public:
  [[nodiscard]] std::string_view name() const override { return "NodeResourcesBalancedAllocation"; }

  [[nodiscard]] std::int64_t weight() const override { return 1; }
  bool prepare_score(const PodInfo& pod, const Snapshot&, std::span<NodeInfo* const>) override {
    cpu_ = memory_ = 0;
    for (const Amount& asked : pod.requests) {
      if (asked.resource == kCpu) cpu_ = asked.amount;
      if (asked.resource == kMemory) memory_ = asked.amount;
    }
    return cpu_ != 0 || memory_ != 0;
  }
  void score(std::span<NodeInfo* const> nodes, std::span<std::int64_t> out) override {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const NodeInfo& node = *nodes[i];
      const std::int64_t cpu = node.takes(kCpu);
      const std::int64_t memory = node.takes(kMemory);
      const std::int64_t without = balance(cpu, memory, *node.facts);
      const std::int64_t with = balance(cpu + cpu_, memory + memory_, *node.facts);
      out[i] = kMaxScore / 2 + (kMaxScore / 2 + with - without) / 2;
    }
  }

 private:
  std::int64_t cpu_ = 0;
  std::int64_t memory_ = 0;
};

}  // namespace

std::unique_ptr<Plugin> make_balanced_allocation() { return std::make_unique<BalancedAllocation>(); }

}  // namespace knarr::scheduler
