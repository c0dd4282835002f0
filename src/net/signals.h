// SPDX-License-Identifier: Apache-2.0
// Signals as something to wait for.
#pragma once

#include "base/task.h"
#include "net/loop.h"

namespace knarr::net {

/// Waits for SIGINT or SIGTERM. A second one while the program is stopping ends it at once, as it
/// would have without us. On the loop's thread.
[[nodiscard]] Task<> wait_for_stop_signal(Loop& loop);

}  // namespace knarr::net
