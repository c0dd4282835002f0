// SPDX-License-Identifier: Apache-2.0
// What a pod needs in all: requests and limits of its containers added up by Kubernetes' rules.
// Init containers run one by one, sidecars (restartPolicy Always) stay, pod-level resources replace
// the sum, overhead comes on top. Source: k8s.io/component-helpers/resource. Pure; any thread.
#pragma once

#include "object/document.h"
#include "object/quantity.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace knarr::api {

/// Amounts by resource name, in the order of names.
using Resources = std::map<std::string, object::Quantity, std::less<>>;

struct SumOptions {
  bool pod_level = true;  // spec.resources replaces the sum of the containers.
  bool overhead = true;
  /// A pod whose resize is under way holds the larger of what its spec, its allocation and its
  /// running containers say (status.containerStatuses).
  bool use_status = false;
  /// What a container counts with that does not ask for these resources (the scheduler's scores).
  const Resources* missing = nullptr;
};

/// The effective requests of a pod (a whole Pod object).
Resources pod_requests(object::Value pod, const SumOptions& options = {});
/// The effective limits. Overhead is added to limits that are set.
Resources pod_limits(object::Value pod, const SumOptions& options = {});
/// Requests (limits) of all containers of a pod spec, without pod-level resources and overhead.
Resources container_requests(object::Value pod_spec);
Resources container_limits(object::Value pod_spec);

/// May spec.resources name it? cpu, memory and huge pages.
bool supported_at_pod_level(std::string_view resource);

/// A resource list of a document ({"cpu": "1"}) as amounts.
Resources to_resources(object::Value list);
void add(Resources& sum, const Resources& other);
/// Each amount becomes the larger of the two.
void take_larger(Resources& most, const Resources& other);

enum class QosClass : std::uint8_t { Guaranteed, Burstable, BestEffort };
std::string_view to_string(QosClass qos);
/// The class by the requests and limits of the spec, whatever the status says.
QosClass qos_class(object::Value pod_spec);

}  // namespace knarr::api
