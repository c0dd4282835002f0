// SPDX-License-Identifier: Apache-2.0
// The end of a task that let an exception out.
#include "base/task.h"

namespace knarr::detail {

void fail_on_exception() {
  fail_check(__FILE__, __LINE__, "an exception reached the end of a task");
}

}  // namespace knarr::detail
