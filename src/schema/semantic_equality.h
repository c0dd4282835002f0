// SPDX-License-Identifier: Apache-2.0
// Equality as Kubernetes means it when it asks whether anything changed: nil equals empty, a value
// that is left out equals its zero (unless the field is a pointer in Go), quantities compare by
// amount. Source: k8s.io/apimachinery/pkg/api/equality.
#pragma once

#include "object/document.h"
#include "object/type_table.h"

namespace knarr::schema {

/// Compares two values of one type. Missing ones count as empty. For TypeKind::Any, and without a
/// type, values must be the same, null and empty apart.
bool semantic_equal(object::Value a, object::Value b, object::Type type);

}  // namespace knarr::schema
