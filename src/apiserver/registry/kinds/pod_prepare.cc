// SPDX-License-Identifier: Apache-2.0
#include "apiserver/registry/kinds/pod_prepare.h"

#include "api/resources_sum.h"
#include "apiserver/registry/kinds/pod.h"
#include "apiserver/registry/kinds/pod_text.h"

#include <fmt/format.h>

namespace knarr::apiserver {

using object::NodeRef;
using object::Value;

namespace {

constexpr std::string_view kAppArmor = "container.apparmor.security.beta.kubernetes.io/";

void take(NodeRef object, Value old, std::string_view field) {
  if (const Value value = old[field]; value.exists()) object.ensure(field).assign(value);
  else object.erase(field);
}

// Metadata that a write to a subresource does not reach (all but managedFields).
void reset_metadata(NodeRef pod, Value old) {
  NodeRef metadata = pod.ensure_map("metadata");
  const Value before = old["metadata"];
  for (const std::string_view field :
       {"deletionTimestamp", "deletionGracePeriodSeconds", "generation", "labels", "annotations",
        "finalizers", "ownerReferences"}) {
    take(metadata, before, field);
  }
}

NodeRef find_named(NodeRef list, std::string_view name) {
  for (NodeRef item : list.items()) {
    if (item["name"].as_string() == name) return item;
  }
  return {};
}

// A field of `from` is put into `to`, or goes when `from` has none.
void copy_field(NodeRef to, NodeRef from, std::string_view field) {
  if (from[field].exists()) to.ensure(field).assign(from[field]);
  else to.erase(field);
}

// The containers as they were, in the order of the request, with its resources. One that is new
// stays for validation to refuse.
void keep_only_resize(NodeRef pod, Value old) {
  const object::Draft sent = object::Draft::from(pod["spec"]);
  const object::Draft before = object::Draft::from(old["spec"]);
  NodeRef spec = pod.ensure("spec");
  spec.assign(old["spec"]);
  copy_field(spec, sent.root(), "resources");
  for (const std::string_view list : {"containers", "initContainers"}) {
    if (!sent.root()[list].exists() && !spec[list].exists()) continue;
    NodeRef containers = spec.ensure(list);
    containers.set_list();
    for (NodeRef asked : sent.root()[list].items()) {
      NodeRef known = find_named(before.root()[list], asked["name"].as_string());
      NodeRef container = containers.append();
      container.assign(known.exists() ? known : asked);
      if (!known.exists()) continue;
      copy_field(container, asked, "resources");
      copy_field(container, asked, "resizePolicy");
    }
  }
}

void keep_only_ephemeral(NodeRef pod, Value old) {
  const object::Draft sent = object::Draft::from(pod["spec"]["ephemeralContainers"]);
  NodeRef spec = pod.ensure("spec");
  const bool some = pod["spec"]["ephemeralContainers"].exists();
  spec.assign(old["spec"]);
  if (some) spec.ensure("ephemeralContainers").assign(sent.root());
  else spec.erase("ephemeralContainers");
}

// The expression of one key: only when the pod has the label.
void add_expression(NodeRef selector, NodeRef labels, std::string_view key, std::string_view op) {
  NodeRef label = labels[key];
  if (!label.exists()) return;
  NodeRef one = selector.ensure_list("matchExpressions").append();
  one.set("key", key);
  one.set("operator", op);
  one.ensure_list("values").append_string(label.as_string());
}

void merge_keys(NodeRef term, NodeRef labels) {
  NodeRef selector = term["labelSelector"];
  if (!selector.is_map()) return;
  for (NodeRef key : term["matchLabelKeys"].items()) {
    add_expression(selector, labels, key.as_string(), "In");
  }
  for (NodeRef key : term["mismatchLabelKeys"].items()) {
    add_expression(selector, labels, key.as_string(), "NotIn");
  }
}

void set_scheduling_gated(NodeRef pod) {
  NodeRef condition = pod.ensure_map("status").ensure_list("conditions").append();
  condition.set("type", "PodScheduled");
  condition.set("status", "False");
  condition.set("reason", "SchedulingGated");
  condition.set("message", "Scheduling is blocked due to non-empty scheduling gates");
}

}  // namespace

void merge_match_label_keys(NodeRef pod) {
  NodeRef labels = pod["metadata"]["labels"];
  NodeRef spec = pod["spec"];
  for (const std::string_view kind : {"podAffinity", "podAntiAffinity"}) {
    NodeRef affinity = spec["affinity"][kind];
    for (NodeRef term : affinity["requiredDuringSchedulingIgnoredDuringExecution"].items()) {
      merge_keys(term, labels);
    }
    for (NodeRef term : affinity["preferredDuringSchedulingIgnoredDuringExecution"].items()) {
      merge_keys(term["podAffinityTerm"], labels);
    }
  }
  for (NodeRef constraint : spec["topologySpreadConstraints"].items()) {
    merge_keys(constraint, labels);
  }
}

void sync_app_armor(const RuleContext& context, NodeRef pod) {
  NodeRef spec = pod["spec"];
  NodeRef annotations = pod["metadata"]["annotations"];
  if (spec["os"]["name"].as_string() == "windows") return;
  for (const std::string_view list : {"initContainers", "containers"}) {
    for (NodeRef container : spec[list].items()) {
      NodeRef own = container["securityContext"]["appArmorProfile"];
      const std::string key = fmt::format("{}{}", kAppArmor, container["name"].as_string());
      NodeRef annotation = annotations[key];
      if (!annotation.exists() || own.is_map()) continue;
      constexpr std::string_view kLocalhost = "localhost/";
      const std::string_view text = annotation.as_string();
      std::string_view type;
      std::string_view local;
      if (text == "unconfined") type = "Unconfined";
      else if (text == "runtime/default") type = "RuntimeDefault";
      else if (text.starts_with(kLocalhost)) local = text.substr(kLocalhost.size());
      if (!local.empty()) type = "Localhost";
      if (!type.empty() && !spec["securityContext"]["appArmorProfile"].is_map()) {
        NodeRef profile = container.ensure_map("securityContext").ensure_map("appArmorProfile");
        profile.set("type", type);
        if (!local.empty()) profile.set("localhostProfile", local);
      }
      if (context.warnings == nullptr) continue;
      context.warnings->push_back(
          fmt::format("metadata.annotations[{}]: deprecated since v1.30; use the "
                      "\"appArmorProfile\" field instead",
                      key));
    }
  }
}

void drop_disabled_pod_fields(NodeRef spec) {
  spec.erase("schedulingGroup");
  for (const std::string_view list : {"initContainers", "containers", "ephemeralContainers"}) {
    for (NodeRef container : spec[list].items()) {
      NodeRef lifecycle = container["lifecycle"];
      if (!lifecycle.is_map() || !lifecycle.erase("stopSignal")) continue;
      if (lifecycle.empty()) container.erase("lifecycle");
    }
  }
  for (NodeRef volume : spec["volumes"].items()) {
    for (NodeRef source : volume["projected"]["sources"].items()) {
      if (!source.is_map()) continue;
      source.erase("clusterTrustBundle");
      source.erase("podCertificate");
    }
  }
}

namespace {

// A negative grace period means the shortest.
void mend_grace_period(NodeRef spec) {
  NodeRef grace = spec["terminationGracePeriodSeconds"];
  if (grace.is_int() && grace.as_int() < 0) grace.set_int(1);
}

// podIP is the first of podIPs. Where they differ, podIP wins: old kubelets know it alone.
void align_pod_ips(NodeRef status) {
  const std::string ip(status["podIP"].as_string());
  NodeRef list = status["podIPs"];
  const std::string first(list.at(0)["ip"].as_string());
  if (ip.empty()) {
    if (!first.empty()) status.set("podIP", first);
    return;
  }
  if (ip == first) return;
  list = status.ensure("podIPs");
  list.set_list();
  list.append().set("ip", ip);
}

void keep_observed(NodeRef now, Value before) {
  if (now["observedGeneration"].as_int() != 0) return;
  if (before["observedGeneration"].as_int() == 0) return;
  now.ensure("observedGeneration").assign(before["observedGeneration"]);
}

}  // namespace

void prepare_pod_status(const RuleContext&, NodeRef pod, Value old) {
  NodeRef metadata = pod.ensure_map("metadata");
  // Old kubelets spoil what the garbage collector needs.
  take(metadata, old["metadata"], "ownerReferences");
  NodeRef status = pod.ensure_map("status");
  if (status["qosClass"].as_string().empty()) take(status, old["status"], "qosClass");
  align_pod_ips(status);
  keep_observed(status, old["status"]);
  for (NodeRef condition : status["conditions"].items()) {
    if (!condition.is_map()) continue;
    for (const Value before : old["status"]["conditions"].items()) {
      if (before["type"].as_string() == condition["type"].as_string()) {
        keep_observed(condition, before);
      }
    }
  }
}

void prepare_new_pod(const RuleContext& context, NodeRef pod) {
  drop_disabled_pod_fields(pod.ensure_map("spec"));
  mend_grace_period(pod["spec"]);
  const object::Document spec = object::Draft::freeze(pod.ensure_map("spec"));
  NodeRef status = pod.ensure("status");
  status.set_map();
  status.set("phase", "Pending");
  if (!pod["spec"]["schedulingGates"].empty()) set_scheduling_gated(pod);
  status.set("qosClass", to_string(api::qos_class(spec.root())));
  merge_match_label_keys(pod);
  sync_app_armor(context, pod);
}

void prepare_pod_update(const RuleContext& context, NodeRef pod, Value old) {
  take(pod, old, "status");
  drop_disabled_pod_fields(pod.ensure_map("spec"));
  mend_grace_period(pod["spec"]);
  if (context.subresource.empty()) return;
  if (context.subresource == "resize") keep_only_resize(pod, old);
  else if (context.subresource == "ephemeralcontainers") keep_only_ephemeral(pod, old);
  else return;
  reset_metadata(pod, old);
}

}  // namespace knarr::apiserver
