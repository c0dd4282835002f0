// SPDX-License-Identifier: Apache-2.0
// What writes to existing pods may change. Private to the pod rules.
#pragma once

#include "apiserver/registry/kind_rules.h"

namespace knarr::apiserver {

/// PUT and PATCH of a pod and of its subresources resize and ephemeralcontainers.
void validate_pod_update(const RuleContext& context, object::Value pod, object::Value old,
                         schema::FieldErrors& errors);
void validate_pod_status(const RuleContext& context, object::Value pod, object::Value old,
                         schema::FieldErrors& errors);

/// The parts of validate_pod_update() for the subresources (pod_resize.cc).
void validate_pod_resize(object::Value pod, object::Value old, schema::FieldErrors& errors);
void validate_ephemeral_update(object::Value pod, object::Value old, schema::FieldErrors& errors);
bool is_mirror_pod(object::Value pod);

}  // namespace knarr::apiserver
