// SPDX-License-Identifier: Apache-2.0
#include "controllers/deployment/annotations.h"

#include "controllers/deployment/sets.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace knarr::controllers::deployment {

using object::NodeRef;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr std::size_t kLongestHistory = 2000;  // Characters; the oldest revisions are forgotten.

constexpr std::string_view kOwn[] = {
    "kubectl.kubernetes.io/last-applied-configuration", kRevision, kRevisionHistory,
    kDesiredReplicas, kMaxReplicas, "deprecated.deployment.rollback.to",
};

bool set_annotation(NodeRef replica_set, std::string_view key, std::string_view value) {
  NodeRef annotations = replica_set.ensure_map("metadata").ensure_map("annotations");
  const NodeRef now = annotations[key];
  if (now.exists() && now.as_string() == value) return false;
  annotations.set(key, value);
  return true;
}

void add_to_history(NodeRef replica_set, std::string_view old_revision) {
  std::string history(
      replica_set.ensure_map("metadata").ensure_map("annotations")[kRevisionHistory].as_string());
  if (history.empty()) {
    set_annotation(replica_set, kRevisionHistory, old_revision);
    return;
  }
  history.append(",").append(old_revision);
  while (history.size() > kLongestHistory) {
    const std::size_t comma = history.find(',');
    if (comma == std::string::npos) return;
    history.erase(0, comma + 1);
  }
  set_annotation(replica_set, kRevisionHistory, history);
}

}  // namespace

bool carry_annotations(NodeRef replica_set, Value deployment, std::int64_t revision) {
  bool changed = false;
  for (const auto [key, atom, value] : deployment[atom::metadata][atom::annotations].entries()) {
    if (std::ranges::find(kOwn, key) != std::end(kOwn)) continue;
    changed = set_annotation(replica_set, key, value.as_string()) || changed;
  }
  const NodeRef before =
      replica_set.ensure_map("metadata").ensure_map("annotations")[kRevision];
  const std::string old_text(before.as_string());
  std::int64_t old_revision = 0;
  const auto [end, error] =
      std::from_chars(old_text.data(), old_text.data() + old_text.size(), old_revision);
  if (!old_text.empty() && error != std::errc()) return false;  // Not ours to understand.
  if (old_revision >= revision) return changed;
  set_annotation(replica_set, kRevision, std::to_string(revision));
  if (before.exists()) add_to_history(replica_set, old_text);
  return true;
}

bool set_replica_annotations(NodeRef replica_set, std::int64_t desired, std::int64_t most) {
  const bool first = set_annotation(replica_set, kDesiredReplicas, std::to_string(desired));
  const bool second = set_annotation(replica_set, kMaxReplicas, std::to_string(most));
  return first || second;
}

bool replica_annotations_differ(Value replica_set, std::int64_t desired, std::int64_t most) {
  const Value annotations = replica_set[atom::metadata][atom::annotations];
  return annotations[kDesiredReplicas].as_string() != std::to_string(desired) ||
         annotations[kMaxReplicas].as_string() != std::to_string(most);
}

}  // namespace knarr::controllers::deployment
