// SPDX-License-Identifier: Apache-2.0
// How admission refuses: `pods "x" is forbidden: <why>`.
#pragma once

#include "base/error.h"
#include "object/document.h"
#include "object/draft.h"

#include <string_view>

namespace knarr::apiserver {

/// 403 about an object of a resource (group "" for core). An object without a name is told by its
/// generateName.
Error admission_refusal(std::string_view group, std::string_view resource, std::string_view name,
                        std::string_view why);
Error pod_refusal(object::NodeRef pod, std::string_view why);
Error pod_refusal(object::Value pod, std::string_view why);

}  // namespace knarr::apiserver
