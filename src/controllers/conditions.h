// SPDX-License-Identifier: Apache-2.0
// status.conditions as values that a controller changes and writes back. One struct serves all
// kinds: a kind's unused times stay empty and are not written.
#pragma once

#include "object/document.h"
#include "object/draft.h"

#include <string>
#include <string_view>
#include <vector>

namespace knarr::controllers {

struct Condition {
  std::string type;
  std::string status;
  std::string reason;
  std::string message;
  std::string lastUpdateTime;      // Deployment.
  std::string lastTransitionTime;
  std::string lastProbeTime;       // Job.
  std::string lastHeartbeatTime;   // Node.
  std::int64_t observedGeneration = 0;

  friend bool operator==(const Condition&, const Condition&) = default;
};

using Conditions = std::vector<Condition>;

/// Reads a list of conditions.
Conditions read_conditions(object::Value list);
/// Replaces `conditions` of a status; none at all removes the field.
void write_conditions(object::NodeRef status, const Conditions& conditions);

Condition* find(Conditions& conditions, std::string_view type);
const Condition* find(const Conditions& conditions, std::string_view type);
bool is_true(const Conditions& conditions, std::string_view type);
/// True when one was there.
bool remove(Conditions& conditions, std::string_view type);

}  // namespace knarr::controllers
