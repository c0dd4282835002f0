// SPDX-License-Identifier: Apache-2.0
// What else a pod needs: the secrets and config maps it refers to.
#include "apiserver/registry/kinds/pod.h"

#include <set>

namespace knarr::apiserver {

using object::Value;

namespace {

using Names = std::set<std::string, std::less<>>;

void add(Names& names, Value name) {
  if (!name.as_string().empty()) names.emplace(name.as_string());
}

void add_from_containers(Names& names, Value spec, std::string_view key_ref,
                         std::string_view env_ref) {
  for (const std::string_view list : {"initContainers", "containers", "ephemeralContainers"}) {
    for (const Value container : spec[list].items()) {
      for (const Value variable : container["env"].items()) {
        add(names, variable["valueFrom"][key_ref]["name"]);
      }
      for (const Value source : container["envFrom"].items()) add(names, source[env_ref]["name"]);
    }
  }
}

}  // namespace

std::vector<std::string> pod_secret_names(Value pod) {
  const Value spec = pod["spec"];
  Names names;
  for (const Value secret : spec["imagePullSecrets"].items()) add(names, secret["name"]);
  add_from_containers(names, spec, "secretKeyRef", "secretRef");
  for (const Value volume : spec["volumes"].items()) {
    add(names, volume["secret"]["secretName"]);
    add(names, volume["azureFile"]["secretName"]);
    for (const std::string_view type :
         {"cephfs", "cinder", "flexVolume", "rbd", "scaleIO", "iscsi", "storageos"}) {
      add(names, volume[type]["secretRef"]["name"]);
    }
    add(names, volume["csi"]["nodePublishSecretRef"]["name"]);
    for (const Value source : volume["projected"]["sources"].items()) {
      add(names, source["secret"]["name"]);
    }
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> pod_config_map_names(Value pod) {
  const Value spec = pod["spec"];
  Names names;
  add_from_containers(names, spec, "configMapKeyRef", "configMapRef");
  for (const Value volume : spec["volumes"].items()) {
    add(names, volume["configMap"]["name"]);
    for (const Value source : volume["projected"]["sources"].items()) {
      add(names, source["configMap"]["name"]);
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace knarr::apiserver
