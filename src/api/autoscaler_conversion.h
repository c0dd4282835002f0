// SPDX-License-Identifier: Apache-2.0
// HorizontalPodAutoscaler between autoscaling/v1 and v2. What v1 has no fields for (all metrics but
// the CPU's utilization, the behavior, the conditions) it carries as JSON in annotations.
#pragma once

#include "object/draft.h"

namespace knarr::api {

/// v1 -> v2, in place. Annotations that cannot be read are dropped, as Kubernetes does.
void autoscaler_from_v1(object::NodeRef object);
/// v2 -> v1, in place.
void autoscaler_to_v1(object::NodeRef object);

}  // namespace knarr::api
