// SPDX-License-Identifier: Apache-2.0
// managedFields of the scale subresource: who owns `replicas` of the object behind it, told in terms of
// Scale, and back. Source: k8s.io/apimachinery/pkg/util/managedfields/scalehandler.go.
#pragma once

#include "object/document.h"
#include "object/draft.h"

#include <string_view>

namespace knarr::schema {

/// Sets metadata.managedFields of a Scale made from `parent`: the entries that own `replicas_path`
/// ("spec.replicas", dotted), as owners of spec.replicas of autoscaling/v1.
void set_scale_managed_fields(object::Value parent, std::string_view replicas_path,
                              object::NodeRef scale);

/// The way back, after the Scale was updated or applied: sets metadata.managedFields of the new parent
/// (a copy of `parent` with the new replicas). `api_version` is the parent's.
void set_parent_managed_fields(object::Value parent, object::NodeRef scale,
                               std::string_view replicas_path, std::string_view api_version,
                               object::NodeRef new_parent);

}  // namespace knarr::schema
