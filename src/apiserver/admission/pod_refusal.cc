// SPDX-License-Identifier: Apache-2.0
#include "apiserver/admission/pod_refusal.h"

#include <fmt/format.h>

namespace knarr::apiserver {

using object::NodeRef;
using object::Value;

Error admission_refusal(std::string_view group, std::string_view resource, std::string_view name,
                        std::string_view why) {
  const std::string what =
      group.empty() ? std::string(resource) : fmt::format("{}.{}", resource, group);
  return Error(Reason::Forbidden, fmt::format("{} \"{}\" is forbidden: {}", what, name, why))
      .with_details({.group = std::string(group),
                     .kind = std::string(resource),
                     .name = std::string(name),
                     .uid = {}});
}

Error pod_refusal(NodeRef pod, std::string_view why) {
  const NodeRef metadata = pod["metadata"];
  std::string_view name = metadata["name"].as_string();
  if (name.empty()) name = metadata["generateName"].as_string();
  return admission_refusal("", "pods", name, why);
}

Error pod_refusal(Value pod, std::string_view why) {
  const Value metadata = pod["metadata"];
  std::string_view name = metadata["name"].as_string();
  if (name.empty()) name = metadata["generateName"].as_string();
  return admission_refusal("", "pods", name, why);
}

}  // namespace knarr::apiserver
