// SPDX-License-Identifier: Apache-2.0
// Strategic merge patch: a merge patch that knows from the type table which lists merge and by what
// key, with the directives $patch, $retainKeys, $setElementOrder and $deleteFromPrimitiveList
// (BEHAVIOURS 43, 141). Source: k8s.io/apimachinery/pkg/util/strategicpatch.
#pragma once

#include "base/result.h"
#include "object/draft.h"
#include "object/type_table.h"

namespace knarr::schema {

/// Applies `patch` to an untyped tree of `type`, in place. Errors: BadRequest when the patch is no map
/// or a directive in it is no good; the object is then left half patched.
Result<> apply_strategic_merge_patch(object::Draft& object, object::NodeRef patch,
                                     object::Type type);

}  // namespace knarr::schema
