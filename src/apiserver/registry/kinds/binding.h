// SPDX-License-Identifier: Apache-2.0
// The pure part of pods/binding (and of the resource bindings): what a Binding does to its pod.
// Source: k8s.io/kubernetes/pkg/registry/core/pod/storage BindingREST.
#pragma once

#include "base/result.h"
#include "object/document.h"
#include "object/draft.h"

#include <string_view>

namespace knarr::apiserver {

/// Is the Binding itself sound? Errors: Invalid without details, as Kubernetes answers.
Result<> validate_binding(object::Value binding);

/// Sets the node, copies labels and annotations of the Binding, and notes that the pod is scheduled.
/// `now` is RFC 3339 in whole seconds. The write does not raise the pod's generation. Errors:
/// Conflict for a pod that is bound, gated or being deleted.
Result<> bind_pod(object::NodeRef pod, object::Value binding, std::string_view now);

/// Sets a condition of a pod: the one of its type is replaced, or it is appended. Its time of change
/// stays when the status does.
void set_pod_condition(object::NodeRef pod, std::string_view type, std::string_view status,
                       std::string_view reason, std::string_view message, std::string_view now);

}  // namespace knarr::apiserver
