// SPDX-License-Identifier: Apache-2.0
// podFailurePolicy and successPolicy of a Job. Pure. Source: k8s.io/kubernetes pkg/controller/job
// (pod_failure_policy.go, success_policy.go).
#pragma once

#include "controllers/job/indexes.h"
#include "object/document.h"

#include <cstdint>
#include <optional>
#include <string>

namespace knarr::controllers::job {

struct Verdict {
  enum class Action : std::uint8_t { None, Ignore, Count, FailIndex, FailJob } action = Action::None;
  std::string message;  // FailJob.
  [[nodiscard]] bool counts() const { return action != Action::Ignore; }
};

/// The first rule that matches a failed pod. `policy` may be missing.
Verdict match_failure_policy(object::Value policy, object::Value pod);
/// The message of the first rule that is met; nothing when none is.
std::optional<std::string> match_success_policy(object::Value policy, std::int64_t completions,
                                                const Indexes& succeeded);

}  // namespace knarr::controllers::job
