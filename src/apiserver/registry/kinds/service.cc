// SPDX-License-Identifier: Apache-2.0
// The validation of services, of their status, and their warnings.
#include "apiserver/registry/kinds/service.h"

#include "apiserver/registry/kinds/all.h"
#include "schema/ip_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace knarr::apiserver::kinds {

namespace service {

namespace {

constexpr std::int64_t kMaxAffinitySeconds = 86400;
constexpr std::string_view kOnlyLoadBalancer = "may only be used when `type` is 'LoadBalancer'";
constexpr std::string_view kNotExternalName = "may not be set for ExternalName services";
constexpr std::string_view kSourceRanges = "service.beta.kubernetes.io/load-balancer-source-ranges";

void check_port(Value port, bool name_required, std::set<std::string_view>& names,
                const FieldPath& path, FieldErrors& errors) {
  const std::string_view name = port["name"].as_string();
  if (!name.empty()) {
    complain(errors, path.child("name"), name, schema::check_dns1123_label(name));
    if (!names.insert(name).second) errors.duplicate(path.child("name"), name);
  } else if (name_required) {
    errors.required(path.child("name"));
  }
  const std::int64_t number = port["port"].as_int();
  for (const std::string& text : schema::check_port_number(number)) {
    errors.invalid(path.child("port"), number, text);
  }
  check_protocol(port, path, errors);
  const Value target = port["targetPort"];
  if (target.is_string()) {
    complain(errors, path.child("targetPort"), target.as_string(),
             schema::check_port_name(target.as_string()));
  } else {
    for (const std::string& text : schema::check_port_number(target.as_int())) {
      errors.invalid(path.child("targetPort"), target.as_int(), text);
    }
  }
  if (const Value protocol = port["appProtocol"]; given(protocol)) {
    check_label_key(protocol.as_string(), path.child("appProtocol"), errors);
  }
}

void check_type_fields(Value spec, const FieldPath& path, FieldErrors& errors) {
  const std::string_view type = type_of(spec);
  const FieldPath ips = path.child("clusterIPs");
  if (may_have_node_ports(spec) && is_headless(spec)) {
    errors.invalid(ips.index(0), "None",
                   fmt::format("may not be set to 'None' for {} services", type));
  }
  if (type != "ExternalName") return;
  if (!spec["clusterIPs"].empty()) errors.forbidden(ips, kNotExternalName);
  if (!spec["ipFamilies"].empty()) errors.forbidden(path.child("ipFamilies"), kNotExternalName);
  if (given(spec["ipFamilyPolicy"])) {
    errors.forbidden(path.child("ipFamilyPolicy"), kNotExternalName);
  }
  std::string_view name = spec["externalName"].as_string();
  if (name.ends_with('.') && name.size() > 1) name.remove_suffix(1);
  if (name.empty()) {
    errors.required(path.child("externalName"));
  } else {
    complain(errors, path.child("externalName"), name, schema::check_dns1123_subdomain(name));
  }
}

void check_affinity(Value spec, const FieldPath& path, FieldErrors& errors) {
  one_of(spec, "sessionAffinity", {"ClientIP", "None"}, path, errors);
  const std::string_view affinity = spec["sessionAffinity"].as_string();
  const Value config = spec["sessionAffinityConfig"];
  const FieldPath config_path = path.child("sessionAffinityConfig");
  if (affinity == "None" && given(config)) {
    errors.forbidden(config_path, "must not be set when session affinity is None");
  }
  if (affinity != "ClientIP") return;
  constexpr std::string_view kNeeded = "when session affinity type is ClientIP";
  const FieldPath client_path = config_path.child("clientIP");
  const Value timeout = config["clientIP"]["timeoutSeconds"];
  if (!given(config)) {
    errors.required(config_path, kNeeded);
  } else if (!given(config["clientIP"])) {
    errors.required(client_path, kNeeded);
  } else if (!given(timeout)) {
    errors.required(client_path.child("timeoutSeconds"), kNeeded);
  } else if (timeout.as_int() <= 0 || timeout.as_int() > kMaxAffinitySeconds) {
    errors.invalid(client_path.child("timeoutSeconds"), timeout.as_int(),
                   fmt::format("must be greater than 0 and less than {}", kMaxAffinitySeconds));
  }
}

bool was_listed(Value old_list, std::string_view text) {
  for (const Value item : old_list.items()) {
    if (item.as_string() == text) return true;
  }
  return false;
}

void check_external_ips(Value spec, Value old_spec, const FieldPath& path, FieldErrors& errors) {
  const FieldPath list = path.child("externalIPs");
  std::size_t i = 0;
  for (const Value item : spec["externalIPs"].items()) {
    const std::string_view ip = item.as_string();
    const FieldPath at = list.index(i++);
    const schema::Complaints complaints = schema::check_ip(ip);
    if (!complaints.empty() && !was_listed(old_spec["externalIPs"], ip)) {
      complain(errors, at, ip, complaints);
    } else {
      complain(errors, at, ip, schema::check_not_special_ip(ip));
    }
  }
}

void check_duplicate_ports(Value spec, const FieldPath& path, FieldErrors& errors) {
  using Key = std::pair<std::string_view, std::int64_t>;  // Protocol and number.
  const FieldPath list = path.child("ports");
  const Value ports = spec["ports"];
  if (type_of(spec) == "ClusterIP") {
    for (std::size_t i = 0; i < ports.size(); ++i) {
      if (ports.at(i)["nodePort"].as_int() == 0) continue;
      const FieldPath at = list.index(i);
      errors.forbidden(at.child("nodePort"), "may not be used when `type` is 'ClusterIP'");
    }
  }
  std::set<Key> seen;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const Value node_port = ports.at(i)["nodePort"];
    if (node_port.as_int() == 0) continue;
    const FieldPath at = list.index(i);
    if (!seen.emplace(ports.at(i)["protocol"].as_string(), node_port.as_int()).second) {
      errors.duplicate(at.child("nodePort"), node_port);
    }
  }
  seen.clear();
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const Value port = ports.at(i);
    const std::string_view protocol = port["protocol"].as_string();
    if (seen.emplace(protocol, port["port"].as_int()).second) continue;
    errors.append(Cause{"FieldValueDuplicate", list.index(i).text(),
                        fmt::format(R"(Duplicate value: {{"Name":"","Protocol":{},"AppProtocol":null,)"
                                    R"("Port":{},"TargetPort":0,"NodePort":0}})",
                                    schema::go_quote(protocol), port["port"].as_int())});
  }
}

