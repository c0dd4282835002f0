// SPDX-License-Identifier: Apache-2.0
// The list. Names and accounts: k8s.io/kubernetes cmd/kube-controller-manager/names.
#include "controllers/all.h"

#include "controllers/cluster_role_aggregation/controller.h"
#include "controllers/deployment/controller.h"
#include "controllers/endpoint_slice/controller.h"
#include "controllers/endpoints/controller.h"
#include "controllers/garbage_collector/controller.h"
#include "controllers/job/controller.h"
#include "controllers/namespace/controller.h"
#include "controllers/node_lifecycle/controller.h"
#include "controllers/pod_gc/controller.h"
#include "controllers/replica_set/controller.h"
#include "controllers/root_ca/controller.h"
#include "controllers/service_account/controller.h"
#include "controllers/taint_eviction/controller.h"

#include <algorithm>

namespace knarr::controllers {

namespace {

template <typename T>
std::unique_ptr<client::Controller> make(client::LoopContext context,
                                         const ControllerOptions& options) {
  if constexpr (std::is_constructible_v<T, client::LoopContext, const ControllerOptions&>) {
    return std::make_unique<T>(context, options);
  } else {
    return std::make_unique<T>(context);
  }
}

constexpr ControllerEntry kControllers[] = {
    {"clusterrole-aggregation-controller", "clusterrole-aggregation-controller",
     make<ClusterRoleAggregationController>},
    {"deployment-controller", "deployment-controller", make<DeploymentController>},
    {"endpoints-controller", "endpoint-controller", make<EndpointsController>},
    {"endpointslice-controller", "endpointslice-controller", make<EndpointSliceController>},
    {"garbage-collector-controller", "generic-garbage-collector", make<GarbageCollector>},
    {"job-controller", "job-controller", make<JobController>},
    {"namespace-controller", "namespace-controller", make<NamespaceController>},
    {"node-lifecycle-controller", "node-controller", make<NodeLifecycleController>},
    {"pod-garbage-collector-controller", "pod-garbage-collector", make<PodGarbageCollector>},
    {"replicaset-controller", "replicaset-controller", make<ReplicaSetController>},
    {"replicationcontroller-controller", "replication-controller",
     make<ReplicationControllerController>},
    {"root-ca-certificate-publisher-controller", "root-ca-cert-publisher",
     make<RootCaController>},
    {"serviceaccount-controller", "service-account-controller", make<ServiceAccountController>},
    {"taint-eviction-controller", "node-controller", make<TaintEvictionController>},
};

}  // namespace

std::span<const ControllerEntry> all_controllers() { return kControllers; }

bool is_enabled(const ControllerEntry& entry, const std::vector<std::string>& selection) {
  bool star = false;
  for (const std::string& item : selection) {
    if (item == entry.name) return true;
    if (item.starts_with('-') && std::string_view(item).substr(1) == entry.name) return false;
    star = star || item == "*";
  }
  return star && entry.on_by_default;
}

std::vector<std::string> unknown_controllers(const std::vector<std::string>& selection) {
  std::vector<std::string> unknown;
  for (const std::string& item : selection) {
    std::string_view name = item;
    if (name == "*") continue;
    if (name.starts_with('-')) name.remove_prefix(1);
    const bool known = std::ranges::any_of(
        kControllers, [&](const ControllerEntry& entry) { return entry.name == name; });
    if (!known) unknown.push_back(item);
  }
  return unknown;
}

}  // namespace knarr::controllers
