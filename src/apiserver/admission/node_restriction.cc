// SPDX-License-Identifier: Apache-2.0
#include "apiserver/admission/node_restriction.h"

#include "apiserver/admission/pod_refusal.h"
#include "apiserver/registry/kinds/pod.h"
#include "object/equality.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace knarr::apiserver {

using object::Value;

namespace {

constexpr std::string_view kMirror = "kubernetes.io/config.mirror";

Result<> check_owner(std::string_view name, Value pod, Value node) {
  const Value owners = pod["metadata"]["ownerReferences"];
  const auto refuse = [&](std::string_view why) {
    return pod_refusal(pod, fmt::format("node \"{}\" {}", name, why));
  };
  // Only one: a list with more is not a mirror pod's.
  if (owners.size() != 1) {
    return refuse("can only create pods with an owner reference set to itself");
  }
  const Value owner = owners.at(0);
  if (owner["apiVersion"].as_string() != "v1" || owner["kind"].as_string() != "Node" ||
      owner["name"].as_string() != name) {
    return refuse("can only create pods with an owner reference set to itself");
  }
  if (!owner["controller"].as_bool()) {
    return refuse("can only create pods with a controller owner reference set to itself");
  }
  if (owner["blockOwnerDeletion"].as_bool()) {
    return refuse("must not set blockOwnerDeletion on an owner reference");
  }
  if (!node.exists()) return Error(Reason::NotFound, fmt::format("nodes \"{}\" not found", name));
  const std::string_view uid = owner["uid"].as_string();
  if (uid != object::uid_of(node)) {
    return pod_refusal(pod, fmt::format("node {} UID mismatch: expected {} got {}", name, uid,
                                        object::uid_of(node)));
  }
  return ok();
}

Result<> check_references(std::string_view name, Value pod) {
  const Value spec = pod["spec"];
  const auto refuse = [&](std::string_view what) {
    return pod_refusal(pod, fmt::format("node \"{}\" can not create pods that reference {}", name, what));
  };
  if (!spec["serviceAccountName"].as_string().empty()) return refuse("a service account");
  if (!pod_secret_names(pod).empty()) return refuse("secrets");
  if (!pod_config_map_names(pod).empty()) return refuse("configmaps");
  for (const Value volume : spec["volumes"].items()) {
    if (volume["persistentVolumeClaim"].is_map()) return refuse("persistentvolumeclaims");
  }
  if (!spec["resourceClaims"].empty()) return refuse("resourceclaims");
  return ok();
}

}  // namespace

NodeUser node_user(const auth::User& user) {
  constexpr std::string_view kPrefix = "system:node:";
  if (std::ranges::find(user.groups, "system:nodes") == user.groups.end()) return {};
  std::string_view name = user.name;
  if (!name.starts_with(kPrefix)) return {};
  name.remove_prefix(kPrefix.size());
  return {.is_node = true, .name = name};
}

Result<> check_node_creates_pod(std::string_view node_name, Value pod, Value node) {
  if (!pod["metadata"]["annotations"][kMirror].exists()) {
    return pod_refusal(pod, fmt::format("pod does not have \"{}\" annotation, node \"{}\" can only "
                                        "create mirror pods",
                                        kMirror, node_name));
  }
  if (pod["spec"]["nodeName"].as_string() != node_name) {
    return pod_refusal(pod, fmt::format("node \"{}\" can only create pods with spec.nodeName set to "
                                        "itself",
                                        node_name));
  }
  TRY(check_owner(node_name, pod, node));
  return check_references(node_name, pod);
}

Result<> check_node_deletes_pod(std::string_view node_name, Value pod) {
  if (pod["spec"]["nodeName"].as_string() == node_name) return ok();
  return pod_refusal(pod, fmt::format("node \"{}\" can only delete pods with spec.nodeName set to "
                                      "itself",
                                      node_name));
}

Result<> check_node_updates_pod_status(std::string_view node_name, Value pod, Value old) {
  if (pod["spec"]["nodeName"].as_string() != node_name) {
    return pod_refusal(pod, fmt::format("node \"{}\" can only update pod status for pods with "
                                        "spec.nodeName set to itself",
                                        node_name));
  }
  const Value labels = pod["metadata"]["labels"];
  const Value before = old["metadata"]["labels"];
  if ((!labels.empty() || !before.empty()) && !object::equal(labels, before)) {
    return pod_refusal(pod, fmt::format("node \"{}\" cannot update labels through pod status",
                                        node_name));
  }
  return ok();
}

Result<> check_node_evicts_pod(std::string_view node_name, Value pod) {
  if (pod["spec"]["nodeName"].as_string() == node_name) return ok();
  return pod_refusal(pod, fmt::format("node {} can only evict pods with spec.nodeName set to itself",
                                      node_name));
}