void check_source_ranges(Value object, Value old, const FieldPath& path, FieldErrors& errors) {
  const Value spec = object["spec"];
  const Value ranges = spec["loadBalancerSourceRanges"];
  const FieldPath at = path.child("LoadBalancerSourceRanges");  // Spelled so by Kubernetes.
  if (!ranges.empty()) {
    if (!is_load_balancer(spec)) errors.forbidden(at, kOnlyLoadBalancer);
    std::size_t i = 0;
    for (const Value item : ranges.items()) {
      const FieldPath item_path = at.index(i++);
      if (was_listed(old["spec"]["loadBalancerSourceRanges"], item.as_string())) continue;
      complain(errors, item_path, item.as_string(), schema::check_cidr(item.as_string()));
    }
    return;
  }
  const Value annotation = object["metadata"]["annotations"][kSourceRanges];
  if (!given(annotation)) return;
  const FieldPath metadata("metadata");
  const FieldPath annotations = metadata.child("annotations");
  const FieldPath annotation_path = annotations.key(kSourceRanges);
  if (!is_load_balancer(spec)) errors.forbidden(annotation_path, kOnlyLoadBalancer);
  if (same(annotation, old["metadata"]["annotations"][kSourceRanges])) return;
  std::string_view rest = annotation.as_string();
  const auto trim = [](std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
  };
  rest = trim(rest);
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view one = trim(rest.substr(0, comma));
    complain(errors, annotation_path, one, schema::check_cidr(one));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
}

void check_load_balancer_fields(Value object, Value old, const FieldPath& path,
                                FieldErrors& errors) {
  const Value spec = object["spec"];
  check_source_ranges(object, old, path, errors);
  const bool balanced = is_load_balancer(spec);
  const Value allocate = spec["allocateLoadBalancerNodePorts"];
  const FieldPath allocate_path = path.child("allocateLoadBalancerNodePorts");
  if (given(allocate) && !balanced) errors.forbidden(allocate_path, kOnlyLoadBalancer);
  if (!given(allocate) && balanced) errors.required(allocate_path);
  const Value class_name = spec["loadBalancerClass"];
  if (!given(class_name)) return;
  const FieldPath class_path = path.child("loadBalancerClass");
  if (balanced) check_label_key(class_name.as_string(), class_path, errors);
  else errors.forbidden(class_path, kOnlyLoadBalancer);
}

