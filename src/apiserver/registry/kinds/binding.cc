// SPDX-License-Identifier: Apache-2.0
#include "apiserver/registry/kinds/binding.h"

#include "schema/field_error.h"

#include <fmt/format.h>

namespace knarr::apiserver {

using object::NodeRef;
using object::Value;

namespace {

Error refuse(std::string_view pod, std::string_view why) {
  return Error(Reason::Conflict,
               fmt::format("Operation cannot be fulfilled on pods/binding \"{}\": {}", pod, why))
      .with_details({.group = {}, .kind = "pods/binding", .name = std::string(pod), .uid = {}});
}

void copy_map(NodeRef pod, Value binding, std::string_view field) {
  const Value from = binding["metadata"][field];
  for (const auto [key, atom, value] : from.entries()) {
    pod.ensure_map("metadata").ensure_map(field).set(key, value.as_string());
  }
}

}  // namespace

Result<> validate_binding(Value binding) {
  const schema::FieldPath path("target");
  schema::FieldErrors errors;
  const std::string_view kind = binding["target"]["kind"].as_string();
  if (!kind.empty() && kind != "Node") {
    errors.not_supported(path.child("kind"), kind, {"Node", "<empty>"});
  }
  if (binding["target"]["name"].as_string().empty()) errors.required(path.child("name"));
  if (errors.empty()) return ok();
  return std::move(errors).to_error("", "Binding", object::name_of(binding));
}

void set_pod_condition(NodeRef pod, std::string_view type, std::string_view status,
                       std::string_view reason, std::string_view message, std::string_view now) {
  NodeRef conditions = pod.ensure_map("status").ensure_list("conditions");
  NodeRef condition;
  for (NodeRef one : conditions.items()) {
    if (one["type"].as_string() == type) condition = one;
  }
  std::string since(now);
  if (condition.exists()) {
    if (condition["status"].as_string() == status) {
      since = condition["lastTransitionTime"].as_string(now);
    }
  } else {
    condition = conditions.append();
  }
  condition.set_map();
  condition.set("type", type);
  condition.set("status", status);
  condition.set("lastTransitionTime", since);
  if (!reason.empty()) condition.set("reason", reason);
  if (!message.empty()) condition.set("message", message);
}

Result<> bind_pod(NodeRef pod, Value binding, std::string_view now) {
  const std::string name(pod["metadata"]["name"].as_string());
  NodeRef spec = pod.ensure_map("spec");
  if (pod["metadata"]["deletionTimestamp"].exists()) {
    return refuse(name, fmt::format("pod {} is being deleted, cannot be assigned to a host", name));
  }
  if (const std::string_view node = spec["nodeName"].as_string(); !node.empty()) {
    return refuse(name, fmt::format("pod {} is already assigned to node \"{}\"", name, node));
  }
  if (!spec["schedulingGates"].empty()) {
    return refuse(name, fmt::format("pod {} has non-empty .spec.schedulingGates", name));
  }
  spec.set("nodeName", binding["target"]["name"].as_string());
  copy_map(pod, binding, "annotations");
  copy_map(pod, binding, "labels");
  set_pod_condition(pod, "PodScheduled", "True", "", "", now);
  return ok();
}

}  // namespace knarr::apiserver
