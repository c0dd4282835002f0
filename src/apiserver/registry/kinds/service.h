// SPDX-License-Identifier: Apache-2.0
// Services: questions that validation, updates and allocation all ask, and the checks they share.
// Source: k8s.io/kubernetes pkg/apis/core/validation, pkg/registry/core/service of 1.36.
#pragma once

#include "apiserver/registry/kinds/checks.h"

#include <string_view>

namespace knarr::apiserver::kinds::service {

/// A spec as a frozen value or as a draft's node.
template <typename V>
std::string_view type_of(V spec) {
  return spec["type"].as_string();
}
template <typename V>
bool is_load_balancer(V spec) {
  return type_of(spec) == "LoadBalancer";
}
template <typename V>
bool is_headless(V spec) {
  return spec["clusterIPs"].size() == 1 && spec["clusterIPs"].at(0).as_string() == "None";
}
template <typename V>
bool needs_cluster_ip(V spec) {
  return type_of(spec) != "ExternalName";
}
/// Node ports may be set; whether they are allocated without being asked for is another question.
template <typename V>
bool may_have_node_ports(V spec) {
  return type_of(spec) == "NodePort" || is_load_balancer(spec);
}
template <typename V>
bool allocates_node_ports(V spec) {
  return type_of(spec) == "NodePort" ||
         (is_load_balancer(spec) && spec["allocateLoadBalancerNodePorts"].as_bool(true));
}
template <typename V>
bool needs_health_check_port(V spec) {
  return is_load_balancer(spec) && spec["externalTrafficPolicy"].as_string() == "Local";
}
template <typename V>
bool is_externally_accessible(V spec) {
  return may_have_node_ports(spec) || (type_of(spec) == "ClusterIP" && !spec["externalIPs"].empty());
}

/// Cluster IPs, their families and their policy, each and against each other.
void check_cluster_ip_fields(Value spec, Value old_spec, FieldErrors& errors);

/// What an update must repeat and the client left out, and what a change of type takes away.
/// keep_allocated() comes before allocation, drop_dependent() after it.
void keep_allocated(NodeRef spec, Value old_spec);
void drop_dependent(NodeRef object, Value old);

/// Source: ValidateServiceUpdate without ValidateService.
void check_update(Value spec, Value old_spec, FieldErrors& errors);

}  // namespace knarr::apiserver::kinds::service
