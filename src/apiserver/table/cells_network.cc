// SPDX-License-Identifier: Apache-2.0
// Cells of services, endpoints, slices, ingresses and addresses.
// Source: k8s.io/kubernetes/pkg/printers/internalversion; k8s-api printer-columns notes.
#include "apiserver/table/cells.h"

#include <fmt/core.h>

#include <set>

namespace knarr::apiserver::cells {

using object::Value;

namespace {

// The sorted, distinct addresses of a load balancer.
Joined balancer_addresses(Value object) {
  std::set<std::string_view> addresses;
  for (Value ingress : object["status"]["loadBalancer"]["ingress"].items()) {
    const std::string_view ip = ingress["ip"].as_string();
    const std::string_view address = ip.empty() ? ingress["hostname"].as_string() : ip;
    if (!address.empty()) addresses.insert(address);
  }
  Joined joined;
  for (const std::string_view address : addresses) joined.add(address);
  return joined;
}

void service_external_ip(std::string& out, const Input& in) {
  const Value spec = in.object["spec"];
  const std::string_view type = spec["type"].as_string();
  if (type == "ExternalName") {
    put_text(out, spec["externalName"].as_string());
    return;
  }
  Joined joined;
  if (type == "LoadBalancer") joined = balancer_addresses(in.object);
  for (Value ip : spec["externalIPs"].items()) joined.add(ip.as_string());
  if (type != "LoadBalancer" && type != "ClusterIP" && type != "NodePort") {
    put_text(out, "<unknown>");
  } else if (joined.empty()) {
    put_text(out, type == "LoadBalancer" ? "<pending>" : "<none>");
  } else {
    put_text(out, joined.text());
  }
}

void service_ports(std::string& out, const Input& in) {
  Joined joined;
  for (Value port : in.object["spec"]["ports"].items()) {
    const std::int64_t node_port = port["nodePort"].as_int();
    std::string text = std::to_string(port["port"].as_int());
    if (node_port > 0) text += fmt::format(":{}", node_port);
    joined.add(fmt::format("{}/{}", text, port["protocol"].as_string()));
  }
  put_text(out, joined.empty() ? "<none>" : joined.text());
}

std::string host_port(std::string_view ip, std::int64_t port) {
  return ip.find(':') == std::string_view::npos ? fmt::format("{}:{}", ip, port)
                                                : fmt::format("[{}]:{}", ip, port);
}

void endpoints_addresses(std::string& out, const Input& in) {
  const Value subsets = in.object["subsets"];
  FirstThree list;
  for (Value subset : subsets.items()) {
    const Value ports = subset["ports"];
    if (ports.empty()) {
      for (Value address : subset["addresses"].items()) list.add(address["ip"].as_string());
    }
    for (Value port : ports.items()) {
      for (Value address : subset["addresses"].items()) {
        list.add(host_port(address["ip"].as_string(), port["port"].as_int()));
      }
    }
  }
  put_text(out, subsets.empty() ? "<none>" : list.text());
}

void slice_ports(std::string& out, const Input& in) {
  FirstThree list;
  for (Value port : in.object["ports"].items()) {
    if (port["port"].is_int()) {
      list.add(std::to_string(port["port"].as_int()));
    } else {
      list.add(port["name"].as_string("*"));
    }
  }
  put_text(out, list.empty() ? "<unset>" : list.text());
}

void slice_endpoints(std::string& out, const Input& in) {
  FirstThree list;
  for (Value endpoint : in.object["endpoints"].items()) {
    for (Value address : endpoint["addresses"].items()) list.add(address.as_string());
  }
  put_text(out, list.empty() ? "<unset>" : list.text());
}

void ingress_hosts(std::string& out, const Input& in) {
  constexpr std::size_t kShown = 3;
  Joined joined;
  bool more = false;
  const Value rules = in.object["spec"]["rules"];
  for (Value rule : rules.items()) {
    if (joined.count() == kShown) {
      more = true;
      break;
    }
    const std::string_view host = rule["host"].as_string();
    if (!host.empty()) joined.add(host);
  }
  if (joined.empty()) {
    put_text(out, "*");
  } else if (more) {
    put_text(out, fmt::format("{} + {} more...", joined.text(), rules.size() - kShown));
  } else {
    put_text(out, joined.text());
  }
}

void ingress_address(std::string& out, const Input& in) {
  put_text(out, balancer_addresses(in.object).text());
}

void ingress_ports(std::string& out, const Input& in) {
  put_text(out, in.object["spec"]["tls"].empty() ? "80" : "80, 443");
}

void ingress_class_parameters(std::string& out, const Input& in) {
  const Value parameters = in.object["spec"]["parameters"];
  if (!parameters) {
    put_text(out, "<none>");
    return;
  }
  std::string text(parameters["kind"].as_string());
  const std::string_view group = parameters["apiGroup"].as_string();
  if (!group.empty()) text += fmt::format(".{}", group);
  put_text(out, fmt::format("{}/{}", text, parameters["name"].as_string()));
}

void ip_address_parent(std::string& out, const Input& in) {
  const Value parent = in.object["spec"]["parentRef"];
  if (!parent) {
    put_text(out, "<none>");
    return;
  }
  std::string text(parent["resource"].as_string());
  const std::string_view group = parent["group"].as_string();
  if (!group.empty()) text += fmt::format(".{}", group);
  const std::string_view namespace_ = parent["namespace"].as_string();
  if (!namespace_.empty()) text += fmt::format("/{}", namespace_);
  put_text(out, fmt::format("{}/{}", text, parent["name"].as_string()));
}

constexpr NamedHook kHooks[] = {
    {"endpoints_addresses", endpoints_addresses},
    {"ingress_address", ingress_address},
    {"ingress_class_parameters", ingress_class_parameters},
    {"ingress_hosts", ingress_hosts},
    {"ingress_ports", ingress_ports},
    {"ip_address_parent", ip_address_parent},
    {"service_external_ip", service_external_ip},
    {"service_ports", service_ports},
    {"slice_endpoints", slice_endpoints},
    {"slice_ports", slice_ports},
};

}  // namespace

std::span<const NamedHook> network_hooks() {
  return kHooks;
}

}  // namespace knarr::apiserver::cells
