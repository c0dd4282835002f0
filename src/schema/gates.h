// SPDX-License-Identifier: Apache-2.0
// Fields behind feature gates that are off: clients may send them, the server drops them.
#pragma once

#include "object/draft.h"
#include "object/type_table.h"

namespace knarr::schema {

/// Removes every field of a gate that is off, here and below (BEHAVIOURS 154). Works on trees after
/// decode_typed(). `old`: a value that an earlier server stored is kept while it is there.
void drop_disabled_fields(object::NodeRef object, object::Value old, object::Type type);

}  // namespace knarr::schema
