// SPDX-License-Identifier: Apache-2.0
// Warnings about new pods. Private to the pod rules; templates: warn_pod_template() in pod.h.
#pragma once

#include "apiserver/registry/kinds/pod.h"

namespace knarr::apiserver {

void warn_new_pod(const RuleContext& context, object::Value pod, object::Value old);

}  // namespace knarr::apiserver
