// SPDX-License-Identifier: Apache-2.0
// Equality of values. Maps compare as sets of keys, lists in order; Int and Double are equal when
// they are the same number. Schema-aware equality (quantities, nil and empty) is in schema/.
#pragma once

#include "object/document.h"
#include "object/draft.h"

namespace knarr::object {

/// A missing value equals only another missing one; null equals null.
bool equal(Value a, Value b);
bool equal(NodeRef a, NodeRef b);
bool equal(Value a, NodeRef b);

}  // namespace knarr::object
