// SPDX-License-Identifier: Apache-2.0
// What the kinds that make pods from a template share.
#pragma once

#include "apiserver/registry/kind_rules.h"
#include "apiserver/registry/kinds/checks.h"

#include <string_view>

namespace knarr::apiserver::kinds {

/// A template of a workload called `owner` ("ReplicaSet"): its labels must match `selector` (unless
/// that is empty), its restart policy is Always, it has no deadline.
void check_workload_template(Value pod_template, Value old_template, std::string_view owner,
                             const FieldPath& path, FieldErrors& errors);

/// "`selector` does not match template `labels`".
void check_template_labels(Value pod_template, bool matches, const FieldPath& path,
                           FieldErrors& errors);

/// `smaller` may not be greater than `larger`, both fields of a status.
void check_not_greater(Value status, std::string_view smaller, std::string_view larger,
                       std::string_view detail, const FieldPath& path, FieldErrors& errors);

/// status.collisionCount may only grow.
void check_collision_count(Value object, Value old, FieldErrors& errors);

/// Warnings of spec.template: on creation, and on updates that change the spec. On creation also
/// when the name is no DNS label: pods and their hostnames are called after it.
void warn_workload(const RuleContext& context, Value object, Value old);
/// The same without the name.
void warn_template(const RuleContext& context, Value object, Value old);
void warn_pod_names(const RuleContext& context, Value object);

}  // namespace knarr::apiserver::kinds
