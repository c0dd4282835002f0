// SPDX-License-Identifier: Apache-2.0
// JSON patch (RFC 6902) as Kubernetes applies it: github.com/evanphx/json-patch v4 with its rules
// (negative indices count from the end, null is as good as absent for `test`), and its limits.
#pragma once

#include "base/result.h"
#include "object/draft.h"

namespace knarr::schema {

/// Applies the operations of `patch` (a list) to an untyped tree, in place. Errors: BadRequest when
/// the patch is no list of operations, RequestEntityTooLarge beyond 10,000 of them, Invalid (a bare
/// 422, BEHAVIOURS 140) when one does not apply; the object is then left half patched.
Result<> apply_json_patch(object::Draft& object, object::NodeRef patch);

}  // namespace knarr::schema
