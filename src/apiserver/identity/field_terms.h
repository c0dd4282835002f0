// SPDX-License-Identifier: Apache-2.0
// Field selectors as authorizers see them: any field, nothing but terms. Source:
// k8s.io/apimachinery pkg/fields ParseSelector.
#pragma once

#include "auth/user.h"

#include <optional>
#include <string_view>
#include <vector>

namespace knarr::apiserver::identity {

/// The terms of "a=b,c!=d"; nothing when it cannot be read.
std::optional<std::vector<auth::FieldRequirement>> parse_field_terms(std::string_view text);

}  // namespace knarr::apiserver::identity
