// SPDX-License-Identifier: Apache-2.0
#include "controllers/garbage_collector/decision.h"

#include "controllers/owners.h"

#include <algorithm>

namespace knarr::controllers::garbage_collector {

using object::Draft;
using object::NodeRef;
using object::Value;
namespace atom = object::atom;

namespace {

NodeRef start_patch(Draft& patch, Value object, std::uint64_t revision) {
  NodeRef metadata = patch.root().ensure_map("metadata");
  metadata.set("uid", object::uid_of(object));
  metadata.set("resourceVersion", std::to_string(revision));
  return metadata;
}

}  // namespace

bool has_finalizer(Value object, std::string_view finalizer) {
  for (const Value one : object[atom::metadata][atom::finalizers].items()) {
    if (one.as_string() == finalizer) return true;
  }
  return false;
}

bool deletes_dependents(Value object) {
  return is_deleting(object) && has_finalizer(object, kForeground);
}

bool orphans_dependents(Value object) {
  return is_deleting(object) && has_finalizer(object, kOrphan);
}

Decision decide(Value object, const std::vector<OwnerState>& owners, bool has_dependents,
                bool in_circle) {
  Decision decision;
  if (owners.empty()) return decision;
  const auto count = [&owners](OwnerState state) { return std::ranges::count(owners, state); };
  const Value references = object[atom::metadata][atom::ownerReferences];
  if (count(OwnerState::Solid) > 0) {
    for (std::size_t i = 0; i < owners.size(); ++i) {
      if (owners[i] == OwnerState::Solid) continue;
      decision.drop.emplace_back(references.at(i)[atom::uid].as_string());
    }
    if (!decision.drop.empty()) decision.action = Decision::Action::DropReferences;
    return decision;
  }
  decision.action = Decision::Action::Delete;
  if (count(OwnerState::Waiting) > 0 && has_dependents) {
    decision.propagation = "Foreground";
    decision.unblock = in_circle;
  } else if (has_finalizer(object, kOrphan)) {
    decision.propagation = "Orphan";
  } else if (has_finalizer(object, kForeground)) {
    decision.propagation = "Foreground";
  } else {
    decision.propagation = "Background";
  }
  return decision;
}

Draft references_patch(Value object, std::uint64_t revision,
                       const std::set<std::string, std::less<>>& without) {
  Draft patch;
  NodeRef left = start_patch(patch, object, revision).ensure("ownerReferences");
  for (const Value reference : object[atom::metadata][atom::ownerReferences].items()) {
    if (!without.contains(reference[atom::uid].as_string())) left.append().assign(reference);
  }
  return patch;  // Null, which removes the field, when none is left.
}

Draft unblock_patch(Value object, std::uint64_t revision) {
  Draft patch;
  NodeRef list = start_patch(patch, object, revision).ensure_list("ownerReferences");
  for (const Value reference : object[atom::metadata][atom::ownerReferences].items()) {
    NodeRef item = list.append();
    item.assign(reference);
    if (reference[atom::blockOwnerDeletion].as_bool()) item.set("blockOwnerDeletion", false);
  }
  return patch;
}

Draft finalizer_patch(Value object, std::uint64_t revision, std::string_view without) {
  Draft patch;
  NodeRef left = start_patch(patch, object, revision).ensure("finalizers");
  for (const Value finalizer : object[atom::metadata][atom::finalizers].items()) {
    if (finalizer.as_string() != without) left.append_string(finalizer.as_string());
  }
  return patch;
}

}  // namespace knarr::controllers::garbage_collector
