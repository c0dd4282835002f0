// SPDX-License-Identifier: Apache-2.0
// Priority: resolves priorityClassName of new pods, keeps the result on updates.
// Source: k8s.io/kubernetes/plugin/pkg/admission/priority.
#pragma once

#include "base/result.h"
#include "object/document.h"
#include "object/draft.h"

namespace knarr::apiserver {

/// `priority_class`: the class the pod names, or the global default when it names none; missing
/// when there is no such class. Errors: Forbidden.
Result<> admit_new_priority(object::NodeRef pod, object::Value priority_class);
/// An update that leaves priority and preemption policy out keeps them.
void keep_priority(object::NodeRef pod, object::Value old);

}  // namespace knarr::apiserver
