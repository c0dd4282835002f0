// SPDX-License-Identifier: Apache-2.0
// Updates of services: allocated values that the client did not repeat, fields that a change of
// type takes away, and what may not change.
#include "apiserver/registry/kinds/service.h"

#include <algorithm>
#include <map>
#include <set>

namespace knarr::apiserver::kinds::service {

namespace {

bool same_node_ports(NodeRef spec, Value old_spec) {
  std::multiset<std::int64_t> now;
  std::multiset<std::int64_t> before;
  for (const NodeRef port : spec["ports"].items()) {
    if (port["nodePort"].as_int() != 0) now.insert(port["nodePort"].as_int());
  }
  for (const Value port : old_spec["ports"].items()) {
    if (port["nodePort"].as_int() != 0) before.insert(port["nodePort"].as_int());
  }
  return now == before;
}

// A port keeps its node port by its name, unless the client gave that number to another one.
void keep_node_ports(NodeRef spec, Value old_spec) {
  std::map<std::string_view, std::int64_t> by_name;
  std::set<std::int64_t> used;
  for (const Value port : old_spec["ports"].items()) {
    by_name[port["name"].as_string()] = port["nodePort"].as_int();
  }
  for (const NodeRef port : spec["ports"].items()) {
    if (port["nodePort"].as_int() != 0) used.insert(port["nodePort"].as_int());
  }
  for (NodeRef port : spec["ports"].items()) {
    if (port["nodePort"].as_int() != 0) continue;
    const auto known = by_name.find(port["name"].as_string());
    if (known == by_name.end() || known->second == 0 || used.contains(known->second)) continue;
    port.ensure("nodePort").set_int(known->second);
  }
}

// clusterIP and clusterIPs[0] say the same; old clients know only the first.
void align_cluster_ips(NodeRef spec, Value old_spec) {
  const std::string ip(spec["clusterIP"].as_string());
  const std::string_view old_ip = old_spec["clusterIP"].as_string();
  const Value old_ips = old_spec["clusterIPs"];
  if (spec["clusterIPs"].empty() && !ip.empty()) {
    if (ip == old_ip && !old_ips.empty()) spec.ensure("clusterIPs").assign(old_ips);
    else spec.ensure_list("clusterIPs").append_string(ip);
    return;
  }
  if (ip == old_ip || !same(spec["clusterIPs"], old_ips)) return;
  if (ip.empty()) {
    spec.erase("clusterIPs");
  } else {
    NodeRef ips = spec.ensure("clusterIPs");
    ips.set_list();
    ips.append_string(ip);
  }
}

void check_list(Value spec, Value old_spec, std::string_view field, std::string_view what,
                FieldErrors& errors) {
  const FieldPath path("spec");
  const FieldPath list = path.child(field);
  const Value now = spec[field];
  const Value before = old_spec[field];
  const auto changed = [&](std::size_t i) { return !same(now.at(i), before.at(i)); };
  constexpr std::string_view kFixed = "may not change once set";
  if (now.size() == before.size()) {
    for (std::size_t i = 0; i < now.size(); ++i) {
      if (changed(i)) errors.invalid(list.index(i), now, kFixed);
    }
    return;
  }
  if (now.empty()) {
    errors.invalid(list.index(0), now, "primary " + std::string(what) + " can not be unset");
    return;
  }
  if (!before.empty() && changed(0)) errors.invalid(list.index(0), now, kFixed);
  if (before.size() > now.size() && now.size() == 1 &&
      spec["ipFamilyPolicy"].as_string() != "SingleStack") {
    errors.invalid(path.child("ipFamilyPolicy"), spec["ipFamilyPolicy"],
                   "must be set to 'SingleStack' when releasing the secondary " +
                       std::string(what));
  }
}

}  // namespace

void keep_allocated(NodeRef spec, Value old_spec) {
  if (needs_cluster_ip(old_spec) && needs_cluster_ip(spec)) {
    const std::string_view old_ip = old_spec["clusterIP"].as_string();
    if (spec["clusterIP"].as_string().empty() && !old_ip.empty()) spec.set("clusterIP", old_ip);
    if (spec["clusterIPs"].empty() && spec["clusterIP"].as_string() == old_ip &&
        !old_spec["clusterIPs"].empty()) {
      spec.ensure("clusterIPs").assign(old_spec["clusterIPs"]);
    }
  }
  if (allocates_node_ports(old_spec) && allocates_node_ports(spec)) {
    keep_node_ports(spec, old_spec);
  }
  if (needs_health_check_port(old_spec) && needs_health_check_port(spec) &&
      spec["healthCheckNodePort"].as_int() == 0) {
    spec.ensure("healthCheckNodePort").set_int(old_spec["healthCheckNodePort"].as_int());
  }
  align_cluster_ips(spec, old_spec);
}

void drop_dependent(NodeRef object, Value old) {
  NodeRef spec = object["spec"];
  const Value old_spec = old["spec"];
  if (!spec.is_map()) return;
  // Only what no longer means anything and what the client did not touch.
  const auto drop_same = [&](std::string_view field) {
    if (same(spec[field], old_spec[field])) spec.erase(field);
  };
  if (needs_cluster_ip(old_spec) && !needs_cluster_ip(spec)) {
    if (same(spec["clusterIPs"], old_spec["clusterIPs"]) &&
        same(spec["clusterIP"], old_spec["clusterIP"])) {
      spec.erase("clusterIP");
      spec.erase("clusterIPs");
    }
    drop_same("ipFamilies");
    drop_same("ipFamilyPolicy");
  }
  if (may_have_node_ports(old_spec) && !may_have_node_ports(spec) &&
      same_node_ports(spec, old_spec)) {
    for (NodeRef port : spec["ports"].items()) port.erase("nodePort");
  }
  if (needs_health_check_port(old_spec) && !needs_health_check_port(spec)) {
    drop_same("healthCheckNodePort");
  }
  if (is_load_balancer(old_spec) && !is_load_balancer(spec)) {
    drop_same("allocateLoadBalancerNodePorts");
    drop_same("loadBalancerClass");
    if (NodeRef status = object["status"]; status.is_map()) status.erase("loadBalancer");
  }
  if (is_externally_accessible(old_spec) && !is_externally_accessible(spec)) {
    drop_same("externalTrafficPolicy");
  }
}

void check_update(Value spec, Value old_spec, FieldErrors& errors) {
  const bool external = type_of(spec) == "ExternalName" || type_of(old_spec) == "ExternalName";
  const bool headless = is_headless(spec);
  const bool was_headless = is_headless(old_spec);
  if (!external && !(headless && was_headless)) {
    check_list(spec, old_spec, "clusterIPs", "clusterIP", errors);
  }
  if (!external && !headless && !was_headless) {
    check_list(spec, old_spec, "ipFamilies", "ipFamily", errors);
  }
  if (is_load_balancer(spec) && is_load_balancer(old_spec) &&
      !same(spec["loadBalancerClass"], old_spec["loadBalancerClass"])) {
    errors.invalid(FieldPath("spec").child("loadBalancerClass"), spec["loadBalancerClass"],
                   "may not change once set");
  }
  if (given(spec["loadBalancerClass"]) && !is_load_balancer(spec)) {
    errors.forbidden(FieldPath("spec").child("loadBalancerClass"),
                     "may only be used when `type` is 'LoadBalancer'");
  }
}

}  // namespace knarr::apiserver::kinds::service
