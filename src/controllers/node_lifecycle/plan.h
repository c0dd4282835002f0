// SPDX-License-Identifier: Apache-2.0
// What a node's conditions mean: taints, and what is written about one that fell silent. Pure.
// Source: k8s.io/kubernetes pkg/controller/nodelifecycle.
#pragma once

#include "base/clock.h"
#include "controllers/conditions.h"
#include "object/document.h"

#include <map>
#include <string>
#include <vector>

namespace knarr::controllers::node_lifecycle {

inline constexpr std::string_view kNotReady = "node.kubernetes.io/not-ready";
inline constexpr std::string_view kUnreachable = "node.kubernetes.io/unreachable";

struct Taint {
  std::string key;
  std::string value;
  std::string effect;
  std::string time_added;
  friend bool operator==(const Taint&, const Taint&) = default;
};
using Taints = std::vector<Taint>;
Taints read_taints(object::Value node);

/// "True", "False", "Unknown"; empty when the kubelet never said.
std::string_view ready_status(object::Value node);

/// Conditions of a node that nobody heard of for too long. Gives the same list when nothing changes.
Conditions silent_conditions(object::Value node, SystemTime now);

/// What NoExecute should say, by the state of Ready and whether evictions are allowed now.
enum class Evict : std::uint8_t { No, Wait, Yes };

/// The taints that a node should have: of conditions (NoSchedule) and of eviction (NoExecute); those
/// that are others' stay. Taints that are there keep their time.
Taints wanted_taints(object::Value node, Evict evict, SystemTime now);

/// How a zone does. Evictions: at the normal rate, slowly or not at all, when too many nodes are lost
/// (then it is rather this control plane that is cut off).
enum class ZoneState : std::uint8_t { Normal, Partial, Full };
struct Zone {
  int ready = 0;
  int lost = 0;
  [[nodiscard]] ZoneState state() const;
  /// Between two evicted nodes; nothing: no evictions.
  [[nodiscard]] std::optional<std::chrono::seconds> pause() const;
};
std::string zone_of(object::Value node);
std::map<std::string, Zone> count_zones(const std::vector<object::Document>& nodes);

}  // namespace knarr::controllers::node_lifecycle