namespace {

constexpr std::string_view kKubeletLabels[] = {
    "kubernetes.io/hostname",
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "node.kubernetes.io/instance-type",
    "beta.kubernetes.io/instance-type",
    "kubernetes.io/os",
    "kubernetes.io/arch",
    "beta.kubernetes.io/os",
    "beta.kubernetes.io/arch",
    "node.kubernetes.io/windows-build",
};

bool is_in(std::string_view space, std::string_view domain) {
  if (!space.ends_with(domain)) return false;
  return space.size() == domain.size() || space[space.size() - domain.size() - 1] == '.';
}

// Labels by which pods are kept off nodes; a kubelet that could set them might draw pods to itself.
bool is_forbidden_label(std::string_view label) {
  const std::size_t slash = label.find('/');
  const std::string_view space =
      slash == std::string_view::npos ? std::string_view() : label.substr(0, slash);
  if (is_in(space, "node-restriction.kubernetes.io")) return true;
  if (!is_in(space, "kubernetes.io") && !is_in(space, "k8s.io")) return false;
  if (is_in(space, "kubelet.kubernetes.io") || is_in(space, "node.kubernetes.io")) return false;
  return std::ranges::find(kKubeletLabels, label) == std::end(kKubeletLabels);
}

std::set<std::string_view> forbidden_changes(Value now, Value before) {
  std::set<std::string_view> out;
  for (const auto [key, atom, value] : now.entries()) {
    const bool same = before[key].exists() && before[key].as_string() == value.as_string();
    if (!same && is_forbidden_label(key)) out.insert(key);
  }
  for (const auto [key, atom, value] : before.entries()) {
    if (!now[key].exists() && is_forbidden_label(key)) out.insert(key);
  }
  return out;
}

}  // namespace

Result<> check_node_writes_node(std::string_view node_name, std::string_view target, Value node,
                                Value old) {
  const auto refuse = [&](std::string_view why) {
    return admission_refusal("", "nodes", target, why);
  };
  const std::set<std::string_view> labels =
      forbidden_changes(node["metadata"]["labels"], old["metadata"]["labels"]);
  if (node.exists() && !old.exists()) {
    if (node["spec"]["configSource"].is_map()) {
      return refuse(fmt::format(
          "node \"{}\" is not allowed to create pods with a non-nil configSource", node_name));
    }
    if (!labels.empty()) {
      return refuse(fmt::format("node \"{}\" is not allowed to set the following labels: {}",
                                node_name, fmt::join(labels, ", ")));
    }
  }
  if (target != node_name) {
    return refuse(
        fmt::format("node \"{}\" is not allowed to modify node \"{}\"", node_name, target));
  }
  if (!node.exists() || !old.exists()) return ok();
  const Value taints = node["spec"]["taints"];
  const Value old_taints = old["spec"]["taints"];
  if ((!taints.empty() || !old_taints.empty()) && !object::equal(taints, old_taints)) {
    return refuse(fmt::format("node \"{}\" is not allowed to modify taints", node_name));
  }
  if (labels.empty()) return ok();
  return refuse(fmt::format("is not allowed to modify labels: {}", fmt::join(labels, ", ")));
}

Result<> check_node_writes_lease(std::string_view node_name, std::string_view namespace_,
                                 std::string_view target) {
  const auto refuse = [&](std::string_view why) {
    return admission_refusal("coordination.k8s.io", "leases", target, why);
  };
  if (namespace_ != "kube-node-lease") {
    return refuse("can only access leases in the \"kube-node-lease\" system namespace");
  }
  if (target == node_name) return ok();
  return refuse("can only access node lease with the same name as the requesting node");
}

Result<> check_node_writes_csi_node(std::string_view node_name, std::string_view target) {
  if (target == node_name) return ok();
  return admission_refusal("storage.k8s.io", "csinodes", target,
                           "can only access CSINode with the same name as the requesting node");
}

Result<> check_node_requests_token(std::string_view node_name, std::string_view account,
                                   Value token_request, Value pod) {
  const auto refuse = [&](std::string_view why) {
    return admission_refusal("", "serviceaccounts", account, why);
  };
  const Value bound = token_request["spec"]["boundObjectRef"];
  const std::string_view name = bound["name"].as_string();
  if (bound["apiVersion"].as_string() != "v1" || bound["kind"].as_string() != "Pod" ||
      name.empty()) {
    return refuse("node requested token not bound to a pod");
  }
  const std::string_view uid = bound["uid"].as_string();
  if (uid.empty()) return refuse("node requested token with a pod binding without a uid");
  if (!pod.exists()) {
    return Error(Reason::NotFound, fmt::format("pods \"{}\" not found", name))
        .with_details({.group = {}, .kind = "pods", .name = std::string(name), .uid = {}});
  }
  if (uid != object::uid_of(pod)) {
    return refuse(fmt::format("the UID in the bound object reference ({}) does not match the UID in "
                              "record. The object might have been deleted and then recreated",
                              uid));
  }
  if (pod["spec"]["nodeName"].as_string() == node_name) return ok();
  return refuse("node requested token bound to a pod scheduled on a different node");
}

Result<> check_node_writes_slice(std::string_view node_name, std::string_view target,
                                 std::string_view verb, Value slice) {
  if (slice["spec"]["nodeName"].as_string() == node_name) return ok();
  return admission_refusal(
      "resource.k8s.io", "resourceslices", target,
      fmt::format("can only {} ResourceSlice with the same NodeName as the requesting node", verb));
}

}  // namespace knarr::apiserver
