// SPDX-License-Identifier: Apache-2.0
// Which EndpointSlices a service should have, beside those it has. Pure.
// Source: k8s.io/endpointslice reconciler.go.
#pragma once

#include "object/document.h"
#include "object/draft.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::controllers::endpoint_slice {

inline constexpr std::string_view kServiceName = "kubernetes.io/service-name";
inline constexpr std::string_view kManagedBy = "endpointslice.kubernetes.io/managed-by";
inline constexpr std::string_view kManager = "endpointslice-controller.k8s.io";
inline constexpr std::size_t kMostEndpoints = 100;  // In one slice.

struct Port {
  std::string name;
  std::string protocol;
  std::int64_t port = 0;
  std::string app_protocol;
  friend auto operator<=>(const Port&, const Port&) = default;
};
using Ports = std::vector<Port>;  // Sorted.

struct Endpoint {
  std::vector<std::string> addresses;
  bool ready = false;
  bool serving = false;
  bool terminating = false;
  std::string hostname;
  std::string node;
  std::string zone;
  std::string pod;
  std::string pod_namespace;
  std::string pod_uid;
  std::vector<std::string> hint_zones;
  std::vector<std::string> hint_nodes;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
  /// What makes it the same one over changes of its state.
  [[nodiscard]] std::string identity() const;
};

struct Slice {
  object::Document document;  // Empty for a new one.
  std::string name;
  std::string family;  // addressType
  Ports ports;
  std::vector<Endpoint> endpoints;
};

struct Input {
  object::Value service;
  const std::vector<object::Document>& pods;          // Those it selects.
  const std::vector<object::Document>& slices;        // Those with its name and our mark.
  const std::map<std::string, std::string>& zones;    // Node name -> zone, "" without one.
};

struct Plan {
  std::vector<Slice> create;
  std::vector<Slice> update;  // `document` is what is there.
  std::vector<object::Document> remove;
  bool incomplete = false;  // A pod's node is not known yet: try again.
};

Plan plan_slices(const Input& input);

/// The slice as an object; `trigger_time` may be empty.
object::Draft write_slice(const Slice& slice, object::Value service, std::string_view trigger_time);

}  // namespace knarr::controllers::endpoint_slice
