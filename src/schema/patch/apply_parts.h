// SPDX-License-Identifier: Apache-2.0
// Inside of server-side apply: its three walks.
#pragma once

#include "base/result.h"
#include "object/draft.h"
#include "object/type_table.h"
#include "schema/patch/field_set.h"

#include <string>
#include <vector>

namespace knarr::schema {

/// Checks an applied object against its type and gives the set of fields that applying it owns; the
/// metadata that nobody owns is left out. Problems are `path: what` texts, in the order of the tree.
FieldSet applied_fields(object::NodeRef applied, object::Type type,
                        std::vector<std::string>& problems);

/// Merges `applied` into `target`, by the type: maps by key, lists by their keys, leaves replaced.
void merge_applied(object::NodeRef target, object::NodeRef applied, object::Type type);

/// Removes from `target` what `last` owned and no set of `owners` owns now. A field of a struct goes
/// with the last thing owned in it.
void prune_unowned(object::NodeRef target, object::Type type, const FieldSet& last,
                   const std::vector<const FieldSet*>& owners);

}  // namespace knarr::schema
