// SPDX-License-Identifier: Apache-2.0
#include "apiserver/admission/node_restriction.h"

#include "apiserver/admission/pod_refusal.h"
#include "apiserver/registry/kinds/pod.h"
#include "object/equality.h"

#include <fmt/format.h>

#include <algorithm>

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

}  // namespace knarr::apiserver
