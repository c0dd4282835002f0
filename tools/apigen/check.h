// SPDX-License-Identifier: Apache-2.0
// Checks that hold for the description as a whole, once all files are read.
#pragma once

#include "model.h"

namespace knarr::apigen {

void check(const Api& api, Diagnostics& errors);

}  // namespace knarr::apigen
