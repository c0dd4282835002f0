// SPDX-License-Identifier: Apache-2.0
#include "controllers/endpoint_slice/plan.h"

#include "client/resources.h"
#include "controllers/owners.h"
#include "controllers/pods.h"
#include "controllers/service_pods.h"

#include <algorithm>
#include <set>

namespace knarr::controllers::endpoint_slice {

using object::Document;
using object::Draft;
using object::NodeRef;
using object::Value;
namespace atom = object::atom;

namespace {

using Desired = std::map<std::string, Endpoint>;  // By identity.

bool is_reserved(std::string_view label) {
  return label == kServiceName || label == kManagedBy || label == kHeadlessLabel;
}

Ports read_ports(Value slice) {
  Ports ports;
  for (const Value port : slice[atom::ports].items()) {
    ports.push_back({.name = std::string(port[atom::name].as_string()),
                     .protocol = std::string(port[atom::protocol].as_string("TCP")),
                     .port = port[atom::port].as_int(),
                     .app_protocol = std::string(port[atom::appProtocol].as_string())});
  }
  std::ranges::sort(ports);
  return ports;
}

std::vector<std::string> names_in(Value list) {
  std::vector<std::string> names;
  for (const Value item : list.items()) names.emplace_back(item[atom::name].as_string());
  return names;
}

Slice read_slice(const Document& document) {
  Slice slice{.document = document,
              .name = std::string(object::name_of(document.root())),
              .family = std::string(document[atom::addressType].as_string()),
              .ports = read_ports(document.root()),
              .endpoints = {}};
  for (const Value item : document[atom::endpoints].items()) {
    const Value conditions = item[atom::conditions];
    const Value target = item[atom::targetRef];
    Endpoint endpoint{.addresses = {},
                      .ready = conditions[atom::ready].as_bool(),
                      .serving = conditions[atom::serving].as_bool(),
                      .terminating = conditions[atom::terminating].as_bool(),
                      .hostname = std::string(item[atom::hostname].as_string()),
                      .node = std::string(item[atom::nodeName].as_string()),
                      .zone = std::string(item[atom::zone].as_string()),
                      .pod = std::string(target[atom::name].as_string()),
                      .pod_namespace = std::string(target[atom::namespace_].as_string()),
                      .pod_uid = std::string(target[atom::uid].as_string()),
                      .hint_zones = names_in(item[atom::hints][atom::forZones]),
                      .hint_nodes = names_in(item[atom::hints][atom::forNodes])};
    for (const Value address : item[atom::addresses].items()) {
      endpoint.addresses.emplace_back(address.as_string());
    }
    slice.endpoints.push_back(std::move(endpoint));
  }
  return slice;
}

Ports ports_of(Value service, Value pod) {
  Ports ports;
  for (const Value port : service[atom::spec][atom::ports].items()) {
    const auto number = resolve_port(pod, port);
    if (!number) continue;
    ports.push_back({.name = std::string(port[atom::name].as_string()),
                     .protocol = std::string(port[atom::protocol].as_string("TCP")),
                     .port = *number,
                     .app_protocol = std::string(port[atom::appProtocol].as_string())});
  }
  std::ranges::sort(ports);
  return ports;
}

void add_hints(Endpoint& endpoint, std::string_view distribution) {
  if (!endpoint.ready) return;
  const bool by_node = distribution == "PreferSameNode";
  const bool by_zone = by_node || distribution == "PreferClose" || distribution == "PreferSameZone";
  if (by_zone && !endpoint.zone.empty()) endpoint.hint_zones = {endpoint.zone};
  if (by_node && !endpoint.node.empty()) endpoint.hint_nodes = {endpoint.node};
}

Endpoint endpoint_of(const Input& input, Value pod, bool ipv6) {
  const bool serving = is_pod_ready(pod);
  const bool terminating = is_deleting(pod);
  const bool publish = input.service[atom::spec][atom::publishNotReadyAddresses].as_bool();
  Endpoint endpoint;
  endpoint.addresses = addresses_of(pod, ipv6);
  endpoint.serving = serving;
  endpoint.terminating = terminating;
  endpoint.ready = publish || (serving && !terminating);
  endpoint.node = pod[atom::spec][atom::nodeName].as_string();
  endpoint.pod = object::name_of(pod);
  endpoint.pod_namespace = object::namespace_of(pod);
  endpoint.pod_uid = object::uid_of(pod);
  if (const auto zone = input.zones.find(endpoint.node); zone != input.zones.end()) {
    endpoint.zone = zone->second;
  }
  if (has_hostname_in(pod, input.service)) endpoint.hostname = pod[atom::spec][atom::hostname].as_string();
  add_hints(endpoint, input.service[atom::spec][atom::trafficDistribution].as_string());
  return endpoint;
}

bool owns(Value service, Value slice) {
  for (const Value owner : slice[atom::metadata][atom::ownerReferences].items()) {
    if (owner[atom::uid].as_string() == object::uid_of(service)) return true;
  }
  return false;
}

bool labels_are_stale(Value slice, Value service) {
  const Value labels = slice[atom::metadata][atom::labels];
  for (const auto [key, atom, value] : service[atom::metadata][atom::labels].entries()) {
    if (!is_reserved(key) && labels[key].as_string() != value.as_string()) return true;
  }
  const auto own = [](Value all) {
    std::size_t count = 0;
    for (const auto [key, atom, value] : all.entries()) count += is_reserved(key) ? 0 : 1;
    return count;
  };
  return own(labels) != own(service[atom::metadata][atom::labels]) ||
         labels[kHeadlessLabel].exists() != is_headless(service);
}

void move_some(Desired& desired, Slice& slice) {
  while (!desired.empty() && slice.endpoints.size() < kMostEndpoints) {
    slice.endpoints.push_back(std::move(desired.begin()->second));
    desired.erase(desired.begin());
  }
}

// The fullest slice that has room for all of them.
std::vector<Slice>::iterator best_fit(std::vector<Slice>& slices, std::size_t count) {
  auto best = slices.end();
  for (auto at = slices.begin(); at != slices.end(); ++at) {
    if (at->endpoints.size() + count > kMostEndpoints) continue;
    if (best == slices.end() || at->endpoints.size() > best->endpoints.size()) best = at;
  }
  return best;
}

// Slices of one family and one set of ports.
void plan_group(Plan& plan, const Input& input, const std::string& family, const Ports& ports,
                std::vector<Slice> existing, Desired desired) {
  std::vector<Slice> unchanged;
  std::vector<Slice> update;
  for (Slice& slice : existing) {
    std::vector<Endpoint> kept;
    bool changed = false;
    for (const Endpoint& endpoint : slice.endpoints) {
      const auto wanted = desired.find(endpoint.identity());
      if (wanted == desired.end()) continue;
      changed = changed || wanted->second != endpoint;
      kept.push_back(std::move(wanted->second));
      desired.erase(wanted);
    }
    changed = changed || kept.size() != slice.endpoints.size();
    if (changed && kept.empty()) {
      plan.remove.push_back(slice.document);
      continue;
    }
    const bool stale = labels_are_stale(slice.document.root(), input.service);
    slice.endpoints = std::move(kept);
    (changed || stale ? update : unchanged).push_back(std::move(slice));
  }
  std::ranges::sort(update, [](const Slice& a, const Slice& b) {
    return a.endpoints.size() > b.endpoints.size();
  });
  for (Slice& slice : update) move_some(desired, slice);
  while (!desired.empty()) {
    const auto fit = best_fit(unchanged, desired.size());
    if (fit != unchanged.end()) {
      move_some(desired, *fit);
      update.push_back(std::move(*fit));
      unchanged.erase(fit);
      continue;
    }
    Slice slice{.document = {}, .name = {}, .family = family, .ports = ports, .endpoints = {}};
    move_some(desired, slice);
    plan.create.push_back(std::move(slice));
  }
  for (Slice& slice : update) plan.update.push_back(std::move(slice));
}

// A service without any endpoint has one slice that says so.
void keep_placeholder(Plan& plan, const Input& input, const std::string& family,
                      std::size_t existing) {
  if (existing != plan.remove.size() || !plan.create.empty()) return;
  if (plan.remove.size() == 1) {
    const Value only = plan.remove.front().root();
    if (only[atom::endpoints].empty() && only[atom::ports].empty() &&
        !labels_are_stale(only, input.service)) {
      plan.remove.clear();
      return;
    }
  }
  plan.create.push_back({.document = {}, .name = {}, .family = family, .ports = {}, .endpoints = {}});
}

Plan plan_family(const Input& input, const std::string& family, std::vector<Slice> slices) {
  Plan plan;
  const std::size_t existing_count = slices.size();
  std::map<Ports, std::vector<Slice>> existing;
  for (Slice& slice : slices) {
    if (owns(input.service, slice.document.root())) {
      existing[slice.ports].push_back(std::move(slice));
    } else {
      plan.remove.push_back(slice.document);
    }
  }
  std::map<Ports, Desired> desired;
  const bool publish = input.service[atom::spec][atom::publishNotReadyAddresses].as_bool();
  for (const Document& pod : input.pods) {
    if (!is_endpoint(pod.root(), true)) continue;
    const std::string node(pod[atom::spec][atom::nodeName].as_string());
    if (!input.zones.contains(node) && !publish) {
      plan.incomplete = true;
      continue;
    }
    Endpoint endpoint = endpoint_of(input, pod.root(), family == "IPv6");
    if (endpoint.addresses.empty()) continue;
    std::string identity = endpoint.identity();
    desired[ports_of(input.service, pod.root())].emplace(std::move(identity), std::move(endpoint));
  }
  for (auto& [ports, endpoints] : desired) {
    auto known = existing.extract(ports);
    plan_group(plan, input, family, ports, known ? std::move(known.mapped()) : std::vector<Slice>{},
               std::move(endpoints));
  }
  for (const auto& [ports, gone] : existing) {
    for (const Slice& slice : gone) plan.remove.push_back(slice.document);
  }
  keep_placeholder(plan, input, family, existing_count);
  // What would be deleted takes the place of what would be made.
  while (!plan.create.empty() && !plan.remove.empty()) {
    const auto reusable = std::ranges::find_if(plan.remove, [&](const Document& document) {
      return owns(input.service, document.root());
    });
    if (reusable == plan.remove.end()) break;
    Slice slice = std::move(plan.create.back());
    plan.create.pop_back();
    slice.document = *reusable;
    slice.name = object::name_of(slice.document.root());
    plan.remove.erase(reusable);
    plan.update.push_back(std::move(slice));
  }
  return plan;
}

void write_endpoint(NodeRef item, const Endpoint& endpoint) {
  NodeRef addresses = item.ensure_list("addresses");
  for (const std::string& address : endpoint.addresses) addresses.append_string(address);
  NodeRef conditions = item.ensure_map("conditions");
  conditions.set("ready", endpoint.ready);
  conditions.set("serving", endpoint.serving);
  conditions.set("terminating", endpoint.terminating);
  const auto set = [&item](std::string_view key, const std::string& value) {
    if (!value.empty()) item.set(key, std::string_view(value));
  };
  set("hostname", endpoint.hostname);
  NodeRef target = item.ensure_map("targetRef");
  target.set("kind", "Pod");
  target.set("namespace", std::string_view(endpoint.pod_namespace));
  target.set("name", std::string_view(endpoint.pod));
  target.set("uid", std::string_view(endpoint.pod_uid));
  set("nodeName", endpoint.node);
  set("zone", endpoint.zone);
  const auto hint = [&item](std::string_view key, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      item.ensure_map("hints").ensure_list(key).append().set("name", std::string_view(name));
    }
  };
  hint("forZones", endpoint.hint_zones);
  hint("forNodes", endpoint.hint_nodes);
}

}  // namespace

