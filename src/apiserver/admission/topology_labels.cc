// SPDX-License-Identifier: Apache-2.0
#include "apiserver/admission/topology_labels.h"

#include <string_view>

namespace knarr::apiserver {

void copy_topology_labels(object::NodeRef object, object::Value node) {
  const object::Value labels = node["metadata"]["labels"];
  for (const std::string_view key :
       {"topology.kubernetes.io/zone", "topology.kubernetes.io/region"}) {
    const object::Value label = labels[key];
    if (!label.exists()) continue;
    object.ensure_map("metadata").ensure_map("labels").set(key, label.as_string());
  }
}

}  // namespace knarr::apiserver
