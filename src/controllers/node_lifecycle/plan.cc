// SPDX-License-Identifier: Apache-2.0
#include "controllers/node_lifecycle/plan.h"

#include "controllers/pods.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace knarr::controllers::node_lifecycle {

using object::Document;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr std::string_view kNoSchedule = "NoSchedule";
constexpr std::string_view kNoExecute = "NoExecute";
constexpr std::string_view kUnschedulable = "node.kubernetes.io/unschedulable";

struct Meaning {
  std::string_view condition;
  std::string_view status;
  std::string_view taint;
};

constexpr std::array kMeanings = {
    Meaning{"Ready", "False", kNotReady},
    Meaning{"Ready", "Unknown", kUnreachable},
    Meaning{"MemoryPressure", "True", "node.kubernetes.io/memory-pressure"},
    Meaning{"DiskPressure", "True", "node.kubernetes.io/disk-pressure"},
    Meaning{"NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"},
    Meaning{"PIDPressure", "True", "node.kubernetes.io/pid-pressure"},
};

constexpr std::array<std::string_view, 4> kKubeletConditions = {"Ready", "MemoryPressure",
                                                                "DiskPressure", "PIDPressure"};

bool is_managed(const Taint& taint) {
  if (taint.effect == kNoExecute) return taint.key == kNotReady || taint.key == kUnreachable;
  if (taint.effect != kNoSchedule) return false;
  return taint.key == kUnschedulable ||
         std::ranges::any_of(kMeanings, [&](const Meaning& m) { return m.taint == taint.key; });
}

}  // namespace

Taints read_taints(Value node) {
  Taints taints;
  for (const Value taint : node[atom::spec][atom::taints].items()) {
    taints.push_back({.key = std::string(taint[atom::key].as_string()),
                      .value = std::string(taint[atom::value].as_string()),
                      .effect = std::string(taint[atom::effect].as_string()),
                      .time_added = std::string(taint[atom::timeAdded].as_string())});
  }
  return taints;
}

std::string_view ready_status(Value node) {
  return controllers::find_condition(node, "Ready")[atom::status].as_string();
}

Conditions silent_conditions(Value node, SystemTime now) {
  Conditions conditions = read_conditions(node[atom::status][atom::conditions]);
  for (const std::string_view type : kKubeletConditions) {
    Condition* known = find(conditions, type);
    if (known == nullptr) {
      Condition condition{.type = std::string(type),
                          .status = "Unknown",
                          .reason = "NodeStatusNeverUpdated",
                          .message = "Kubelet never posted node status.",
                          .lastTransitionTime = time_text(now)};
      condition.lastHeartbeatTime = node[atom::metadata][atom::creationTimestamp].as_string();
      conditions.push_back(std::move(condition));
    } else if (known->status != "Unknown") {
      known->status = "Unknown";
      known->reason = "NodeStatusUnknown";
      known->message = "Kubelet stopped posting node status.";
      known->lastTransitionTime = time_text(now);
    }
  }
  return conditions;
}

Taints wanted_taints(Value node, Evict evict, SystemTime now) {
  const Taints present = read_taints(node);
  Taints wanted;
  for (const Taint& taint : present) {
    if (!is_managed(taint)) wanted.push_back(taint);
  }
  const auto find_present = [&present](std::string_view key, std::string_view effect) {
    return std::ranges::find_if(present, [&](const Taint& t) { return t.key == key && t.effect == effect; });
  };
  const auto want = [&](std::string_view key, std::string_view effect) {
    const auto known = find_present(key, effect);
    wanted.push_back(known != present.end() ? *known
                                            : Taint{std::string(key), "", std::string(effect), time_text(now)});
  };
  for (const Value condition : node[atom::status][atom::conditions].items()) {
    for (const Meaning& meaning : kMeanings) {
      if (condition[atom::type].as_string() == meaning.condition &&
          condition[atom::status].as_string() == meaning.status) {
        want(meaning.taint, kNoSchedule);
      }
    }
  }
  if (node[atom::spec][atom::unschedulable].as_bool()) want(kUnschedulable, kNoSchedule);
  const std::string_view ready = ready_status(node);
  if (ready == "True" || ready.empty() || evict == Evict::No) return wanted;
  const bool tainted = find_present(kNotReady, kNoExecute) != present.end() ||
                       find_present(kUnreachable, kNoExecute) != present.end();
  // One kind is swapped for the other at once; only the first one waits for its turn.
  if (tainted || evict == Evict::Yes) want(ready == "Unknown" ? kUnreachable : kNotReady, kNoExecute);
  return wanted;
}

ZoneState Zone::state() const {
  if (ready == 0 && lost > 0) return ZoneState::Full;
  // --unhealthy-zone-threshold
  return lost > 2 && lost * 100 >= (ready + lost) * 55 ? ZoneState::Partial : ZoneState::Normal;
}

std::optional<std::chrono::seconds> Zone::pause() const {
  constexpr int kLarge = 50;  // --large-cluster-size-threshold
  if (state() != ZoneState::Partial) return std::chrono::seconds(10);  // --node-eviction-rate
  if (ready + lost > kLarge) return std::chrono::seconds(100);  // --secondary-node-eviction-rate
  return std::nullopt;
}

std::string zone_of(Value node) {
  const Value labels = node[atom::metadata][atom::labels];
  return fmt::format("{}:{}", labels["topology.kubernetes.io/region"].as_string(),
                     labels["topology.kubernetes.io/zone"].as_string());
}

std::map<std::string, Zone> count_zones(const std::vector<Document>& nodes) {
  std::map<std::string, Zone> zones;
  for (const Document& node : nodes) {
    Zone& zone = zones[zone_of(node.root())];
    ++(ready_status(node.root()) == "True" ? zone.ready : zone.lost);
  }
  return zones;
}

}  // namespace knarr::controllers::node_lifecycle
