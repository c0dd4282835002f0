// SPDX-License-Identifier: Apache-2.0
// Plugin: one rule of scheduling: which nodes a pod may use (filter), which it likes (score), and
// which news may help a pod that the rule kept out (events, helps). A cycle prepares each plug-in
// once for its pod; filter() then runs for every node and must not allocate.
#pragma once

#include "base/rng.h"
#include "scheduler/core/snapshot.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::scheduler {

inline constexpr std::int64_t kMaxScore = 100;

enum class Verdict : std::uint8_t {
  Ok,
  Unschedulable,  // May change if pods went away.
  Unresolvable,   // Would not.
};

using ReasonId = std::uint32_t;

/// Texts of refusals as numbers, so that nodes are counted without texts.
class Reasons {
 public:
  ReasonId id(std::string_view text) {
    const auto found = ids_.find(text);
    if (found != ids_.end()) return found->second;
    const auto next = static_cast<ReasonId>(texts_.size());
    const auto at = ids_.emplace(text, next).first;
    texts_.push_back(at->first);
    return next;
  }
  [[nodiscard]] std::string_view text(ReasonId id) const { return texts_[id]; }
  [[nodiscard]] std::size_t size() const { return texts_.size(); }

 private:
  std::map<std::string, ReasonId, std::less<>> ids_;
  std::vector<std::string_view> texts_;
};

using ReasonList = std::vector<ReasonId>;

/// What happened in the cluster, as bits: one piece of news may be several.
enum EventBits : std::uint32_t {
  kNodeAdded = 1U << 0U,
  kNodeAllocatable = 1U << 1U,
  kNodeLabels = 1U << 2U,
  kNodeTaints = 1U << 3U,     // Also spec.unschedulable.
  kPodPlaced = 1U << 4U,      // A pod counts on a node that did not.
  kPodLabels = 1U << 5U,      // Of a placed pod.
  kPodScaledDown = 1U << 6U,  // A placed pod takes less.
  kPodGone = 1U << 7U,        // A placed pod was deleted or has finished.
  kOwnChange = 1U << 8U,      // The waiting pod itself changed in a way that matters.
};

struct ClusterEvent {
  std::uint32_t bits = 0;
  const NodeFacts* node_before = nullptr;
  const NodeFacts* node = nullptr;
  const PodInfo* pod_before = nullptr;
  const PodInfo* pod = nullptr;
};

/// The outcome of preparing a plug-in for a pod.
struct Prepared {
  enum class Kind : std::uint8_t { Run, Skip, Reject };
  Kind kind = Kind::Skip;
  Verdict verdict = Verdict::Ok;     // Of Reject.
  std::string message;               // Of Reject.
  std::optional<std::vector<std::string>> only_nodes;  // No other node is looked at.

  static Prepared run() { return {.kind = Kind::Run}; }
  static Prepared skip() { return {}; }
  static Prepared reject(Verdict verdict, std::string message) {
    return {Kind::Reject, verdict, std::move(message), std::nullopt};
  }
};

class Plugin {
 public:
  Plugin() = default;
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;
  virtual ~Plugin() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;

  /// May the pod be scheduled at all? Asked when it comes into the queue and when it changes.
  [[nodiscard]] virtual bool may_queue(const PodInfo& pod) const {
    (void)pod;
    return true;
  }

  /// Computes what filter() needs to know of the pod. Skip: the pod does not concern the rule.
  virtual Prepared prepare(const PodInfo& pod, const Snapshot& snapshot) {
    (void)pod, (void)snapshot;
    return Prepared::skip();
  }
  /// Adds its reasons to `why` when the prepared pod may not use the node.
  virtual Verdict filter(const NodeInfo& node, ReasonList& why) {
    (void)node, (void)why;
    return Verdict::Ok;
  }
  /// The prepared pod is judged against a node that gets or loses another pod (preemption); for
  /// plug-ins whose preparation looked at other pods.
  virtual void pod_added(const PodInfo& other, const NodeInfo& node) { (void)other, (void)node; }
  virtual void pod_removed(const PodInfo& other, const NodeInfo& node) { (void)other, (void)node; }

  /// What its score counts against others'; 0: it has none.
  [[nodiscard]] virtual std::int64_t weight() const { return 0; }
  /// Computes what score() needs; false: it has no opinion on this pod.
  virtual bool prepare_score(const PodInfo& pod, const Snapshot& snapshot,
                             std::span<NodeInfo* const> nodes) {
    (void)pod, (void)snapshot, (void)nodes;
    return false;
  }
  /// 0 to kMaxScore for each node.
  virtual void score(std::span<NodeInfo* const> nodes, std::span<std::int64_t> out) {
    (void)nodes, (void)out;
  }

  /// EventBits after which a pod that this rule kept out is looked at again,
  [[nodiscard]] virtual std::uint32_t events() const { return 0; }
  /// if this says that it may help. Not about the prepared pod.
  [[nodiscard]] virtual bool helps(const PodInfo& pod, const ClusterEvent& event) const {
    (void)pod, (void)event;
    return true;
  }
};

/// Stretches scores so that the highest becomes kMaxScore; `reverse`: the lowest counts best.
void normalize_scores(std::span<std::int64_t> scores, bool reverse);

using Plugins = std::vector<std::unique_ptr<Plugin>>;  // At most 64: sets of them are bits.

}  // namespace knarr::scheduler
