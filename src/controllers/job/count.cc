// SPDX-License-Identifier: Apache-2.0
// Counting each finished pod once: its UID (or index) is in the status before its finalizer goes.
#include "controllers/job/plan.h"
#include "controllers/job/policy.h"

#include <algorithm>

namespace knarr::controllers::job {

using object::Document;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr std::size_t kMostUncounted = 500;  // In one status.

bool contains(const std::vector<std::string>& uids, std::string_view uid) {
  return std::ranges::find(uids, uid) != uids.end();
}

bool may_leave(const Findings& f, Value pod) {
  if (f.spec.deleting || f.finished || pod[atom::status][atom::phase].as_string() == "Succeeded") return true;
  if (!is_failed(pod, f.spec)) return false;
  if (!f.spec.backoff_limit_per_index) return true;
  // The last failure of an index stays until its successor carries the count on.
  const auto index = completion_index(pod);
  const auto kept = index ? f.last_failed.find(*index) : f.last_failed.end();
  return kept == f.last_failed.end() || object::uid_of(kept->second.root()) != object::uid_of(pod);
}

bool has_countable_index(const Findings& f, Value pod) {
  if (!f.spec.indexed) return true;
  const auto index = completion_index(pod);
  return index && *index < f.spec.completions.value_or(0);
}

}  // namespace

void settle_counts(Status& status, const Uids& with_finalizer) {
  const auto settle = [&with_finalizer](std::vector<std::string>& uncounted) {
    return static_cast<std::int64_t>(
        std::erase_if(uncounted, [&](const std::string& uid) { return !with_finalizer.contains(uid); }));
  };
  status.succeeded += settle(status.uncounted_succeeded);
  status.failed += settle(status.uncounted_failed);
}

std::vector<Document> count_pods(Findings& f, bool& complete) {
  complete = true;
  Uids with_finalizer;
  for (const Document& pod : f.pods) {
    const std::string uid(object::uid_of(pod.root()));
    if (has_finalizer(pod.root()) && !f.leaving.contains(uid)) with_finalizer.insert(uid);
  }
  settle_counts(f.status, with_finalizer);
  const bool failing = f.finished && f.finished->type != "SuccessCriteriaMet";
  Indexes indexes = f.succeeded_before;
  std::vector<Document> leave;
  for (const Document& pod : f.pods) {
    const Value root = pod.root();
    const std::string uid(object::uid_of(root));
    if (!with_finalizer.contains(uid) || !may_leave(f, root)) continue;
    leave.push_back(pod);
    const bool counted_as_failed = contains(f.status.uncounted_failed, uid);
    if (root[atom::status][atom::phase].as_string() == "Succeeded" && !counted_as_failed) {
      if (f.spec.indexed) {
        if (has_countable_index(f, root)) indexes.insert(*completion_index(root));
      } else if (!contains(f.status.uncounted_succeeded, uid)) {
        f.status.uncounted_succeeded.push_back(uid);
      }
    } else if ((is_failed(root, f.spec) || failing) && !counted_as_failed && has_countable_index(f, root)) {
      // When the Job has failed, each pod that still ran counts as failed.
      if (match_failure_policy(f.spec.failure_policy, root).counts()) f.status.uncounted_failed.push_back(uid);
    }
    const std::size_t uncounted = indexes.size() - f.succeeded_before.size() +
                                  f.status.uncounted_succeeded.size() + f.status.uncounted_failed.size();
    if (uncounted >= kMostUncounted) {
      complete = false;
      break;
    }
  }
  if (f.spec.indexed) {
    f.status.succeeded = static_cast<std::int64_t>(indexes.size());
    f.status.completed_indexes = indexes_text(indexes);
    if (f.spec.backoff_limit_per_index) f.status.failed_indexes = indexes_text(f.failed_indexes);
  }
  return leave;
}

}  // namespace knarr::controllers::job
