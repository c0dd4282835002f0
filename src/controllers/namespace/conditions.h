// SPDX-License-Identifier: Apache-2.0
// What a namespace that goes away tells about it: five conditions in status, each saying that its
// part went well until something is found. Pure. Source: k8s.io/kubernetes
// pkg/controller/namespace/deletion/status_condition_utils.go.
#pragma once

#include "base/clock.h"
#include "object/draft.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace knarr::controllers {

/// What one round of deletion found.
struct NamespaceFindings {
  std::vector<std::string> discovery_errors;  // Groups whose resources could not be found out.
  std::vector<std::string> content_errors;
  std::map<std::string, std::int64_t> remaining;   // "pods." -> how many are left.
  std::map<std::string, std::int64_t> finalizers;  // "example.com/x" -> on how many.
};

/// Brings status.conditions of a namespace in line; false when they were already.
bool update_conditions(const NamespaceFindings& findings, object::NodeRef status, SystemTime now);

}  // namespace knarr::controllers
