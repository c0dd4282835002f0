// SPDX-License-Identifier: Apache-2.0
// Endpoints and endpoint slices. Source: k8s.io/kubernetes pkg/apis/core/validation,
// pkg/apis/discovery/validation of 1.36.
#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/checks.h"
#include "schema/ip_text.h"

#include <fmt/format.h>

#include <set>

namespace knarr::apiserver::kinds {

namespace {

constexpr std::size_t kMaxEndpoints = 1000;
constexpr std::size_t kMaxAddresses = 100;
constexpr std::size_t kMaxPorts = 20000;
constexpr std::size_t kMaxHints = 8;

void check_node_name(Value name, const FieldPath& path, FieldErrors& errors) {
  if (!given(name)) return;
  complain(errors, path, name.as_string(), schema::check_dns1123_subdomain(name.as_string()));
}

void warn_address(std::string_view field, std::string_view text, std::vector<std::string>& out) {
  const auto ip = schema::parse_ip(text);
  if (!ip || ip->v4 || ip->text() == text) return;
  out.push_back(fmt::format("{}: IPv6 address {} should be in RFC 5952 canonical format ({})", field,
                            schema::go_quote(text), schema::go_quote(ip->text())));
}

// ---- endpoints

void check_address(Value address, const FieldPath& path, FieldErrors& errors) {
  const std::string_view ip = address["ip"].as_string();
  complain(errors, path.child("ip"), ip, schema::check_ip(ip));
  const std::string_view host = address["hostname"].as_string();
  if (!host.empty()) {
    complain(errors, path.child("hostname"), host, schema::check_dns1123_label(host));
  }
  check_node_name(address["nodeName"], path.child("nodeName"), errors);
  if (!schema::parse_ip(ip)) {
    errors.invalid(path.child("ip"), ip, "must be a valid IP address");
  } else {
    complain(errors, path.child("ip"), ip, schema::check_not_special_ip(ip));
  }
}

void check_endpoint_port(Value port, bool name_required, const FieldPath& path,
                         FieldErrors& errors) {
  const std::string_view name = port["name"].as_string();
  if (name.empty()) {
    if (name_required) errors.required(path.child("name"));
  } else {
    complain(errors, path.child("name"), name, schema::check_dns1123_label(name));
  }
  const std::int64_t number = port["port"].as_int();
  for (const std::string& text : schema::check_port_number(number)) {
    errors.invalid(path.child("port"), number, text);
  }
  check_protocol(port, path, errors);
  if (const Value protocol = port["appProtocol"]; given(protocol)) {
    check_label_key(protocol.as_string(), path.child("appProtocol"), errors);
  }
}

void check_endpoints(Value object, FieldErrors& errors) {
  const FieldPath root("subsets");
  std::size_t i = 0;
  for (const Value subset : object["subsets"].items()) {
    const FieldPath path = root.index(i++);
    if (subset["addresses"].empty() && subset["notReadyAddresses"].empty()) {
      errors.required(path, "must specify `addresses` or `notReadyAddresses`");
    }
    for (const char* field : {"addresses", "notReadyAddresses"}) {
      const FieldPath list = path.child(field);
      std::size_t j = 0;
      for (const Value address : subset[field].items()) {
        check_address(address, list.index(j++), errors);
      }
    }
    const FieldPath ports = path.child("ports");
    std::size_t j = 0;
    for (const Value port : subset["ports"].items()) {
      check_endpoint_port(port, subset["ports"].size() > 1, ports.index(j++), errors);
    }
  }
}

void validate_endpoints(const RuleContext&, Value object, FieldErrors& errors) {
  check_endpoints(object, errors);
}
void validate_endpoints_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  if (!same(object["subsets"], old["subsets"])) check_endpoints(object, errors);
}

void warn_endpoints(const RuleContext& context, Value object, Value old) {
  if (context.warnings == nullptr) return;
  if (old.exists() && same(object["subsets"], old["subsets"])) return;
  std::size_t i = 0;
  for (const Value subset : object["subsets"].items()) {
    for (const char* field : {"addresses", "notReadyAddresses"}) {
      std::size_t j = 0;
      for (const Value address : subset[field].items()) {
        warn_address(fmt::format("subsets[{}].{}[{}].ip", i, field, j++),
                     address["ip"].as_string(), *context.warnings);
      }
    }
    ++i;
  }
}

// ---- endpoint slices

void check_slice_address(std::string_view type, std::string_view text, const FieldPath& list,
                         std::size_t i, FieldErrors& errors) {
  const FieldPath path = list.index(i);
  if (type == "FQDN") {
    if (text.empty()) {
      errors.required(path);
      return;
    }
    std::string_view name = text;
    if (name.ends_with('.')) name.remove_suffix(1);
    const schema::Complaints complaints = schema::check_dns1123_subdomain(name);
    complain(errors, path, name, complaints);
    if (complaints.empty() && name.find('.') == std::string_view::npos) {
      errors.invalid(path, name, "should be a domain with at least two segments separated by dots");
    }
    return;
  }
  if (type != "IPv4" && type != "IPv6") return;
  const schema::Complaints complaints = schema::check_ip(text);
  complain(errors, path, text, complaints);
  const auto ip = schema::parse_ip(text);
  if (!ip || !complaints.empty()) return;
  if (ip->v4 != (type == "IPv4")) {
    errors.invalid(list, text, fmt::format("must be an {} address", type));
  } else {
    complain(errors, path, text, schema::check_not_special_ip(text));
  }
}

void check_hints(Value hints, std::string_view field, bool zones, const FieldPath& parent,
                 FieldErrors& errors) {
  const FieldPath path = parent.child(field);
  const Value list = hints[field];
  if (list.size() > kMaxHints) {
    errors.too_many(path, list.size(), kMaxHints);
    return;
  }
  std::set<std::string_view> seen;
  std::size_t i = 0;
  for (const Value hint : list.items()) {
    const FieldPath at = path.index(i++);
    const FieldPath name_path = at.child("name");
    const std::string_view name = hint["name"].as_string();
    if (!seen.insert(name).second) errors.duplicate(name_path, name);
    complain(errors, name_path, name,
             zones ? schema::check_label_value(name) : schema::check_dns1123_subdomain(name));
  }
}

bool was_address(Value old, std::string_view text) {
  for (const Value endpoint : old["endpoints"].items()) {
    for (const Value address : endpoint["addresses"].items()) {
      if (address.as_string() == text) return true;
    }
  }
  return false;
}

void check_slice_endpoints(Value object, Value old, FieldErrors& errors) {
  const FieldPath root("endpoints");
  const Value endpoints = object["endpoints"];
  if (endpoints.size() > kMaxEndpoints) {
    errors.too_many(root, endpoints.size(), kMaxEndpoints);
    return;
  }
  const std::string_view type = object["addressType"].as_string();
  std::size_t i = 0;
  for (const Value endpoint : endpoints.items()) {
    const FieldPath path = root.index(i++);
    const FieldPath addresses_path = path.child("addresses");
    const Value addresses = endpoint["addresses"];
    if (addresses.empty()) {
      errors.required(addresses_path, "must contain at least 1 address");
    } else if (addresses.size() > kMaxAddresses) {
      errors.too_many(addresses_path, addresses.size(), kMaxAddresses);
    }
    for (std::size_t j = 0; j < addresses.size(); ++j) {
      const std::string_view text = addresses.at(j).as_string();
      if (!was_address(old, text)) check_slice_address(type, text, addresses_path, j, errors);
    }
    check_node_name(endpoint["nodeName"], path.child("nodeName"), errors);
    if (const Value host = endpoint["hostname"]; given(host)) {
      complain(errors, path.child("hostname"), host.as_string(),
               schema::check_dns1123_label(host.as_string()));
    }
    const FieldPath hints = path.child("hints");
    check_hints(endpoint["hints"], "forZones", true, hints, errors);
    check_hints(endpoint["hints"], "forNodes", false, hints, errors);
  }
}

void check_slice_ports(Value ports, FieldErrors& errors) {
  const FieldPath root("ports");
  if (ports.size() > kMaxPorts) {
    errors.too_many(root, ports.size(), kMaxPorts);
    return;
  }
  std::set<std::string_view> names;
  std::size_t i = 0;
  for (const Value port : ports.items()) {
    const FieldPath path = root.index(i++);
    const std::string_view name = port["name"].as_string();
    if (!name.empty()) {
      complain(errors, path.child("name"), name, schema::check_dns1123_label(name));
    }
    if (!names.insert(name).second) errors.duplicate(path.child("name"), name);
    const std::string_view protocol = port["protocol"].as_string();
    if (protocol != "TCP" && protocol != "UDP" && protocol != "SCTP") {
      errors.not_supported(path.child("protocol"), protocol, {"SCTP", "TCP", "UDP"});
    }
    if (const Value app = port["appProtocol"]; given(app)) {
      check_label_key(app.as_string(), path.child("appProtocol"), errors);
    }
  }
}

void check_slice(Value object, Value old, FieldErrors& errors) {
  const FieldPath type_path("addressType");
  const std::string_view type = object["addressType"].as_string();
  if (type.empty()) {
    errors.required(type_path);
  } else if (type != "IPv4" && type != "IPv6" && type != "FQDN") {
    errors.not_supported(type_path, type, {"FQDN", "IPv4", "IPv6"});
  }
  check_slice_ports(object["ports"], errors);
  check_slice_endpoints(object, old, errors);
}

void validate_slice(const RuleContext&, Value object, FieldErrors& errors) {
  check_slice(object, {}, errors);
}

void validate_slice_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  check_slice(object, old, errors);
  if (object["addressType"].as_string() != old["addressType"].as_string()) {
    errors.invalid(FieldPath("addressType"), object["addressType"].as_string(), kImmutable);
  }
}

