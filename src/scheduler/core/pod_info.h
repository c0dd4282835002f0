// SPDX-License-Identifier: Apache-2.0
// PodInfo: what the scheduler needs to know of a pod, computed once for each version of it.
#pragma once

#include "object/document.h"
#include "scheduler/core/resource_names.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::scheduler {

/// An amount of one resource.
struct Amount {
  ResourceId resource = 0;
  std::int64_t amount = 0;
};

/// A port of the node that a pod takes. An empty address is every address.
struct HostPort {
  std::string address;
  std::string protocol;
  std::int32_t port = 0;

  /// May they not be on one node? (BEHAVIOURS 104)
  [[nodiscard]] bool clashes(const HostPort& other) const {
    return port == other.port && protocol == other.protocol &&
           (address.empty() || other.address.empty() || address == other.address);
  }
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

/// Immutable once made, shared between queue and snapshot.
struct PodInfo {
  object::Document object;
  std::string key;  // "namespace/name"
  std::string uid;
  std::string node_name;  // spec.nodeName
  std::string nominated;  // status.nominatedNodeName
  std::int32_t priority = 0;
  bool deleting = false;
  bool finished = false;         // Succeeded or Failed: takes nothing any more.
  std::vector<Amount> requests;  // Those above zero.
  std::int64_t score_cpu = 0;    // Requests where containers that ask for nothing count with a
  std::int64_t score_memory = 0; // little, so that they spread.
  std::vector<HostPort> ports;
};

using PodPtr = std::shared_ptr<const PodInfo>;

/// Reads a Pod. Quantities that cannot be read count as zero.
PodPtr make_pod_info(const object::Document& pod, ResourceNames& names);

/// The amount of a resource in a quantity's text: thousandths for cpu, whole units for others.
std::int64_t amount_of(ResourceId resource, std::string_view quantity);

}  // namespace knarr::scheduler
