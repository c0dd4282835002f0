// SPDX-License-Identifier: Apache-2.0
// What a Job's pods say about it, which pods it wants, and how finished pods are counted: each once,
// by a finalizer that is taken away only after the status says so. Pure.
// Source: k8s.io/kubernetes pkg/controller/job (job_controller.go, indexed_job_utils.go,
// backoff_utils.go).
#pragma once

#include "base/clock.h"
#include "controllers/conditions.h"
#include "controllers/job/indexes.h"
#include "object/document.h"
#include "object/draft.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace knarr::controllers::job {

inline constexpr std::string_view kFinalizer = "batch.kubernetes.io/job-tracking";
inline constexpr std::string_view kCompletionIndex = "batch.kubernetes.io/job-completion-index";
inline constexpr std::string_view kFailureCount = "batch.kubernetes.io/job-index-failure-count";
inline constexpr std::string_view kIgnoredFailureCount = "batch.kubernetes.io/job-index-ignored-failure-count";

using Uids = std::set<std::string, std::less<>>;

/// Failures since the last success: the delay before the next pod.
struct Backoff {
  int failures = 0;
  std::optional<SystemTime> last_failure;
};

struct Spec {
  std::int64_t parallelism = 1;
  std::optional<std::int64_t> completions;
  bool indexed = false;
  bool suspended = false;
  std::int64_t backoff_limit = 6;
  std::optional<std::int64_t> backoff_limit_per_index;
  std::optional<std::int64_t> max_failed_indexes;
  std::optional<std::int64_t> deadline_seconds;
  bool replaces_only_failed = false;  // Terminating pods hold their place.
  object::Value failure_policy;
  object::Value success_policy;
  bool restarts_on_failure = false;
  bool deleting = false;
};
Spec read_spec(object::Value job);

/// The whole status, to be changed and written back.
struct Status {
  std::string start_time;
  std::string completion_time;
  std::int64_t active = 0;
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
  std::int64_t ready = 0;
  std::int64_t terminating = 0;
  std::string completed_indexes;
  std::optional<std::string> failed_indexes;
  std::vector<std::string> uncounted_succeeded;
  std::vector<std::string> uncounted_failed;
  Conditions conditions;
};
Status read_status(object::Value job);
void write_status(object::NodeRef status, const Status& value);

struct Input {
  object::Value job;
  std::vector<object::Document> pods;  // The Job's own.
  Uids leaving;                        // Pods whose finalizer we took already; not seen yet.
  Backoff backoff;
  SystemTime now;
};

/// What one round finds.
struct Findings {
  Spec spec;
  Status status;  // With the start time set.
  std::vector<object::Document> pods;  // Indexed: by index.
  std::vector<object::Document> active;
  Uids leaving;
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
  Indexes succeeded_before;  // As the status says.
  Indexes succeeded_indexes;
  Indexes failed_indexes;
  std::map<std::int64_t, object::Document> last_failed;  // Kept until the index is tried again.
  Backoff backoff;
  std::optional<Condition> finished;  // FailureTarget, SuccessCriteriaMet, or Failed after the former.
  std::optional<std::chrono::nanoseconds> until_deadline;
};
Findings examine(Input input);

bool is_finished(object::Value job);  // Complete or Failed.
bool has_finalizer(object::Value pod);
std::optional<std::int64_t> completion_index(object::Value pod);
/// Ended without success, or (as a rule) being deleted before it ended.
bool is_failed(object::Value pod, const Spec& spec);
Condition make_condition(std::string_view type, std::string_view reason, std::string message, SystemTime now);
/// Sets a condition's status; a False one is not made newly. True when anything changed.
bool ensure_condition(Conditions& conditions, std::string_view type, std::string_view value,
                      std::string_view reason, std::string_view message, SystemTime now);

struct PodPlan {
  std::vector<object::Document> remove;
  int create = 0;
  std::vector<std::int64_t> indexes;  // Of those to create.
  std::optional<std::chrono::nanoseconds> wait;  // Back-off: look again then.
};
PodPlan plan_pods(const Findings& findings, SystemTime now);

/// The new pod of an index (nothing: not indexed).
object::Draft make_pod(object::Value job, const Findings& findings, std::optional<std::int64_t> index);

/// Counts finished pods in `findings.status`; gives those whose finalizer can go once that is written.
/// `complete` is false when there were too many for one round.
std::vector<object::Document> count_pods(Findings& findings, bool& complete);
/// Moves pods without finalizer from uncounted to the counters.
void settle_counts(Status& status, const Uids& with_finalizer);

}  // namespace knarr::controllers::job
