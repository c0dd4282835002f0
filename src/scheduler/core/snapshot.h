// SPDX-License-Identifier: Apache-2.0
// Snapshot: the cluster as the scheduler sees it: nodes, what they have, what their pods take. It
// is changed step by step as news comes, and by the scheduler itself, which counts a pod on the
// node it chose before the binding is seen (an assumed pod). A cycle runs without waiting on the
// same strand, so this needs no copies.
#pragma once

#include "scheduler/core/pod_info.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace knarr::scheduler {

struct Taint {
  enum class Effect : std::uint8_t { NoSchedule, PreferNoSchedule, NoExecute };
  std::string key;
  std::string value;
  Effect effect = Effect::NoSchedule;
  friend bool operator==(const Taint&, const Taint&) = default;
};

struct Image {
  std::string name;
  std::int64_t size = 0;
};

/// What a Node object says, computed once for each version of it.
struct NodeFacts {
  object::Document object;
  std::string name;
  std::string zone;                       // Region and zone, for taking turns.
  std::vector<std::int64_t> allocatable;  // By ResourceId; missing ones are zero.
  std::int64_t allowed_pods = 0;
  std::vector<Taint> taints;
  std::vector<Image> images;  // Sorted by name.
  bool unschedulable = false;

  [[nodiscard]] object::Value labels() const;
  [[nodiscard]] std::int64_t has(ResourceId resource) const {
    return resource < allocatable.size() ? allocatable[resource] : 0;
  }
};

std::shared_ptr<const NodeFacts> make_node_facts(const object::Document& node, ResourceNames& names);

struct NodeInfo {
  std::shared_ptr<const NodeFacts> facts;  // Null while only pods of the node are known.
  std::vector<std::int64_t> requested;     // By ResourceId.
  std::int64_t score_cpu = 0;
  std::int64_t score_memory = 0;
  std::vector<PodPtr> pods;
  std::vector<PodPtr> nominated;  // Room is being made for these; they do not count.
  std::vector<HostPort> ports;
  std::uint32_t index = 0;  // In Snapshot::nodes().

  [[nodiscard]] std::int64_t takes(ResourceId resource) const {
    return resource < requested.size() ? requested[resource] : 0;
  }
  void add(const PodPtr& pod);
  /// False when the pod is not here.
  bool remove(const PodInfo& pod);
};

class Snapshot {
 public:
  Snapshot();
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  [[nodiscard]] ResourceNames& resources() { return resources_; }
  [[nodiscard]] const ResourceNames& resources() const { return resources_; }

  /// Adds a node or takes a new version of it; gives the old one, if any.
  std::shared_ptr<const NodeFacts> set_node(const object::Document& node);
  std::shared_ptr<const NodeFacts> remove_node(std::string_view name);

  /// Counts a pod on the node its spec names, instead of what was known under its UID.
  void set_pod(PodPtr pod);
  /// Counts a pod on a node before the API says so.
  void assume(PodPtr pod, std::string_view node);
  /// Forgets a pod, assumed or not; gives it, or null.
  PodPtr remove_pod(const std::string& uid);
  /// The pod as it is counted, or null.
  [[nodiscard]] PodPtr find_pod(const std::string& uid) const;
  [[nodiscard]] bool is_assumed(const std::string& uid) const;

  /// Notes that room is made for a waiting pod on a node; an empty name or another node undoes it.
  void nominate(const PodPtr& pod, std::string_view node);

  /// All nodes that exist, zones in turn, in the order in which they came (Kubernetes' node tree).
  [[nodiscard]] std::span<NodeInfo* const> nodes() const;
  /// On how many nodes an image is.
  [[nodiscard]] std::size_t nodes_with_image(std::string_view name) const;
  /// Null when it does not exist.
  [[nodiscard]] NodeInfo* find_node(std::string_view name) const;
  void clear();

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct Placed {
    PodPtr pod;
    NodeInfo* node = nullptr;
    bool assumed = false;
  };
  NodeInfo& entry(std::string_view name);
  void place(PodPtr pod, std::string_view node, bool assumed);
  void drop_if_empty(NodeInfo* node);
  void order() const;
  void count_images(const NodeFacts* before, const NodeFacts* now);

  ResourceNames resources_;
  std::unordered_map<std::string, std::unique_ptr<NodeInfo>, TextHash, std::equal_to<>> by_name_;
  std::unordered_map<std::string, Placed> pods_;
  std::unordered_map<std::string, NodeInfo*> nominations_;  // By UID of the pod.
  std::unordered_map<std::string, std::size_t, TextHash, std::equal_to<>> images_;
  std::vector<std::pair<std::string, std::vector<NodeInfo*>>> zones_;
  mutable std::vector<NodeInfo*> nodes_;
  mutable bool ordered_ = true;
};

}  // namespace knarr::scheduler
