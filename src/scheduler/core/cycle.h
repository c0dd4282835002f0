// SPDX-License-Identifier: Apache-2.0
// Cycle: finds the node for one pod: prepare, filter, score, choose. Pure but for the random
// choice among equals; never waits. Source: pkg/scheduler/schedule_one.go.
#pragma once

#include "scheduler/core/plugin.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace knarr::scheduler {

/// Sets of plug-ins: bit n is the n-th of Plugins.
using PluginSet = std::uint64_t;

/// The nodes that a pod may not use, for those who look for a remedy.
struct Diagnosis {
  std::size_t all_nodes = 0;
  std::vector<NodeInfo*> looked_at;   // Those that were filtered and refused,
  std::vector<Verdict> verdicts;      // and why. All others are Unresolvable.
  bool prepared = false;              // False: a plug-in refused the pod for all nodes.
  PluginSet rejectors = 0;
};

/// What a remedy came to.
struct Remedy {
  enum class Kind : std::uint8_t {
    Helped,    // The pod may come again, to the nominated node.
    Rejected,  // The next one is asked.
    Final,     // No other is asked.
  };
  Kind kind = Kind::Rejected;
  std::string message;
  std::optional<std::string> nominate;  // Set: the pod's nominated node; "" takes it back.
  std::vector<PodPtr> victims;          // To be deleted for it.
  std::vector<PodPtr> displaced;        // Lose their nomination to it.
};

class Filters;

/// Asked when no node can be used (Kubernetes' PostFilter): preemption.
class RemedyPlugin {
 public:
  RemedyPlugin() = default;
  RemedyPlugin(const RemedyPlugin&) = delete;
  RemedyPlugin& operator=(const RemedyPlugin&) = delete;
  virtual ~RemedyPlugin() = default;
  virtual Remedy help(const PodInfo& pod, const Diagnosis& diagnosis, Snapshot& snapshot,
                      Filters& filters) = 0;
};

using Remedies = std::vector<std::unique_ptr<RemedyPlugin>>;

/// The filters prepared for the pod at hand.
class Filters {
 public:
  explicit Filters(const Plugins& plugins) : plugins_(plugins) {}

  struct Refusal {
    PluginSet by = 0;
    Verdict verdict = Verdict::Ok;
    std::string message;
  };
  /// Prepares all plug-ins; gives the refusal if one will have the pod nowhere.
  Refusal prepare(const PodInfo& pod, const Snapshot& snapshot);
  /// Asks the plug-ins in order; the first that refuses decides.
  Verdict run(const NodeInfo& node, ReasonList& why, PluginSet& rejectors) const;
  /// The same with the pods counted that the node is nominated for, if they are as important; the
  /// pod must fit without them, too. The node is as before afterwards.
  Verdict run_nominated(NodeInfo& node, ReasonList& why, PluginSet& rejectors) const;
  void pod_added(const PodInfo& other, const NodeInfo& node) const;
  void pod_removed(const PodInfo& other, const NodeInfo& node) const;

  /// Node names that plug-ins limited the pod to, sorted; and who did.
  [[nodiscard]] const std::optional<std::vector<std::string>>& only_nodes() const { return only_; }
  [[nodiscard]] PluginSet only_by() const { return only_by_; }
  [[nodiscard]] std::string names_of(PluginSet set) const;  // Sorted: "[A B]"

 private:
  struct Active {
    Plugin* plugin;
    PluginSet bit;
  };
  const Plugins& plugins_;
  const PodInfo* pod_ = nullptr;
  std::vector<Active> active_;
  std::optional<std::vector<std::string>> only_;
  PluginSet only_by_ = 0;
};

struct Decision {
  NodeInfo* node = nullptr;     // Null: none.
  std::string message;          // Why none.
  PluginSet rejectors = 0;      // Who has to hear of news.
  std::optional<std::string> nominate;  // As in Remedy.
  std::vector<PodPtr> victims;
  std::vector<PodPtr> displaced;
};

class Cycle {
 public:
  /// Nodes are looked at until enough are found: `percentage` of 0 lets the size of the cluster
  /// decide. `remedies` and the others must outlive this.
  Cycle(Snapshot& snapshot, const Plugins& plugins, Reasons& reasons, Rng& rng,
        std::vector<RemedyPlugin*> remedies = {}, int percentage = 0);

  Decision run(const PodInfo& pod);

 private:
  void find(const PodInfo& pod);
  void forget_found();
  [[nodiscard]] bool may_use(const NodeInfo& node) const;
  void consider(NodeInfo* node);
  NodeInfo* choose(const PodInfo& pod);
  std::string explain(const Filters::Refusal& refusal) const;
  void remedy(const PodInfo& pod, Decision& decision);
  [[nodiscard]] std::size_t enough(std::size_t nodes) const;

  Snapshot& snapshot_;
  const Plugins& plugins_;
  Reasons& reasons_;
  Rng& rng_;
  std::vector<RemedyPlugin*> remedies_;
  int percentage_;
  std::size_t next_start_ = 0;

  // Of the pod at hand; kept for their memory.
  Filters filters_;
  Diagnosis diagnosis_;
  std::vector<NodeInfo*> feasible_;
  ReasonList why_;
  std::vector<std::uint32_t> counts_;  // By ReasonId.
  std::vector<std::int64_t> totals_;
  std::vector<std::int64_t> scores_;
  PluginSet named_ = 0;  // Who is named for nodes that were not looked at.
};

/// "0/3 nodes are available: 1 Insufficient cpu, 2 Too many pods." with Kubernetes' order.
std::string no_nodes_message(std::size_t nodes, std::vector<std::string> counted);

}  // namespace knarr::scheduler
