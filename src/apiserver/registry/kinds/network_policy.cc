// SPDX-License-Identifier: Apache-2.0
// Network policies, IP addresses and service ranges. Source: k8s.io/kubernetes
// pkg/apis/networking/validation of 1.36.
#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/checks.h"
#include "schema/ip_text.h"

namespace knarr::apiserver::kinds {

namespace {

void check_number(std::int64_t value, const FieldPath& path, FieldErrors& errors) {
  for (const std::string& text : schema::check_port_number(value)) {
    errors.invalid(path, value, text);
  }
}

void check_port(Value port, const FieldPath& path, FieldErrors& errors) {
  if (given(port["protocol"])) {
    const std::string_view protocol = port["protocol"].as_string();
    if (protocol != "TCP" && protocol != "UDP" && protocol != "SCTP") {
      errors.not_supported(path.child("protocol"), protocol, {"TCP", "UDP", "SCTP"});
    }
  }
  const Value number = port["port"];
  const Value end = port["endPort"];
  const FieldPath end_path = path.child("endPort");
  if (!given(number)) {
    if (given(end)) {
      errors.invalid(end_path, end.as_int(), "may not be specified when `port` is not specified");
    }
  } else if (number.is_string()) {
    if (given(end)) {
      errors.invalid(end_path, end.as_int(), "may not be specified when `port` is non-numeric");
    }
    complain(errors, path.child("port"), number.as_string(),
             schema::check_port_name(number.as_string()));
  } else {
    check_number(number.as_int(), path.child("port"), errors);
    if (!given(end)) return;
    if (end.as_int() < number.as_int()) {
      errors.invalid(end_path, number.as_int(), "must be greater than or equal to `port`");
    }
    check_number(end.as_int(), end_path, errors);
  }
}

void check_block(Value block, const FieldPath& path, FieldErrors& errors) {
  const std::string_view cidr = block["cidr"].as_string();
  if (cidr.empty()) {
    errors.required(path.child("cidr"));
    return;
  }
  const schema::Complaints complaints = schema::check_cidr(cidr);
  complain(errors, path.child("cidr"), cidr, complaints);
  const auto outer = schema::parse_cidr(cidr);
  if (!outer) return;
  const FieldPath list = path.child("except");
  std::size_t i = 0;
  for (const Value item : block["except"].items()) {
    const FieldPath at = list.index(i++);
    const std::string_view text = item.as_string();
    complain(errors, at, text, schema::check_cidr(text));
    const auto inner = schema::parse_cidr(text);
    if (!inner) continue;
    const bool inside = inner->address.v4 == outer->address.v4 &&
                        outer->contains(inner->address) && inner->prefix_bits > outer->prefix_bits;
    if (!inside) errors.invalid(at, text, "must be a strict subset of `cidr`");
  }
}

void check_peer(Value peer, const FieldPath& path, FieldErrors& errors) {
  int peers = 0;
  for (const char* field : {"podSelector", "namespaceSelector"}) {
    if (!given(peer[field])) continue;
    ++peers;
    check_label_selector(peer[field], path.child(field), errors);
  }
  const Value block = peer["ipBlock"];
  if (given(block)) {
    ++peers;
    check_block(block, path.child("ipBlock"), errors);
  }
  if (peers == 0) {
    errors.required(path, "must specify a peer");
  } else if (peers > 1 && given(block)) {
    errors.forbidden(path, "may not specify both ipBlock and another peer");
  }
}

void check_direction(Value rules, std::string_view peers, const FieldPath& path,
                     FieldErrors& errors) {
  std::size_t i = 0;
  for (const Value rule : rules.items()) {
    const FieldPath at = path.index(i++);
    const FieldPath ports = at.child("ports");
    const FieldPath list = at.child(peers);
    std::size_t j = 0;
    for (const Value port : rule["ports"].items()) check_port(port, ports.index(j++), errors);
    j = 0;
    for (const Value peer : rule[peers].items()) check_peer(peer, list.index(j++), errors);
  }
}

void check_policy(Value spec, FieldErrors& errors) {
  const FieldPath path("spec");
  check_label_selector(spec["podSelector"], path.child("podSelector"), errors);
  check_direction(spec["ingress"], "from", path.child("ingress"), errors);
  check_direction(spec["egress"], "to", path.child("egress"), errors);
  const Value types = spec["policyTypes"];
  const FieldPath types_path = path.child("policyTypes");
  if (types.size() > 2) {
    errors.invalid(types_path, types, "may not specify more than two policyTypes");
    return;
  }
  for (std::size_t i = 0; i < types.size(); ++i) {
    const std::string_view type = types.at(i).as_string();
    if (type != "Ingress" && type != "Egress") {
      errors.not_supported(types_path.index(i), type, {"Ingress", "Egress"});
    }
  }
}

void validate(const RuleContext&, Value object, FieldErrors& errors) {
  check_policy(object["spec"], errors);
}
void validate_update(const RuleContext&, Value object, Value, FieldErrors& errors) {
  check_policy(object["spec"], errors);
}

// ---- IP addresses

schema::Complaints address_name(std::string_view name, bool) {
  return schema::check_ip(name, true);
}

void check_address(Value object, FieldErrors& errors) {
  const Value parent = object["spec"]["parentRef"];
  const FieldPath spec("spec");
  const FieldPath path = spec.child("parentRef");
  if (!given(parent)) {
    errors.required(path);
    return;
  }
  const std::string_view group = parent["group"].as_string();
  if (!group.empty()) {
    complain(errors, path.child("group"), group, schema::check_dns1123_subdomain(group));
  }
  check_segment(parent, "resource", path, errors);
  check_segment(parent, "name", path, errors);
  const std::string_view space = parent["namespace"].as_string();
  if (!space.empty()) {
    complain(errors, path.child("namespace"), space, schema::check_path_segment(space));
  }
}

void validate_address(const RuleContext&, Value object, FieldErrors& errors) {
  check_address(object, errors);
}

void validate_address_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  check_address(object, errors);
  immutable(object["spec"], old["spec"], "parentRef", FieldPath("spec"), errors);
}

// ---- service ranges

void validate_range(const RuleContext&, Value object, FieldErrors& errors) {
  const Value cidrs = object["spec"]["cidrs"];
  const FieldPath spec("spec");
  const FieldPath path = spec.child("cidrs");
  if (cidrs.empty()) {
    errors.required(path, "at least one CIDR required");
    return;
  }
  if (cidrs.size() > 2) {
    errors.invalid(path, cidrs, "may only hold up to 2 values");
    return;
  }
  std::size_t v4 = 0;
  bool sound = true;
  for (std::size_t i = 0; i < cidrs.size(); ++i) {
    const std::string_view text = cidrs.at(i).as_string();
    complain(errors, path.index(i), text, schema::check_cidr(text, true));
    const auto block = schema::parse_cidr(text);
    sound = sound && block.has_value();
    v4 += block && block->address.v4 ? 1 : 0;
  }
  if (sound && cidrs.size() == 2 && v4 != 1) {
    errors.invalid(path, cidrs,
                   "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and "
                   "2001:db8::/64");
  }
}

void validate_range_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  const Value now = object["spec"]["cidrs"];
  const Value before = old["spec"]["cidrs"];
  const FieldPath spec("spec");
  const FieldPath path = spec.child("cidrs");
  // A second family may be added, nothing else.
  if (before.size() == 1 && now.size() == 2) {
    const auto first = schema::parse_cidr(before.at(0).as_string());
    const auto second = schema::parse_cidr(now.at(1).as_string());
    if (!same(now.at(0), before.at(0))) errors.invalid(path.index(0), now.at(0), kImmutable);
    complain(errors, path.index(1), now.at(1).as_string(),
             schema::check_cidr(now.at(1).as_string(), true));
    if (first && second && first->address.v4 == second->address.v4) {
      errors.invalid(path, now,
                     "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and "
                     "2001:db8::/64");
    }
    return;
  }
  if (now.size() != before.size()) {
    if (now.empty()) errors.invalid_text(path, "[]", kImmutable);
    else errors.invalid(path, now, kImmutable);
    return;
  }
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (!same(now.at(i), before.at(i))) errors.invalid(path.index(i), now.at(i), kImmutable);
  }
}

}  // namespace

constinit const KindRules kNetworkPolicyRules = {
    .group = "networking.k8s.io",
    .resource = "networkpolicies",
    .generation = Generation::OnSpecChange,
    .validate = validate,
    .validate_update = validate_update,
};

constinit const KindRules kIpAddressRules = {
    .group = "networking.k8s.io",
    .resource = "ipaddresses",
    .name_rule = address_name,
    .validate = validate_address,
    .validate_update = validate_address_update,
};

constinit const KindRules kServiceCidrRules = {
    .group = "networking.k8s.io",
    .resource = "servicecidrs",
    .validate = validate_range,
    .validate_update = validate_range_update,
};

}  // namespace knarr::apiserver::kinds
