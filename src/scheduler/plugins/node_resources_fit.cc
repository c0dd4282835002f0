// SPDX-License-Identifier: Apache-2.0
// NodeResourcesFit: what the pod asks for must be free on the node (BEHAVIOURS 103); nodes with more
// left of cpu and memory are better (LeastAllocated).
#include "scheduler/plugins/all.h"

#include <fmt/core.h>

#include <algorithm>

namespace knarr::scheduler {

namespace {

std::int64_t request_of(const PodInfo& pod, ResourceId resource) {
  const auto found = std::ranges::find(pod.requests, resource, &Amount::resource);
  return found == pod.requests.end() ? 0 : found->amount;
}

// Would the pod fit if the node were empty?
bool fits_empty(const PodInfo& pod, const NodeFacts& node) {
  return node.allowed_pods > 0 && std::ranges::all_of(pod.requests, [&](const Amount& asked) {
           return asked.amount <= node.has(asked.resource);
         });
}

bool has_more(const PodInfo& pod, const NodeFacts& before, const NodeFacts& now) {
  return now.allowed_pods > before.allowed_pods ||
         std::ranges::any_of(pod.requests, [&](const Amount& asked) {
           return now.has(asked.resource) > before.has(asked.resource);
         });
}

std::int64_t free_share(std::int64_t taken, std::int64_t capacity) {
  return taken > capacity ? 0 : (capacity - taken) * kMaxScore / capacity;
}

class NodeResourcesFit final : public Plugin {
 public:
  explicit NodeResourcesFit(Reasons& reasons)
      : reasons_(reasons), too_many_pods_(reasons.id("Too many pods")) {}
  [[nodiscard]] std::string_view name() const override { return "NodeResourcesFit"; }

  Prepared prepare(const PodInfo& pod, const Snapshot& snapshot) override {
    pod_ = &pod;
    const ResourceNames& names = snapshot.resources();
    while (insufficient_.size() < names.size()) {
      const auto next = static_cast<ResourceId>(insufficient_.size());
      insufficient_.push_back(reasons_.id(fmt::format("Insufficient {}", names.name(next))));
    }
    return Prepared::run();
  }

  Verdict filter(const NodeInfo& node, ReasonList& why) override {
    Verdict verdict = Verdict::Ok;
    if (static_cast<std::int64_t>(node.pods.size()) + 1 > node.facts->allowed_pods) {
      why.push_back(too_many_pods_);
      verdict = Verdict::Unschedulable;
    }
    for (const Amount& asked : pod_->requests) {
      const std::int64_t has = node.facts->has(asked.resource);
      if (asked.amount <= has - node.takes(asked.resource)) continue;
      why.push_back(insufficient_[asked.resource]);
      if (asked.amount > has) {
        verdict = Verdict::Unresolvable;
      } else if (verdict == Verdict::Ok) {
        verdict = Verdict::Unschedulable;
      }
    }
    return verdict;
  }

  [[nodiscard]] std::int64_t weight() const override { return 1; }
  bool prepare_score(const PodInfo& pod, const Snapshot&, std::span<NodeInfo* const>) override {
    pod_ = &pod;
    return true;
  }
  void score(std::span<NodeInfo* const> nodes, std::span<std::int64_t> out) override {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const NodeInfo& node = *nodes[i];
      std::int64_t sum = 0;
      std::int64_t kinds = 0;
      if (const std::int64_t cpu = node.facts->has(kCpu); cpu != 0) {
        sum += free_share(node.score_cpu + pod_->score_cpu, cpu);
        ++kinds;
      }
      if (const std::int64_t memory = node.facts->has(kMemory); memory != 0) {
        sum += free_share(node.score_memory + pod_->score_memory, memory);
        ++kinds;
      }
      out[i] = kinds == 0 ? 0 : sum / kinds;
    }
  }

  [[nodiscard]] std::uint32_t events() const override {
    return kNodeAdded | kNodeAllocatable | kPodGone | kPodScaledDown | kOwnChange;
  }
  [[nodiscard]] bool helps(const PodInfo& pod, const ClusterEvent& event) const override {
    if (event.node != nullptr) {
      return fits_empty(pod, *event.node) &&
             (event.node_before == nullptr || has_more(pod, *event.node_before, *event.node));
    }
    if ((event.bits & kPodScaledDown) == 0) return true;
    return std::ranges::any_of(pod.requests, [&](const Amount& asked) {
      return request_of(*event.pod, asked.resource) < request_of(*event.pod_before, asked.resource);
    });
  }

 private:
  Reasons& reasons_;
  ReasonId too_many_pods_;
  std::vector<ReasonId> insufficient_;  // By ResourceId.
  const PodInfo* pod_ = nullptr;
};

}  // namespace

std::unique_ptr<Plugin> make_node_resources_fit(Reasons& reasons) {
  return std::make_unique<NodeResourcesFit>(reasons);
}

}  // namespace knarr::scheduler