std::string Endpoint::identity() const {
  std::vector<std::string> sorted = addresses;
  std::ranges::sort(sorted);
  std::string text;
  for (const std::string& address : sorted) text.append(address).append(",");
  return text.append("|").append(hostname).append("|").append(pod_namespace).append("/").append(pod);
}

Plan plan_slices(const Input& input) {
  const std::vector<std::string> families = families_of(input.service);
  Plan plan;
  std::map<std::string, std::vector<Slice>> by_family;
  for (const Document& document : input.slices) {
    if (is_deleting(document.root())) continue;
    Slice slice = read_slice(document);
    if (std::ranges::find(families, slice.family) == families.end()) {
      plan.remove.push_back(document);
    } else {
      by_family[slice.family].push_back(std::move(slice));
    }
  }
  for (const std::string& family : families) {
    Plan part = plan_family(input, family, std::move(by_family[family]));
    std::ranges::move(part.create, std::back_inserter(plan.create));
    std::ranges::move(part.update, std::back_inserter(plan.update));
    std::ranges::move(part.remove, std::back_inserter(plan.remove));
    plan.incomplete = plan.incomplete || part.incomplete;
  }
  return plan;
}

Draft write_slice(const Slice& slice, Value service, std::string_view trigger_time) {
  Draft draft = slice.document ? Draft::from(slice.document) : Draft();
  NodeRef root = draft.root();
  NodeRef metadata = root.ensure_map("metadata");
  if (!slice.document) {
    metadata.set("generateName", std::string(object::name_of(service)) + "-");
    metadata.set("namespace", object::namespace_of(service));
    write_controller_reference(metadata.ensure_list("ownerReferences").append(), service, client::kServices);
    root.set("addressType", std::string_view(slice.family));
  }
  NodeRef labels = metadata.ensure_map("labels");
  labels.clear();
  for (const auto [key, atom, value] : service[atom::metadata][atom::labels].entries()) {
    if (!is_reserved(key)) labels.set(key, value.as_string());
  }
  labels.set(kServiceName, object::name_of(service));
  labels.set(kManagedBy, kManager);
  if (is_headless(service)) labels.set(kHeadlessLabel, "");
  if (!trigger_time.empty()) {
    metadata.ensure_map("annotations").set(kTriggerTime, trigger_time);
  } else if (metadata["annotations"].exists()) {
    metadata["annotations"].erase(kTriggerTime);
    if (metadata["annotations"].empty()) metadata.erase("annotations");
  }
  NodeRef endpoints = root.ensure_list("endpoints");
  endpoints.clear();
  for (const Endpoint& endpoint : slice.endpoints) write_endpoint(endpoints.append(), endpoint);
  NodeRef ports = root.ensure_list("ports");
  ports.clear();
  for (const Port& port : slice.ports) {
    NodeRef item = ports.append();
    item.set("name", std::string_view(port.name));
    item.set("protocol", std::string_view(port.protocol));
    item.set("port", port.port);
    if (!port.app_protocol.empty()) item.set("appProtocol", std::string_view(port.app_protocol));
  }
  if (slice.endpoints.empty()) endpoints.set_null();  // As Go writes a list that was never made.
  if (slice.ports.empty()) ports.set_null();
  return draft;
}

}  // namespace knarr::controllers::endpoint_slice
