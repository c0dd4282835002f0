// SPDX-License-Identifier: Apache-2.0
// Defaults of the core group that depend on other fields; pods are in defaulting_pod.cc.
#include "base/base64.h"
#include "object/quantity.h"
#include "schema/defaulting_hooks.h"

#include <limits>

namespace knarr::schema::defaulting {

using object::NodeRef;
using object::Quantity;

namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

// Amounts are kept in thousandths at most: finer ones round up.
void resource_list(NodeRef list, const Context& /*context*/) {
  for (auto entry : list.entries()) {
    const std::string_view text = entry.value.as_string();
    if (text.find_first_of(".eEnu") == std::string_view::npos) continue;  // Whole or milli already.
    const Quantity amount = Quantity::of(text);
    const std::int64_t milli = amount.milli_value();
    const Quantity rounded = Quantity::milli(milli, amount.format());
    const bool fits = milli != kMost && milli != -kMost;  // "1E" is whole, its thousandths saturate.
    if (fits && rounded != amount) entry.value.set_string(rounded.text());
  }
}

void fill_missing(NodeRef to, NodeRef from) {
  for (auto entry : from.entries()) {
    if (!to[entry.key].exists()) to.ensure(entry.key).assign(entry.value);
  }
}

void limit_range_item(NodeRef item, const Context& /*context*/) {
  if (item["type"].as_string() != "Container") return;
  for (const char* name : {"default", "defaultRequest"}) {
    if (!item[name].is_map()) item.ensure(name).set_map();
  }
  fill_missing(item["default"], item["max"]);
  fill_missing(item["defaultRequest"], item["default"]);
  fill_missing(item["defaultRequest"], item["min"]);
  for (const char* name : {"default", "defaultRequest"}) {
    if (item[name].empty()) item.erase(name);
  }
}

// stringData is for writing alone: it goes over data, then away. Done here, before anybody accounts
// for who wrote what.
void secret(NodeRef object, const Context& /*context*/) {
  const NodeRef texts = object["stringData"];
  if (!texts.exists()) return;
  if (!is_empty(texts)) {
    NodeRef data = object.ensure_map("data");
    for (auto entry : texts.entries()) {
      data.ensure(entry.key).set_string(base64_encode(entry.value.as_string()));
    }
  }
  object.erase("stringData");
}

void name_space(NodeRef object, const Context& /*context*/) {
  const std::string_view name = object["metadata"]["name"].as_string();
  if (!name.empty()) object["metadata"].ensure_map("labels").set("kubernetes.io/metadata.name", name);
}

void node_status(NodeRef status, const Context& /*context*/) {
  if (is_unset(status["allocatable"]) && !is_unset(status["capacity"])) {
    status.ensure("allocatable").assign(status["capacity"]);
  }
}

// PersistentVolumeSpec also occurs in VolumeAttachment, without defaults.
void persistent_volume(NodeRef object, const Context& /*context*/) {
  NodeRef spec = object.ensure_map("spec");
  fill_empty(spec, "persistentVolumeReclaimPolicy", "Retain");
  fill(spec, "volumeMode", "Filesystem");
}

void replication_controller(NodeRef object, const Context& /*context*/) {
  const NodeRef labels = object["spec"]["template"]["metadata"]["labels"];
  if (is_empty(labels)) return;
  if (is_empty(object["spec"]["selector"])) object["spec"].ensure("selector").assign(labels);
  NodeRef metadata = object.ensure_map("metadata");
  if (is_empty(metadata["labels"])) metadata.ensure("labels").assign(labels);
}

void service_ports(NodeRef spec) {
  for (NodeRef port : spec["ports"].items()) {
    const NodeRef target = port["targetPort"];
    const bool missing = is_unset(target) || (target.is_int() && target.as_int() == 0) ||
                         (target.is_string() && target.as_string().empty());
    if (missing) port.set("targetPort", static_cast<long>(port["port"].as_int()));
  }
}

void service(NodeRef object, const Context& /*context*/) {
  NodeRef spec = object.ensure_map("spec");
  const std::string_view affinity = spec["sessionAffinity"].as_string();
  if (affinity.empty() || affinity == "None") {
    spec.erase("sessionAffinityConfig");
  } else if (affinity == "ClientIP" &&
             is_unset(spec["sessionAffinityConfig"]["clientIP"]["timeoutSeconds"])) {
    spec.ensure_map("sessionAffinityConfig").ensure_map("clientIP").set("timeoutSeconds", 10800);
  }
  fill_empty(spec, "type", "ClusterIP");
  const std::string_view type = spec["type"].as_string();
  const bool balanced = type == "LoadBalancer";
  service_ports(spec);
  if (balanced || type == "NodePort" || (type == "ClusterIP" && !is_empty(spec["externalIPs"]))) {
    fill_empty(spec, "externalTrafficPolicy", "Cluster");
  }
  if (balanced || type == "NodePort" || type == "ClusterIP") {
    fill(spec, "internalTrafficPolicy", "Cluster");
  }
  if (!balanced) return;
  fill(spec, "allocateLoadBalancerNodePorts", true);
  for (NodeRef ingress : object["status"]["loadBalancer"]["ingress"].items()) {
    if (!is_empty(ingress["ip"])) fill(ingress, "ipMode", "VIP");
  }
}

constexpr NamedHook kHooks[] = {
    {"core/v1.ResourceList", resource_list},
    {"core/v1.LimitRangeItem", limit_range_item},
    {"core/v1.Namespace", name_space},
    {"core/v1.NodeStatus", node_status},
    {"core/v1.PersistentVolume", persistent_volume},
    {"core/v1.ReplicationController", replication_controller},
    {"core/v1.Secret", secret},
    {"core/v1.Service", service},
};

}  // namespace

std::span<const NamedHook> core_hooks() { return kHooks; }

}  // namespace knarr::schema::defaulting
