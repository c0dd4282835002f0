// SPDX-License-Identifier: Apache-2.0
#include "apiserver/admission/node_taint.h"

namespace knarr::apiserver {

using object::NodeRef;

void taint_new_node(NodeRef node) {
  constexpr std::string_view kKey = "node.kubernetes.io/not-ready";
  constexpr std::string_view kEffect = "NoSchedule";
  NodeRef spec = node.ensure_map("spec");
  for (NodeRef taint : spec["taints"].items()) {
    if (taint["key"].as_string() == kKey && taint["effect"].as_string() == kEffect) return;
  }
  NodeRef taint = spec.ensure_list("taints").append();
  taint.set("key", kKey);
  taint.set("effect", kEffect);
}

}  // namespace knarr::apiserver
