// SPDX-License-Identifier: Apache-2.0
// Warnings about new pods. Private to the pod rules; templates: warn_pod_template() in pod.h.
#pragma once

#include "apiserver/registry/kinds/pod.h"

namespace knarr::apiserver {

using Warnings = std::vector<std::string>;

/// `path: text`
void add_warning(Warnings& warnings, const schema::FieldPath& path, std::string_view text);
/// An amount of bytes with a fraction.
void warn_if_fraction(object::Value amounts, std::string_view resource,
                      const schema::FieldPath& list, Warnings& warnings);
void warn_pod_volumes(object::Value spec, const schema::FieldPath& path, Warnings& warnings);

void warn_new_pod(const RuleContext& context, object::Value pod, object::Value old);

}  // namespace knarr::apiserver
