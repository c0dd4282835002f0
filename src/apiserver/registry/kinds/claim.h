// SPDX-License-Identifier: Apache-2.0
// The spec of a PersistentVolumeClaim, which stateful sets and pods embed.
#pragma once

#include "apiserver/registry/kinds/checks.h"

namespace knarr::apiserver::kinds {

/// Checks a claim's spec. Source: ValidatePersistentVolumeClaimSpec.
void check_claim_spec(Value spec, const FieldPath& path, FieldErrors& errors);

}  // namespace knarr::apiserver::kinds
