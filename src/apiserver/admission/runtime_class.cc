// SPDX-License-Identifier: Apache-2.0
#include "apiserver/admission/runtime_class.h"

#include "apiserver/admission/pod_refusal.h"
#include "object/equality.h"
#include "object/quantity.h"
#include "schema/field_error.h"

#include <fmt/format.h>

namespace knarr::apiserver {

using object::NodeRef;
using object::Quantity;
using object::Value;

namespace {

bool same_amounts(NodeRef a, Value b) {
  if (a.size() != b.size()) return false;
  for (const auto [name, atom, amount] : b.entries()) {
    NodeRef own = a[name];
    if (!own.exists()) return false;
    if (Quantity::of(own.as_string()) != Quantity::of(amount.as_string())) return false;
  }
  return true;
}

Result<> set_overhead(NodeRef pod, Value runtime_class) {
  NodeRef spec = pod["spec"];
  const Value fixed = runtime_class["overhead"]["podFixed"];
  NodeRef own = spec["overhead"];
  if (!runtime_class["overhead"].exists()) {
    if (!own.exists() || own.is_null()) return ok();
    return pod_refusal(pod, "pod rejected: Pod Overhead set without corresponding RuntimeClass "
                            "defined Overhead");
  }
  if (!own.empty() && !same_amounts(own, fixed)) {
    return pod_refusal(
        pod, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  }
  if (!fixed.empty()) spec.ensure("overhead").assign(fixed);
  return ok();
}

Result<> set_scheduling(NodeRef pod, Value scheduling) {
  NodeRef spec = pod["spec"];
  for (const auto [key, atom, value] : scheduling["nodeSelector"].entries()) {
    NodeRef own = spec["nodeSelector"][key];
    if (own.exists() && own.as_string() != value.as_string()) {
      return pod_refusal(pod,
                         fmt::format("conflict: runtimeClass.scheduling.nodeSelector[{}] = {}; "
                                     "pod.spec.nodeSelector[{}] = {}",
                                     key, value.as_string(), key, own.as_string()));
    }
    spec.ensure_map("nodeSelector").set(key, value.as_string());
  }
  for (const Value toleration : scheduling["tolerations"].items()) {
    bool known = false;
    for (NodeRef own : spec["tolerations"].items()) known = known || object::equal(toleration, own);
    if (!known) spec.ensure_list("tolerations").append().assign(toleration);
  }
  return ok();
}

}  // namespace

Result<> admit_runtime_class(NodeRef pod, Value runtime_class) {
  NodeRef spec = pod.ensure_map("spec");
  const NodeRef name = spec["runtimeClassName"];
  if (name.is_string() && !runtime_class.exists()) {
    return pod_refusal(pod, fmt::format("pod rejected: RuntimeClass {} not found",
                                        schema::go_quote(name.as_string())));
  }
  TRY(set_overhead(pod, runtime_class));
  return set_scheduling(pod, runtime_class["scheduling"]);
}

}  // namespace knarr::apiserver
