// SPDX-License-Identifier: Apache-2.0
// The annotations that a Deployment keeps on its ReplicaSets: revision and history, the numbers that
// proportional scaling goes by, and copies of its own. Pure; each tells whether anything changed.
#pragma once

#include "object/document.h"
#include "object/draft.h"

#include <cstdint>

namespace knarr::controllers::deployment {

/// Copies the deployment's annotations (its own book-keeping apart) and sets the revision; what the
/// set had before as its revision goes into its history: it was rolled back to.
bool carry_annotations(object::NodeRef replica_set, object::Value deployment, std::int64_t revision);
bool set_replica_annotations(object::NodeRef replica_set, std::int64_t desired, std::int64_t most);
bool replica_annotations_differ(object::Value replica_set, std::int64_t desired, std::int64_t most);

}  // namespace knarr::controllers::deployment
