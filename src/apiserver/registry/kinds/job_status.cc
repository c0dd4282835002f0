// SPDX-License-Identifier: Apache-2.0
// The status of a job: what a controller may report together, and what may never be taken back.
// Rules bind only what the update changes. Source: k8s.io/kubernetes pkg/apis/batch/validation
// and getStatusValidationOptions of pkg/registry/batch/job, 1.36.
#include "apiserver/registry/kinds/job.h"

#include <fmt/format.h>

#include <charconv>
#include <set>
#include <vector>

namespace knarr::apiserver::kinds {

namespace {

// What an update of a status changed.
struct Changes {
  bool complete, failed, finished, failure_target;
  bool active, ready, terminating, uncounted, start_time, completion_time;
  bool completed_indexes, failed_indexes;
};

bool is_finished(Value status) {
  return has_condition(status, "Complete") || has_condition(status, "Failed");
}

Changes changes_of(Value status, Value old) {
  const auto condition = [&](std::string_view type) {
    return has_condition(status, type) != has_condition(old, type);
  };
  const auto field = [&](std::string_view name) { return !same(status[name], old[name]); };
  return {.complete = condition("Complete"),
          .failed = condition("Failed"),
          .finished = is_finished(status) != is_finished(old),
          .failure_target = condition("FailureTarget"),
          .active = field("active"),
          .ready = field("ready"),
          .terminating = field("terminating"),
          .uncounted = field("uncountedTerminatedPods"),
          .start_time = field("startTime"),
          .completion_time = field("completionTime"),
          .completed_indexes = field("completedIndexes"),
          .failed_indexes = field("failedIndexes")};
}

void check_uncounted(Value pods, const FieldPath& path, FieldErrors& errors) {
  std::set<std::string_view> seen;
  for (const char* list : {"succeeded", "failed"}) {
    const FieldPath list_path = path.child(list);
    std::size_t i = 0;
    for (const Value uid : pods[list].items()) {
      const FieldPath at = list_path.index(i++);
      if (uid.as_string().empty()) errors.invalid(at, uid.as_string(), "must not be empty");
      else if (!seen.insert(uid.as_string()).second) errors.duplicate(at, uid.as_string());
    }
  }
}

void check_times(Value status, const Changes& changed, const FieldPath& path,
                 FieldErrors& errors) {
  const Value start = status["startTime"];
  const Value end = status["completionTime"];
  const bool complete = has_condition(status, "Complete");
  const FieldPath end_path = path.child("completionTime");
  if (changed.complete || changed.completion_time) {
    if (given(end) && !complete) {
      errors.invalid(end_path, end,
                     "cannot set completionTime when there is no Complete=True condition");
    }
    if (!given(end) && complete) {
      errors.required(end_path, "completionTime is required for Complete jobs");
    }
  }
  // Texts of RFC 3339 in UTC sort as the times do.
  if ((changed.start_time || changed.completion_time) && given(start) && given(end) &&
      end.as_string() < start.as_string()) {
    errors.invalid(end_path, end, "must be equal to or after `startTime`");
  }
}

void check_end_states(Value status, const Changes& changed, const FieldPath& path,
                      FieldErrors& errors) {
  const FieldPath conditions = path.child("conditions");
  const bool complete = has_condition(status, "Complete");
  const bool failed = has_condition(status, "Failed");
  const bool failure_target = has_condition(status, "FailureTarget");
  const bool criteria_met = has_condition(status, "SuccessCriteriaMet");
  if (changed.failed && failed && !failure_target) {
    invalid_bare(errors, conditions,
                 "cannot set Failed=True condition without the FailureTarget=true condition");
  }
  if (changed.complete && complete && !criteria_met) {
    invalid_bare(errors, conditions,
                 "cannot set Complete=True condition without the SuccessCriteriaMet=true condition");
  }
}

void check_finished(Value status, bool suspended, const Changes& changed, const FieldPath& path,
                    FieldErrors& errors) {
  const bool finished = is_finished(status);
  if ((changed.finished || changed.active) && finished && status["active"].as_int() > 0) {
    errors.invalid(path.child("active"), status["active"].as_int(),
                   "active>0 is invalid for finished job");
  }
  if ((changed.finished || changed.terminating) && finished &&
      status["terminating"].as_int() > 0) {
    errors.invalid(path.child("terminating"), status["terminating"].as_int(),
                   "terminating>0 is invalid for finished job");
  }
  if ((changed.ready || changed.active) && given(status["ready"]) &&
      status["ready"].as_int() > status["active"].as_int()) {
    errors.invalid(path.child("ready"), status["ready"].as_int(),
                   "cannot set more ready pods than active");
  }
  if ((changed.finished || changed.start_time) && !suspended && finished &&
      !given(status["startTime"])) {
    errors.required(path.child("startTime"), "startTime is required for finished job");
  }
  const Value uncounted = status["uncountedTerminatedPods"];
  if ((changed.finished || changed.uncounted) && finished &&
      (!uncounted["succeeded"].empty() || !uncounted["failed"].empty())) {
    errors.invalid(path.child("uncountedTerminatedPods"), uncounted,
                   "must be empty for finished job");
  }
}

struct Interval {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

std::string parse_indexes(std::string_view text, std::int64_t completions,
                          std::vector<Interval>& out);

void check_index_lists(Value spec, Value status, const Changes& changed, const FieldPath& path,
                       FieldErrors& errors) {
  const Value completions = spec["completions"];
  const Value completed = status["completedIndexes"];
  const Value failed = status["failedIndexes"];
  const bool per_index = given(spec["backoffLimitPerIndex"]);
  const FieldPath completed_path = path.child("completedIndexes");
  const FieldPath failed_path = path.child("failedIndexes");
  std::vector<Interval> done;
  std::vector<Interval> lost;
  std::string complaint;
  if (given(completions)) {
    complaint = parse_indexes(completed.as_string(), completions.as_int(), done);
    if (changed.completed_indexes && !complaint.empty()) {
      errors.invalid(completed_path, completed.as_string(),
                     fmt::format("error parsing completedIndexes: {}", complaint));
    }
    if (per_index && given(failed)) {
      complaint = parse_indexes(failed.as_string(), completions.as_int(), lost);
      if (changed.failed_indexes && !complaint.empty()) {
        errors.invalid(failed_path, failed.as_string(),
                       fmt::format("error parsing failedIndexes: {}", complaint));
      }
    }
  }
  if (changed.completed_indexes && !completed.as_string().empty() &&
      spec["completionMode"].as_string() != "Indexed") {
    errors.invalid(completed_path, completed.as_string(),
                   "cannot set non-empty completedIndexes when non-indexed completion mode");
  }
  if (changed.failed_indexes && given(failed) && !per_index) {
    errors.invalid(failed_path, failed.as_string(),
                   "cannot set non-null failedIndexes when backoffLimitPerIndex is null");
  }
  if (!changed.completed_indexes && !changed.failed_indexes) return;
  for (const Interval& a : done) {
    for (const Interval& b : lost) {
      if (a.first <= b.last && b.first <= a.last) {
        errors.invalid(failed_path, failed.as_string(),
                       "failedIndexes and completedIndexes overlap");
        return;
      }
    }
  }
}

void check_criteria(Value spec, Value status, const FieldPath& path, FieldErrors& errors) {
  const FieldPath conditions = path.child("conditions");
  const bool criteria_met = has_condition(status, "SuccessCriteriaMet");
  if (criteria_met && has_condition(status, "Failed")) {
    invalid_bare(errors, conditions,
                 "cannot set SuccessCriteriaMet=True and Failed=true conditions");
  }
  if (criteria_met && has_condition(status, "FailureTarget")) {
    invalid_bare(errors, conditions,
                 "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions");
  }
  if (given(spec["successPolicy"]) && has_condition(status, "Complete") && !criteria_met) {
    invalid_bare(errors, conditions,
                 "cannot set Complete=True for Job with SuccessPolicy unless "
                 "SuccessCriteriaMet=True");
  }
}

void check_never_back(Value spec, Value status, Value old, const FieldPath& path,
                      FieldErrors& errors) {
  const FieldPath conditions = path.child("conditions");
  for (const char* type : {"Failed", "Complete", "FailureTarget"}) {
    if (has_condition(old, type) && !has_condition(status, type)) {
      invalid_bare(errors, conditions,
                   fmt::format("cannot disable the terminal {}=True condition", type));
    }
  }
  const std::int64_t failed = status["failed"].as_int();
  if (failed < old["failed"].as_int()) {
    errors.invalid(path.child("failed"), failed, "cannot decrease the failed counter");
  }
  // An indexed job whose parallelism follows its completions may be scaled down.
  const bool elastic = spec["completionMode"].as_string() == "Indexed" &&
                       same(spec["completions"], spec["parallelism"]);
  const std::int64_t succeeded = status["succeeded"].as_int();
  if (!elastic && succeeded < old["succeeded"].as_int()) {
    errors.invalid(path.child("succeeded"), succeeded, "cannot decrease the succeeded counter");
  }
  if (given(old["completionTime"]) && given(status["completionTime"])) {
    immutable(status, old, "completionTime", path, errors);
  }
  if (given(old["startTime"]) && !spec["suspend"].as_bool() &&
      !same(status["startTime"], old["startTime"])) {
    errors.invalid(path.child("startTime"), status["startTime"],
                   "field is immutable for unsuspended job once set");
  }
  if (has_condition(old, "SuccessCriteriaMet") && !has_condition(status, "SuccessCriteriaMet")) {
    invalid_bare(errors, conditions, "cannot disable the SuccessCriteriaMet=True condition");
  }
}

// One end of an interval.
bool parse_index(std::string_view text, std::int64_t completions, std::int64_t& value,
                 std::string& complaint) {
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    complaint = fmt::format("cannot convert string to integer for index: {}",
                            schema::go_quote(text));
  } else if (value >= completions) {
    complaint = fmt::format("too large index: {}", schema::go_quote(text));
  }
  return complaint.empty();
}

std::string parse_indexes(std::string_view text, std::int64_t completions,
                          std::vector<Interval>& out) {
  if (text.empty()) return {};
  std::string complaint;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const std::size_t dash = part.find('-');
    if (dash != std::string_view::npos && part.find('-', dash + 1) != std::string_view::npos) {
      return fmt::format("the fragment {} violates the requirement that an index interval can "
                         "have at most two parts separated by '-'", schema::go_quote(part));
    }
    Interval interval;
    if (!parse_index(part.substr(0, dash), completions, interval.first, complaint)) {
      return complaint;
    }
    interval.last = interval.first;
    constexpr const char* kOrder = "non-increasing order, previous: {}, current: {}";
    if (dash != std::string_view::npos) {
      if (!parse_index(part.substr(dash + 1), completions, interval.last, complaint)) {
        return complaint;
      }
      if (interval.first >= interval.last) {
        return fmt::format(fmt::runtime(kOrder), interval.first, interval.last);
      }
    }
    if (!out.empty() && out.back().last >= interval.first) {
      return fmt::format(fmt::runtime(kOrder), out.back().last, interval.first);
    }
    out.push_back(interval);
    if (comma == std::string_view::npos) return {};
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

bool has_condition(Value status, std::string_view type) {
  for (const Value condition : status["conditions"].items()) {
    if (condition["type"].as_string() == type && condition["status"].as_string() == "True") {
      return true;
    }
  }
  return false;
}

std::string check_indexes(std::string_view text, std::int64_t completions, std::int64_t& count) {
  std::vector<Interval> intervals;
  std::string complaint = parse_indexes(text, completions, intervals);
  count = 0;
  for (const Interval& one : intervals) count += one.last - one.first + 1;
  return complaint;
}

void check_job_status(Value object, Value old_object, FieldErrors& errors) {
  const Value spec = object["spec"];
  const Value status = object["status"];
  const Value old = old_object["status"];
  const FieldPath path("status");
  const Changes changed = changes_of(status, old);
  for (const char* field : {"active", "succeeded", "failed", "ready", "terminating"}) {
    non_negative(status, field, path, errors);
  }
  check_uncounted(status["uncountedTerminatedPods"], path.child("uncountedTerminatedPods"),
                  errors);
  const bool complete = has_condition(status, "Complete");
  if ((changed.complete || changed.failed) && complete && has_condition(status, "Failed")) {
    invalid_bare(errors, path.child("conditions"),
                 "cannot set Complete=True and Failed=true conditions");
  }
  if ((changed.complete || changed.failure_target) && complete &&
      has_condition(status, "FailureTarget")) {
    invalid_bare(errors, path.child("conditions"),
                 "cannot set Complete=True and FailureTarget=true conditions");
  }
  check_times(status, changed, path, errors);
  check_end_states(status, changed, path, errors);
  check_finished(status, spec["suspend"].as_bool(), changed, path, errors);
  check_index_lists(spec, status, changed, path, errors);
  check_criteria(spec, status, path, errors);
  check_never_back(spec, status, old, path, errors);
}

}  // namespace knarr::apiserver::kinds
