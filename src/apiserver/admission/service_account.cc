// SPDX-License-Identifier: Apache-2.0
#include "apiserver/admission/service_account.h"

#include "apiserver/admission/pod_refusal.h"
#include "apiserver/registry/kinds/pod.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

namespace knarr::apiserver {

using object::NodeRef;
using object::Value;

namespace {

constexpr std::string_view kMirror = "kubernetes.io/config.mirror";
constexpr std::string_view kEnforce = "kubernetes.io/enforce-mountable-secrets";
constexpr std::string_view kTokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";
constexpr std::string_view kVolumePrefix = "kube-api-access-";
constexpr int kTokenSeconds = 3607;  // An odd number, to be told apart from what users ask for.

Result<> check_mirror_pod(NodeRef pod) {
  NodeRef spec = pod["spec"];
  if (!spec["serviceAccountName"].as_string().empty()) {
    return pod_refusal(pod, "a mirror pod may not reference service accounts");
  }
  if (!pod_secret_names(object::Draft::freeze(pod).root()).empty()) {
    return pod_refusal(pod, "a mirror pod may not reference secrets");
  }
  for (NodeRef volume : spec["volumes"].items()) {
    for (NodeRef source : volume["projected"]["sources"].items()) {
      if (source["serviceAccountToken"].is_map()) {
        return pod_refusal(pod, "a mirror pod may not use ServiceAccountToken volume projections");
      }
    }
  }
  return ok();
}

bool wants_token(NodeRef pod, Value account) {
  if (NodeRef own = pod["spec"]["automountServiceAccountToken"]; own.is_bool()) return own.as_bool();
  return account["automountServiceAccountToken"].as_bool(true);
}

bool has_mount_at(NodeRef container, std::string_view path) {
  for (NodeRef mount : container["volumeMounts"].items()) {
    if (mount["mountPath"].as_string() == path) return true;
  }
  return false;
}

void add_token_volume(NodeRef volume, std::string_view name) {
  volume.set("name", name);
  NodeRef projected = volume.ensure_map("projected");
  NodeRef sources = projected.ensure_list("sources");
  NodeRef token = sources.append().ensure_map("serviceAccountToken");
  token.set("expirationSeconds", kTokenSeconds);
  token.set("path", "token");
  NodeRef ca = sources.append().ensure_map("configMap");
  ca.set("name", "kube-root-ca.crt");
  NodeRef certificate = ca.ensure_list("items").append();
  certificate.set("key", "ca.crt");
  certificate.set("path", "ca.crt");
  NodeRef file = sources.append().ensure_map("downwardAPI").ensure_list("items").append();
  file.set("path", "namespace");
  NodeRef field = file.ensure_map("fieldRef");
  field.set("apiVersion", "v1");
  field.set("fieldPath", "metadata.namespace");
  projected.set("defaultMode", 0644);
}

// Mounts the token in every container that has nothing at its place.
void mount_token(NodeRef spec, std::string_view suffix) {
  std::string name;
  for (NodeRef volume : spec["volumes"].items()) {
    // One that came with the pod (copied from another) serves again.
    if (volume["name"].as_string().starts_with(kVolumePrefix)) name = volume["name"].as_string();
    if (!name.empty()) break;
  }
  const bool there = !name.empty();
  if (!there) name = fmt::format("{}{}", kVolumePrefix, suffix);
  bool mounted = false;
  for (const std::string_view list : {"initContainers", "containers"}) {
    for (NodeRef container : spec[list].items()) {
      if (has_mount_at(container, kTokenPath)) continue;
      NodeRef mount = container.ensure_list("volumeMounts").append();
      mount.set("name", name);
      mount.set("readOnly", true);
      mount.set("mountPath", kTokenPath);
      mounted = true;
    }
  }
  if (mounted && !there) add_token_volume(spec.ensure_list("volumes").append(), name);
}

std::set<std::string_view> names_in(Value list) {
  std::set<std::string_view> out;
  for (const Value one : list.items()) out.insert(one["name"].as_string());
  return out;
}

// An account may list the only secrets that its pods can use.
Result<> check_secrets(NodeRef pod, Value account) {
  const std::set<std::string_view> allowed = names_in(account["secrets"]);
  const std::string_view name = account["metadata"]["name"].as_string();
  const std::string why = fmt::format(
      "is not allowed because service account {} does not reference that secret", name);
  NodeRef spec = pod["spec"];
  for (NodeRef volume : spec["volumes"].items()) {
    NodeRef secret = volume["secret"];
    if (!secret.is_map() || allowed.contains(secret["secretName"].as_string())) continue;
    return pod_refusal(pod, fmt::format("volume with secret.secretName=\"{}\" {}",
                                        secret["secretName"].as_string(), why));
  }
  for (const std::string_view list : {"initContainers", "containers", "ephemeralContainers"}) {
    const std::string_view what = list == "initContainers" ? "init container"
                                  : list == "containers"   ? "container"
                                                           : "ephemeral container";
    for (NodeRef container : spec[list].items()) {
      const std::string_view own = container["name"].as_string();
      for (NodeRef variable : container["env"].items()) {
        NodeRef ref = variable["valueFrom"]["secretKeyRef"];
        if (!ref.is_map() || allowed.contains(ref["name"].as_string())) continue;
        return pod_refusal(
            pod, fmt::format("{} {} with envVar {} referencing secret.secretName=\"{}\" {}", what,
                             own, variable["name"].as_string(), ref["name"].as_string(), why));
      }
      for (NodeRef source : container["envFrom"].items()) {
        NodeRef ref = source["secretRef"];
        if (!ref.is_map() || allowed.contains(ref["name"].as_string())) continue;
        return pod_refusal(
            pod, fmt::format("{} {} with envFrom referencing secret.secretName=\"{}\" {}", what,
                             own, ref["name"].as_string(), why));
      }
    }
  }
  const std::set<std::string_view> pullable = names_in(account["imagePullSecrets"]);
  std::size_t i = 0;
  for (NodeRef secret : spec["imagePullSecrets"].items()) {
    const std::size_t at = i++;
    if (pullable.contains(secret["name"].as_string())) continue;
    return pod_refusal(pod, fmt::format("imagePullSecrets[{}].name=\"{}\" is not allowed because "
                                        "service account {} does not reference that imagePullSecret",
                                        at, secret["name"].as_string(), name));
  }
  return ok();
}

bool is_true(std::string_view text) {
  constexpr std::string_view kTrue[] = {"1", "t", "T", "TRUE", "true", "True"};
  return std::ranges::find(kTrue, text) != std::end(kTrue);
}

}  // namespace

std::string service_account_of(NodeRef pod) {
  if (pod["metadata"]["annotations"][kMirror].exists()) return {};
  const std::string_view name = pod["spec"]["serviceAccountName"].as_string();
  return std::string(name.empty() ? "default" : name);
}

Result<> admit_service_account(NodeRef pod, Value account, std::string_view namespace_,
                               std::string_view volume_suffix) {
  const std::string name = service_account_of(pod);
  if (name.empty()) return check_mirror_pod(pod);
  NodeRef spec = pod.ensure_map("spec");
  spec.set("serviceAccountName", name);
  spec.set("serviceAccount", name);
  if (!account.exists()) {
    return pod_refusal(pod, fmt::format("error looking up service account {}/{}: serviceaccount "
                                        "\"{}\" not found",
                                        namespace_, name, name));
  }
  if (wants_token(pod, account)) mount_token(spec, volume_suffix);
  if (spec["imagePullSecrets"].empty() && !account["imagePullSecrets"].empty()) {
    NodeRef secrets = spec.ensure_list("imagePullSecrets");
    for (const Value secret : account["imagePullSecrets"].items()) {
      secrets.append().set("name", secret["name"].as_string());
    }
  }
  if (is_true(account["metadata"]["annotations"][kEnforce].as_string())) {
    return check_secrets(pod, account);
  }
  return ok();
}

}  // namespace knarr::apiserver
