// SPDX-License-Identifier: Apache-2.0
// Specs as Kubernetes' refusals quote them: indented JSON with the names and the order of its
// internal Go structs, nothing left out. For pod specs, containers, claims and volumes.
#pragma once

#include "object/document.h"
#include "object/type_table.h"

#include <string>

namespace knarr::apiserver {

/// The text of a value of a built-in type, indented by one blank, without newline at the end.
std::string go_text(object::Value value, object::Type type);
/// Equal as Go's Semantic.DeepEqual sees the two: empty lists and maps are as good as none, while a
/// pointer to an empty struct is not null.
bool go_equal(object::Value a, object::Value b, object::Type type);
/// What differs between two values of a type, as a unified diff of their texts.
std::string go_diff(object::Value before, object::Value after, object::Type type);

}  // namespace knarr::apiserver
