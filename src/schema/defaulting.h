// SPDX-License-Identifier: Apache-2.0
// Defaulting: fills what a client left out. Constants come from the type table (`default=` in
// api/*.api), what depends on other fields from named C++ hooks (defaulting_hooks.h).
#pragma once

#include "object/draft.h"
#include "object/type_table.h"

#include <string_view>

namespace knarr::schema {

/// Applies the defaults of `type` and of everything below, outer types first. The tree is in the form
/// that codec::decode_typed() gives; new fields are appended (normalise before freezing). Applying
/// twice changes nothing more. `now` is an RFC 3339 time in whole seconds for the few fields that
/// default to it; without one these stay unset.
void apply_defaults(object::NodeRef object, object::Type type, std::string_view now = {});

}  // namespace knarr::schema
