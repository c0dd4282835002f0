// SPDX-License-Identifier: Apache-2.0
// The condition DisruptionTarget: why a controller, and not the pod itself, ended a pod.
#pragma once

#include "base/clock.h"
#include "client/transport.h"
#include "controllers/conditions.h"

#include <string>

namespace knarr::controllers {

/// Writes the condition to a pod's status, and the phase Failed if `fail` and it has not ended. The
/// reason may be empty: no condition. Does nothing when nothing changes. Errors: what the API answers.
Task<Result<>> mark_disrupted(client::Transport* transport, object::Document pod, std::string reason,
                              std::string message, bool fail, SystemTime now);

}  // namespace knarr::controllers
