// SPDX-License-Identifier: Apache-2.0
// TaintNodesByCondition: a new node takes no pods until it is known to be ready.
#pragma once

#include "object/draft.h"

namespace knarr::apiserver {

/// Adds the taint node.kubernetes.io/not-ready:NoSchedule to a node that is created.
void taint_new_node(object::NodeRef node);

}  // namespace knarr::apiserver
