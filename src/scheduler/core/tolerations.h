// SPDX-License-Identifier: Apache-2.0
// Tolerations of a pod, read once, against taints of nodes.
#pragma once

#include "scheduler/core/snapshot.h"

#include <optional>
#include <string_view>
#include <vector>

namespace knarr::scheduler {

/// Borrows texts from the pod it was read from.
class Tolerations {
 public:
  Tolerations() = default;
  explicit Tolerations(object::Value pod_spec);
  [[nodiscard]] bool tolerate(const Taint& taint) const;
  /// Are all taints tolerated that keep pods away (NoSchedule, NoExecute)?
  [[nodiscard]] bool tolerate_all(const NodeFacts& node) const;
  /// How many PreferNoSchedule taints are not tolerated.
  [[nodiscard]] std::int64_t disliked(const NodeFacts& node) const;

 private:
  struct Toleration {
    std::string_view key;
    std::string_view op;
    std::string_view value;
    std::optional<Taint::Effect> effect;  // None: all.
    [[nodiscard]] bool matches(const Taint& taint) const;
  };
  std::vector<Toleration> tolerations_;
};

}  // namespace knarr::scheduler
