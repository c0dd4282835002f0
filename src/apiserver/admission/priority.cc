// SPDX-License-Identifier: Apache-2.0
#include "apiserver/admission/priority.h"

#include "apiserver/admission/pod_refusal.h"

#include <fmt/format.h>

namespace knarr::apiserver {

using object::NodeRef;
using object::Value;

Result<> admit_new_priority(NodeRef pod, Value priority_class) {
  NodeRef spec = pod.ensure_map("spec");
  const std::string_view name = spec["priorityClassName"].as_string();
  std::int64_t priority = 0;
  std::string policy = "PreemptLowerPriority";
  if (priority_class.exists()) {
    priority = priority_class["value"].as_int();
    if (const Value own = priority_class["preemptionPolicy"]; own.is_string()) {
      policy = own.as_string();
    }
    if (name.empty()) spec.set("priorityClassName", object::name_of(priority_class));
  } else if (!name.empty()) {
    return pod_refusal(pod, fmt::format("no PriorityClass with name {} was found", name));
  }
  if (NodeRef given = spec["priority"]; given.is_int() && given.as_int() != priority) {
    return pod_refusal(
        pod, fmt::format("the integer value of priority ({}) must not be provided in pod spec; "
                         "priority admission controller computed {} from the given PriorityClass "
                         "name",
                         given.as_int(), priority));
  }
  spec.ensure("priority").set_int(priority);
  if (NodeRef given = spec["preemptionPolicy"]; given.is_string() && given.as_string() != policy) {
    return pod_refusal(
        pod, fmt::format("the string value of PreemptionPolicy ({}) must not be provided in pod "
                         "spec; priority admission controller computed {} from the given "
                         "PriorityClass name",
                         given.as_string(), policy));
  }
  spec.set("preemptionPolicy", policy);
  return ok();
}

void keep_priority(NodeRef pod, Value old) {
  NodeRef spec = pod.ensure_map("spec");
  for (const std::string_view field : {"priority", "preemptionPolicy"}) {
    const Value before = old["spec"][field];
    const bool absent = !spec[field].exists() || spec[field].is_null();
    if (absent && before.exists()) spec.ensure(field).assign(before);
  }
}

}  // namespace knarr::apiserver
