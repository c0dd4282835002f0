// SPDX-License-Identifier: Apache-2.0
// The difference of two texts by lines, in unified form without file names. The blocks that count
// as equal are found as Python's difflib finds them (which Kubernetes' messages come from).
#pragma once

#include <string>
#include <string_view>

namespace knarr::apiserver {

/// "" when the texts are equal, else hunks with three lines of context: "@@ -1,4 +1,4 @@\n a\n-b\n...".
/// Texts without a newline at the end get one.
std::string unified_diff(std::string_view before, std::string_view after);

}  // namespace knarr::apiserver
