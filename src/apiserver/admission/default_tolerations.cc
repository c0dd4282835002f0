// SPDX-License-Identifier: Apache-2.0
#include "apiserver/admission/default_tolerations.h"

#include <string_view>

namespace knarr::apiserver {

using object::NodeRef;

namespace {

constexpr int kSeconds = 300;

bool tolerates(NodeRef spec, std::string_view taint) {
  for (NodeRef one : spec["tolerations"].items()) {
    const std::string_view key = one["key"].as_string();
    const std::string_view effect = one["effect"].as_string();
    if ((key == taint || key.empty()) && (effect == "NoExecute" || effect.empty())) return true;
  }
  return false;
}

}  // namespace

void add_default_tolerations(NodeRef pod) {
  NodeRef spec = pod.ensure_map("spec");
  for (const std::string_view taint :
       {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}) {
    if (tolerates(spec, taint)) continue;
    NodeRef one = spec.ensure_list("tolerations").append();
    one.set("key", taint);
    one.set("operator", "Exists");
    one.set("effect", "NoExecute");
    one.set("tolerationSeconds", kSeconds);
  }
}

}  // namespace knarr::apiserver
