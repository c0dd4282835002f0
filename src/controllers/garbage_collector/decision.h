// SPDX-License-Identifier: Apache-2.0
// What becomes of an object, by the state of its owners. Pure. Source: k8s.io/kubernetes
// pkg/controller/garbagecollector (attemptToDeleteItem).
#pragma once

#include "object/document.h"
#include "object/draft.h"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::controllers::garbage_collector {

inline constexpr std::string_view kForeground = "foregroundDeletion";
inline constexpr std::string_view kOrphan = "orphan";

bool has_finalizer(object::Value object, std::string_view finalizer);
/// Being deleted, and waiting for its dependents to go first.
bool deletes_dependents(object::Value object);
/// Being deleted, and waiting for its dependents to be released.
bool orphans_dependents(object::Value object);

enum class OwnerState : std::uint8_t {
  Solid,    // There, and not waiting for its dependents.
  Waiting,  // Deleted in the foreground: its dependents must go.
  Absent,   // Not there, or another object of that name.
};

struct Decision {
  enum class Action : std::uint8_t { Nothing, DropReferences, Delete } action = Action::Nothing;
  std::vector<std::string> drop;  // UIDs of owners.
  std::string propagation;
  bool unblock = false;  // First say that the object blocks no owner: it is part of a circle.
};

/// `owners`: the state of each reference of `object`, in order. `has_dependents`, `in_circle`: some
/// of its dependents are deleted in the foreground themselves.
Decision decide(object::Value object, const std::vector<OwnerState>& owners, bool has_dependents,
                bool in_circle);

/// The references without those of these owners, as a merge patch that fits this version only.
object::Draft references_patch(object::Value object, std::uint64_t revision,
                               const std::set<std::string, std::less<>>& without);
/// The same with no reference blocking.
object::Draft unblock_patch(object::Value object, std::uint64_t revision);
/// The finalizers without one.
object::Draft finalizer_patch(object::Value object, std::uint64_t revision, std::string_view without);

}  // namespace knarr::controllers::garbage_collector
