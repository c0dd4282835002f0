// SPDX-License-Identifier: Apache-2.0
// JSON merge patch (RFC 7386).
#pragma once

#include "base/result.h"
#include "object/draft.h"

namespace knarr::schema {

/// Merges `patch` into an untyped tree, in place: null removes, maps merge, everything else replaces.
/// Errors: BadRequest when the patch is no map.
Result<> apply_merge_patch(object::Draft& object, object::NodeRef patch);

}  // namespace knarr::schema
