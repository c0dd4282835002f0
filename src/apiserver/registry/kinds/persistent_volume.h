// SPDX-License-Identifier: Apache-2.0
// What persistent volumes share with other storage kinds.
#pragma once

#include "apiserver/registry/kinds/checks.h"

#include <string_view>

namespace knarr::apiserver::kinds {

/// A PersistentVolumeSpec; `in_attachment` when it stands in a VolumeAttachment.
void check_volume_spec(Value spec, bool in_attachment, const FieldPath& path, FieldErrors& errors);

/// Adds a finalizer to a new object (BEHAVIOURS 160).
void add_protection(NodeRef object, std::string_view finalizer);

}  // namespace knarr::apiserver::kinds