// Topology labels are not written through v1.
void drop_topology(NodeRef object) {
  for (NodeRef endpoint : object["endpoints"].items()) endpoint.erase("deprecatedTopology");
}

void prepare_slice(const RuleContext&, NodeRef object) { drop_topology(object); }

void prepare_slice_update(const RuleContext&, NodeRef object, Value old) {
  if (!same(object["endpoints"], old["endpoints"])) drop_topology(object);
}

void warn_slice(const RuleContext& context, Value object, Value) {
  if (context.warnings == nullptr) return;
  if (object["addressType"].as_string() == "FQDN") {
    context.warnings->emplace_back("spec.addressType: FQDN endpoints are deprecated");
  }
  std::size_t i = 0;
  for (const Value endpoint : object["endpoints"].items()) {
    std::size_t j = 0;
    for (const Value address : endpoint["addresses"].items()) {
      warn_address(fmt::format("endpoints[{}].addresses[{}]", i, j++), address.as_string(),
                   *context.warnings);
    }
    ++i;
  }
}

}  // namespace

constinit const KindRules kEndpointsRules = {
    .group = "",
    .resource = "endpoints",
    .create_on_update = true,
    .metadata_checked_fully = true,
    .validate = validate_endpoints,
    .validate_update = validate_endpoints_update,
    .warn = warn_endpoints,
};

constinit const KindRules kEndpointSliceRules = {
    .group = "discovery.k8s.io",
    .resource = "endpointslices",
    .generation = Generation::OnSpecChange,
    .generation_also = "labels",
    .metadata_checked_once = true,
    .metadata_checked_fully = true,
    .prepare_create = prepare_slice,
    .prepare_update = prepare_slice_update,
    .validate = validate_slice,
    .validate_update = validate_slice_update,
    .warn = warn_slice,
};

}  // namespace knarr::apiserver::kinds