void check_traffic_policies(Value spec, const FieldPath& path, FieldErrors& errors) {
  const std::string_view external = spec["externalTrafficPolicy"].as_string();
  if (is_externally_accessible(spec)) {
    one_of(spec, "externalTrafficPolicy", {"Cluster", "Local"}, path, errors);
  } else if (!external.empty()) {
    errors.invalid(path.child("externalTrafficPolicy"), external,
                   "may only be set for externally-accessible services");
  }
  const std::int64_t health = spec["healthCheckNodePort"].as_int();
  const FieldPath health_path = path.child("healthCheckNodePort");
  if (!needs_health_check_port(spec)) {
    if (health != 0) {
      errors.invalid(health_path, health,
                     "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` "
                     "is 'Local'");
    }
  } else if (health == 0) {
    errors.required(health_path);
  } else {
    for (const std::string& text : schema::check_port_number(health)) {
      errors.invalid(health_path, health, text);
    }
  }
  one_of(spec, "internalTrafficPolicy", {"Cluster", "Local"}, path, errors,
         type_of(spec) != "ClusterIP" && !may_have_node_ports(spec));
  if (const Value distribution = spec["trafficDistribution"]; given(distribution)) {
    const std::string_view text = distribution.as_string();
    if (text != "PreferClose" && text != "PreferSameZone" && text != "PreferSameNode") {
      errors.not_supported(path.child("trafficDistribution"), text,
                           {"PreferClose", "PreferSameZone", "PreferSameNode"});
    }
  }
}

void check_service(Value object, Value old, FieldErrors& errors) {
  const Value spec = object["spec"];
  const Value old_spec = old["spec"];
  const FieldPath path("spec");
  const Value ports = spec["ports"];
  const std::string_view type = type_of(spec);
  if (ports.empty() && !is_headless(spec) && type != "ExternalName") {
    errors.required(path.child("ports"));
  }
  check_type_fields(spec, path, errors);
  const FieldPath ports_path = path.child("ports");
  std::set<std::string_view> names;
  std::size_t i = 0;
  for (const Value port : ports.items()) {
    check_port(port, ports.size() > 1, names, ports_path.index(i++), errors);
  }
  check_labels(spec["selector"], path.child("selector"), errors);
  check_affinity(spec, path, errors);
  check_cluster_ip_fields(spec, old_spec, errors);
  check_external_ips(spec, old_spec, path, errors);
  one_of(spec, "type", {"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"}, path, errors);
  check_duplicate_ports(spec, path, errors);
  check_load_balancer_fields(object, old, path, errors);
  check_traffic_policies(spec, path, errors);
}

void validate(const RuleContext&, Value object, FieldErrors& errors) {
  check_service(object, {}, errors);
}

void validate_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  check_update(object["spec"], old["spec"], errors);
  check_service(object, old, errors);
}

void validate_status(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  const FieldPath status("status");
  const FieldPath balancer = status.child("loadBalancer");
  const FieldPath path = balancer.child("ingress");
  const Value ingress = object["status"]["loadBalancer"]["ingress"];
  if (ingress.empty()) return;
  if (!is_load_balancer(object["spec"])) {
    errors.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'");
    return;
  }
  std::size_t i = 0;
  for (const Value one : ingress.items()) {
    const FieldPath at = path.index(i++);
    const std::string_view ip = one["ip"].as_string();
    const std::string_view mode = one["ipMode"].as_string();
    const FieldPath mode_path = at.child("ipMode");
    if (!ip.empty()) complain(errors, at.child("ip"), ip, schema::check_ip(ip));
    if (!given(one["ipMode"])) {
      if (!ip.empty()) errors.required(mode_path, "must be specified when `ip` is set");
    } else if (ip.empty()) {
      errors.forbidden(mode_path, "may not be specified when `ip` is not set");
    } else if (mode != "VIP" && mode != "Proxy") {
      errors.not_supported(mode_path, mode, {"Proxy", "VIP"});
    }
    const std::string_view host = one["hostname"].as_string();
    if (host.empty()) continue;
    complain(errors, at.child("hostname"), host, schema::check_dns1123_subdomain(host));
    if (schema::parse_ip(host)) {
      errors.invalid(at.child("hostname"), host, "must be a DNS name, not an IP address");
    }
  }
}

