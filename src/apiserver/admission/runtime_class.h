// SPDX-License-Identifier: Apache-2.0
// RuntimeClass: overhead, node selector and tolerations of a pod's runtime class.
// Source: k8s.io/kubernetes/plugin/pkg/admission/runtimeclass.
#pragma once

#include "base/result.h"
#include "object/document.h"
#include "object/draft.h"

namespace knarr::apiserver {

/// `runtime_class`: the class a new pod names; missing when it names none or there is none of that
/// name. Errors: Forbidden.
Result<> admit_runtime_class(object::NodeRef pod, object::Value runtime_class);

}  // namespace knarr::apiserver
