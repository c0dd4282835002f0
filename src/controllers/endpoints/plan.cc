// SPDX-License-Identifier: Apache-2.0
#include "controllers/endpoints/plan.h"

#include "controllers/pods.h"
#include "controllers/service_pods.h"
#include "object/equality.h"

#include <algorithm>
#include <compare>
#include <map>
#include <set>
#include <string>

namespace knarr::controllers::endpoints {

using object::Document;
using object::Draft;
using object::NodeRef;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr std::string_view kManagedBy = "endpoints.kubernetes.io/managed-by";
constexpr std::string_view kManager = "endpoint-controller";
constexpr std::string_view kOverCapacity = "endpoints.kubernetes.io/over-capacity";
constexpr std::size_t kMostAddresses = 1000;

struct Port {
  std::string name;
  std::int64_t port = 0;
  std::string protocol;
  std::string app_protocol;
  friend auto operator<=>(const Port&, const Port&) = default;
};

struct Address {
  std::string ip;
  std::string uid;
  std::string hostname;
  std::string node;
  std::string pod;
  std::string namespace_;
  friend auto operator<=>(const Address&, const Address&) = default;
};

struct Subset {
  std::vector<Address> ready;
  std::vector<Address> not_ready;
};

// Addresses that share all their ports stand together.
std::map<std::set<Port>, Subset> repack(Value service, const std::vector<Document>& pods) {
  const bool publish = service[atom::spec][atom::publishNotReadyAddresses].as_bool();
  const bool ipv6 = families_of(service).front() == "IPv6";
  const Value service_ports = service[atom::spec][atom::ports];
  std::map<Address, std::pair<bool, std::set<Port>>> by_address;
  for (const Document& pod : pods) {
    const Value root = pod.root();
    if (!is_endpoint(root, publish)) continue;
    const std::vector<std::string> addresses = addresses_of(root, ipv6);
    if (addresses.empty()) continue;
    Address address{.ip = addresses.front(),
                    .uid = std::string(object::uid_of(root)),
                    .hostname = {},
                    .node = std::string(root[atom::spec][atom::nodeName].as_string()),
                    .pod = std::string(object::name_of(root)),
                    .namespace_ = std::string(object::namespace_of(root))};
    if (has_hostname_in(root, service)) address.hostname = root[atom::spec][atom::hostname].as_string();
    const bool ready = publish || is_pod_ready(root);
    std::set<Port> ports;
    for (const Value port : service_ports.items()) {
      const auto number = resolve_port(root, port);
      if (!number) continue;
      ports.insert({.name = std::string(port[atom::name].as_string()),
                    .port = *number,
                    .protocol = std::string(port[atom::protocol].as_string("TCP")),
                    .app_protocol = std::string(port[atom::appProtocol].as_string())});
    }
    if (ports.empty() && !(service_ports.empty() && is_headless(service))) continue;
    by_address.emplace(std::move(address), std::pair(ready, std::move(ports)));
  }
  std::map<std::set<Port>, Subset> subsets;
  for (auto& [address, state] : by_address) {
    Subset& subset = subsets[state.second];
    (state.first ? subset.ready : subset.not_ready).push_back(address);
  }
  return subsets;
}

// Of too many, ready ones stay before others, shared out among subsets.
bool truncate(std::map<std::set<Port>, Subset>& subsets) {
  std::size_t ready = 0;
  std::size_t all = 0;
  for (const auto& [ports, subset] : subsets) {
    ready += subset.ready.size();
    all += subset.ready.size() + subset.not_ready.size();
  }
  if (all <= kMostAddresses) return false;
  std::size_t room_ready = std::min(ready, kMostAddresses);
  std::size_t room_other = kMostAddresses - room_ready;
  for (auto& [ports, subset] : subsets) {
    subset.ready.resize(std::min(subset.ready.size(), room_ready));
    room_ready -= subset.ready.size();
    subset.not_ready.resize(std::min(subset.not_ready.size(), room_other));
    room_other -= subset.not_ready.size();
  }
  std::erase_if(subsets, [](const auto& entry) {
    return entry.second.ready.empty() && entry.second.not_ready.empty();
  });
  return true;
}

void write_addresses(NodeRef subset, std::string_view key, const std::vector<Address>& addresses) {
  for (const Address& address : addresses) {
    NodeRef item = subset.ensure_list(key).append();
    item.set("ip", std::string_view(address.ip));
    if (!address.hostname.empty()) item.set("hostname", std::string_view(address.hostname));
    if (!address.node.empty()) item.set("nodeName", std::string_view(address.node));
    NodeRef target = item.ensure_map("targetRef");
    target.set("kind", "Pod");
    target.set("namespace", std::string_view(address.namespace_));
    target.set("name", std::string_view(address.pod));
    target.set("uid", std::string_view(address.uid));
  }
}

}  // namespace

Draft write_endpoints(Value service, const std::vector<Document>& pods, const Document& now) {
  auto subsets = repack(service, pods);
  const bool truncated = truncate(subsets);
  Draft draft = now ? Draft::from(now) : Draft();
  NodeRef root = draft.root();
  NodeRef metadata = root.ensure_map("metadata");
  metadata.set("name", object::name_of(service));
  metadata.set("namespace", object::namespace_of(service));
  NodeRef labels = metadata.ensure_map("labels");
  labels.clear();
  for (const auto [key, atom, value] : service[atom::metadata][atom::labels].entries()) {
    if (key != kHeadlessLabel) labels.set(key, value.as_string());
  }
  labels.set(kManagedBy, kManager);
  if (is_headless(service)) labels.set(kHeadlessLabel, "");
  if (truncated) {
    metadata.ensure_map("annotations").set(kOverCapacity, "truncated");
  } else if (metadata["annotations"].exists()) {
    metadata["annotations"].erase(kOverCapacity);
  }
  root.erase("subsets");
  for (const auto& [ports, subset] : subsets) {
    NodeRef item = root.ensure_list("subsets").append();
    write_addresses(item, "addresses", subset.ready);
    write_addresses(item, "notReadyAddresses", subset.not_ready);
    for (const Port& port : ports) {
      NodeRef entry = item.ensure_list("ports").append();
      if (!port.name.empty()) entry.set("name", std::string_view(port.name));
      entry.set("port", port.port);
      entry.set("protocol", std::string_view(port.protocol));
      if (!port.app_protocol.empty()) entry.set("appProtocol", std::string_view(port.app_protocol));
    }
  }
  return draft;
}

bool differs(const Document& now, const Draft& wanted) {
  const Value subsets = now[atom::subsets];
  const NodeRef wanted_subsets = wanted[atom::subsets];
  const bool same_subsets = subsets.empty() && wanted_subsets.empty()
                                ? true
                                : object::equal(subsets, wanted_subsets);
  return !same_subsets ||
         !object::equal(now[atom::metadata][atom::labels], wanted[atom::metadata][atom::labels]) ||
         now[atom::metadata][atom::annotations][kOverCapacity].exists() !=
             wanted[atom::metadata][atom::annotations][kOverCapacity].exists();
}

void set_trigger_time(Draft& wanted, std::string_view time) {
  NodeRef metadata = wanted.root().ensure_map("metadata");
  if (!time.empty()) {
    metadata.ensure_map("annotations").set(kTriggerTime, time);
  } else if (metadata["annotations"].exists()) {
    metadata["annotations"].erase(kTriggerTime);
  }
}

}  // namespace knarr::controllers::endpoints