void warn(const RuleContext& context, Value object, Value old) {
  if (context.warnings == nullptr || !context.subresource.empty()) return;
  std::vector<std::string>& out = *context.warnings;
  const Value spec = object["spec"];
  if (given(object["metadata"]["annotations"]["service.kubernetes.io/topology-aware-hints"])) {
    out.emplace_back(
        "annotation service.kubernetes.io/topology-aware-hints is deprecated, please use "
        "service.kubernetes.io/topology-mode instead");
  }
  const bool has_external_ips = !spec["externalIPs"].empty();
  if (is_headless(spec)) {
    if (!spec["loadBalancerIP"].as_string().empty()) {
      out.emplace_back("spec.loadBalancerIP is ignored for headless services");
    }
    if (has_external_ips) out.emplace_back("spec.externalIPs is ignored for headless services");
    if (spec["sessionAffinity"].as_string() != "None") {
      out.emplace_back("spec.SessionAffinity is ignored for headless services");
    }
  }
  const bool external_name = type_of(spec) == "ExternalName";
  if (external_name && has_external_ips) {
    out.emplace_back("spec.externalIPs is ignored when spec.type is \"ExternalName\"");
  }
  if (!external_name && !spec["externalName"].as_string().empty()) {
    out.emplace_back("spec.externalName is ignored when spec.type is not \"ExternalName\"");
  }
  if (has_external_ips && !external_name) {
    out.emplace_back(
        "spec.externalIPs is deprecated and may no longer be implemented in some clusters");
  }
  if (spec["trafficDistribution"].as_string() == "PreferClose") {
    out.emplace_back(
        "spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"");
  }
}

// Traffic inside the cluster does not pass an ExternalName.
void drop_internal_policy(NodeRef spec) {
  if (type_of(spec) == "ExternalName") spec.erase("internalTrafficPolicy");
}

void prepare_create(const RuleContext&, NodeRef object) {
  if (object["spec"].is_map()) drop_internal_policy(object["spec"]);
}

void prepare_update(const RuleContext& context, NodeRef object, Value old) {
  if (!context.subresource.empty() || !object["spec"].is_map()) return;
  drop_dependent(object, old);
  drop_internal_policy(object["spec"]);
}

}  // namespace

void check_cluster_ip_fields(Value spec, Value old_spec, FieldErrors& errors) {
  if (type_of(spec) == "ExternalName") return;
  const FieldPath path("spec");
  const FieldPath families_path = path.child("ipFamilies");
  const FieldPath ips_path = path.child("clusterIPs");
  const std::size_t errors_before = errors.size();
  const Value families = spec["ipFamilies"];
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < families.size(); ++i) {
    const std::string_view family = families.at(i).as_string();
    if (family != "IPv4" && family != "IPv6") {
      errors.not_supported(families_path.index(i), family, {"IPv4", "IPv6"});
    }
    if (!seen.insert(family).second) errors.duplicate(families_path.index(i), family);
  }
  if (given(spec["ipFamilyPolicy"])) {
    const std::string_view policy = spec["ipFamilyPolicy"].as_string();
    if (policy != "SingleStack" && policy != "PreferDualStack" && policy != "RequireDualStack") {
      errors.not_supported(path.child("ipFamilyPolicy"), policy,
                           {"PreferDualStack", "RequireDualStack", "SingleStack"});
    }
  }
  const Value ips = spec["clusterIPs"];
  const std::string_view first = spec["clusterIP"].as_string();
  if (first.empty() && !ips.empty()) {
    errors.invalid(ips_path, ips, "must be empty when `clusterIP` is not specified");
  } else if (!first.empty() && !ips.empty() && ips.at(0).as_string() != first) {
    errors.invalid(ips_path, ips, "first value must match `clusterIP`");
  }
  bool sound = true;
  for (std::size_t i = 0; i < ips.size(); ++i) {
    const std::string_view ip = ips.at(i).as_string();
    if (i == 0 && ip == "None") {
      if (ips.size() > 1) {
        sound = false;
        errors.invalid(ips_path, ips, "'None' must be the first and only value");
      }
      continue;
    }
    const schema::Complaints complaints = schema::check_ip(ip);
    if (complaints.empty() || was_listed(old_spec["clusterIPs"], ip)) continue;
    sound = false;
    complain(errors, ips_path.index(i), ip, complaints);
  }
  if (ips.size() > 2) errors.invalid(ips_path, ips, "may only hold up to 2 values");
  if (!sound) return;
  const auto is_v4 = [&](std::size_t i) { return schema::parse_ip(ips.at(i).as_string())->v4; };
  if (ips.size() > 1) {
    std::size_t v4 = 0;
    for (std::size_t i = 0; i < ips.size(); ++i) v4 += is_v4(i) ? 1 : 0;
    if (v4 != 1 || ips.size() != 2) {
      errors.invalid(ips_path, ips, "may specify no more than one IP for each IP family");
    }
  }
  if (is_headless(spec) || errors.size() != errors_before) return;
  for (std::size_t i = 0; i < std::min(ips.size(), families.size()); ++i) {
    const std::string_view family = families.at(i).as_string();
    const std::string_view ip = ips.at(i).as_string();
    if (is_v4(i) == (family == "IPv4")) continue;
    errors.invalid(ips_path.index(i), ip,
                   fmt::format("expected an {} value as indicated by `ipFamilies[{}]`", family, i));
  }
}

}  // namespace service

constinit const KindRules kServiceRules = {
    .group = "",
    .resource = "services",
    .create_on_update = true,
    .delete_returns_object = true,
    .name_rule = schema::label_problems,
    .prepare_create = service::prepare_create,
    .prepare_update = service::prepare_update,
    .validate = service::validate,
    .validate_update = service::validate_update,
    .validate_status = service::validate_status,
    .warn = service::warn,
};

}  // namespace knarr::apiserver::kinds
