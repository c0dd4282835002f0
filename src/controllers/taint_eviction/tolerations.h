// SPDX-License-Identifier: Apache-2.0
// How long a pod stands the NoExecute taints of its node. Pure.
// Source: k8s.io/kubernetes pkg/controller/tainteviction, component-helpers/scheduling.
#pragma once

#include "object/document.h"

#include <chrono>
#include <optional>

namespace knarr::controllers::taint_eviction {

struct Tolerance {
  /// Nothing: for ever. Zero: not at all.
  std::optional<std::chrono::seconds> time;
  bool tainted = false;  // There is a NoExecute taint at all.
};
Tolerance tolerance(object::Value pod, object::Value node);

}  // namespace knarr::controllers::taint_eviction
