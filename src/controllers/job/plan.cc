// SPDX-License-Identifier: Apache-2.0
// Looking at pods; see count.cc for counting and pods.cc for making them.
#include "controllers/job/plan.h"

#include "controllers/job/policy.h"
#include "controllers/owners.h"
#include "controllers/pods.h"
#include "object/time_text.h"

#include <algorithm>
#include <charconv>

namespace knarr::controllers::job {

using object::Document;
using object::NodeRef;
using object::Value;
namespace atom = object::atom;

namespace {

std::optional<std::int64_t> number(Value value) {
  if (!value.is_int()) return std::nullopt;
  return value.as_int();
}

std::vector<std::string> texts(Value list) {
  std::vector<std::string> result;
  for (const Value item : list.items()) result.emplace_back(item.as_string());
  return result;
}

// When a pod ended: its last container did, else the best guess.
SystemTime finish_time(Value pod, SystemTime now) {
  std::optional<SystemTime> latest;
  for (const Value status : pod[atom::status][atom::containerStatuses].items()) {
    const auto time = time_of(status[atom::state][atom::terminated][atom::finishedAt]);
    if (!time) {
      latest.reset();
      break;
    }
    if (!latest || *time > *latest) latest = time;
  }
  if (latest) return *latest;
  if (const auto time = time_of(controllers::find_condition(pod, "Ready")[atom::lastTransitionTime])) return *time;
  if (const auto time = time_of(pod[atom::metadata][atom::deletionTimestamp])) return std::min(*time, now);
  return now;
}

// Has an index that counts, or needs none.
bool is_valid(Value pod, const Spec& spec) {
  if (!spec.indexed) return true;
  const auto index = completion_index(pod);
  return index && *index < spec.completions.value_or(0);
}

Backoff next_backoff(Backoff backoff, const std::vector<SystemTime>& succeeded,
                     const std::vector<SystemTime>& failed) {
  std::optional<SystemTime> last_success;
  if (!succeeded.empty()) {
    last_success = *std::ranges::max_element(succeeded);
    backoff = {};
  }
  for (const SystemTime time : failed) {
    if (last_success && time <= *last_success) continue;
    ++backoff.failures;
    if (!backoff.last_failure || time > *backoff.last_failure) backoff.last_failure = time;
  }
  return backoff;
}

// Containers that restart in place count against the limit, too.
bool restarted_too_often(const Findings& f) {
  if (!f.spec.restarts_on_failure) return false;
  std::int64_t restarts = 0;
  for (const Document& pod : f.pods) {
    const Value status = pod[atom::status];
    const std::string_view phase = status[atom::phase].as_string();
    if (phase != "Running" && phase != "Pending") continue;
    for (const object::Atom list : {atom::containerStatuses, atom::initContainerStatuses}) {
      for (const Value one : status[list].items()) restarts += one[atom::restartCount].as_int();
    }
  }
  return f.spec.backoff_limit == 0 ? restarts > 0 : restarts >= f.spec.backoff_limit;
}

std::optional<std::chrono::nanoseconds> time_left(const Findings& f, SystemTime now) {
  if (!f.spec.deadline_seconds || f.spec.suspended) return std::nullopt;
  const auto start = object::parse_time(f.status.start_time);
  if (!start) return std::nullopt;
  return SystemTime(*start) + std::chrono::seconds(*f.spec.deadline_seconds) - now;
}

void judge_failure(Findings& f, SystemTime now) {
  const auto fail = [&f, now](std::string_view reason, std::string message) {
    f.finished = make_condition("FailureTarget", reason, std::move(message), now);
  };
  if (const Condition* target = find(f.status.conditions, "FailureTarget"); target != nullptr && target->status == "True") {
    f.finished = make_condition("Failed", target->reason, target->message, now);
    return;
  }
  for (const Document& pod : f.pods) {
    if (!f.spec.failure_policy.exists() || !is_failed(pod.root(), f.spec)) continue;
    Verdict verdict = match_failure_policy(f.spec.failure_policy, pod.root());
    if (verdict.action != Verdict::Action::FailJob) continue;
    return fail("PodFailurePolicy", std::move(verdict.message));
  }
  if (f.failed > f.spec.backoff_limit || restarted_too_often(f)) {
    return fail("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  }
  const auto left = time_left(f, now);
  if (left && *left <= std::chrono::nanoseconds::zero()) {
    return fail("DeadlineExceeded", "Job was active longer than specified deadline");
  }
  f.until_deadline = left;
}

std::int64_t annotation_number(Value pod, std::string_view key) {
  const std::string_view text = pod[atom::metadata][atom::annotations][key].as_string();
  std::int64_t result = 0;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

bool index_is_failed(Value pod, const Spec& spec) {
  if (!is_failed(pod, spec)) return false;
  const Verdict verdict = match_failure_policy(spec.failure_policy, pod);
  if (verdict.action == Verdict::Action::FailIndex) return true;
  return verdict.counts() && annotation_number(pod, kFailureCount) >= *spec.backoff_limit_per_index;
}

void keep_last_failed(Findings& f, SystemTime now) {
  Indexes active;
  for (const Document& pod : f.active) active.insert(completion_index(pod.root()).value_or(-1));
  const auto total = [](Value pod) {
    return annotation_number(pod, kFailureCount) + annotation_number(pod, kIgnoredFailureCount);
  };
  for (const Document& pod : f.pods) {
    const Value root = pod.root();
    if (!is_failed(root, f.spec) || !has_finalizer(root) || f.leaving.contains(object::uid_of(root))) continue;
    if (!is_valid(root, f.spec)) continue;
    const std::int64_t index = *completion_index(root);
    if (f.succeeded_indexes.contains(index) || f.failed_indexes.contains(index) || active.contains(index)) continue;
    const auto [at, fresh] = f.last_failed.try_emplace(index, pod);
    if (fresh) continue;
    const Value known = at->second.root();
    if (total(known) <= total(root) && finish_time(root, now) >= finish_time(known, now)) at->second = pod;
  }
}

void examine_indexes(Findings& f, SystemTime now) {
  const std::int64_t completions = f.spec.completions.value_or(0);
  f.succeeded_before = parse_indexes(f.status.completed_indexes, completions);
  f.succeeded_indexes = f.succeeded_before;
  for (const Document& pod : f.pods) {
    if (pod[atom::status][atom::phase].as_string() != "Succeeded" || !has_finalizer(pod.root())) continue;
    if (is_valid(pod.root(), f.spec)) f.succeeded_indexes.insert(*completion_index(pod.root()));
  }
  f.succeeded = static_cast<std::int64_t>(f.succeeded_indexes.size());
  if (f.spec.backoff_limit_per_index) {
    f.failed_indexes = parse_indexes(f.status.failed_indexes.value_or(""), completions);
    for (const Document& pod : f.pods) {
      if (!has_finalizer(pod.root()) || !is_valid(pod.root(), f.spec)) continue;
      if (index_is_failed(pod.root(), f.spec)) f.failed_indexes.insert(*completion_index(pod.root()));
    }
    const auto failed = static_cast<std::int64_t>(f.failed_indexes.size());
    if (!f.finished && f.spec.max_failed_indexes && failed > *f.spec.max_failed_indexes) {
      f.finished = make_condition("FailureTarget", "MaxFailedIndexesExceeded",
                                  "Job has exceeded the specified maximal number of failed indexes", now);
    } else if (!f.finished && failed > 0 && failed + f.succeeded >= completions) {
      f.finished = make_condition("FailureTarget", "FailedIndexes", "Job has failed indexes", now);
    }
    keep_last_failed(f, now);
  }
  if (f.finished || !f.spec.success_policy.exists()) return;
  if (auto message = match_success_policy(f.spec.success_policy, completions, f.succeeded_indexes)) {
    f.finished = make_condition("SuccessCriteriaMet", "SuccessPolicy", std::move(*message), now);
  }
}

}  // namespace

Spec read_spec(Value job) {
  const Value spec = job[atom::spec];
  Spec result;
  result.parallelism = spec[atom::parallelism].as_int(1);
  result.completions = number(spec[atom::completions]);
  result.indexed = spec[atom::completionMode].as_string() == "Indexed";
  result.suspended = spec[atom::suspend].as_bool();
  result.backoff_limit = spec[atom::backoffLimit].as_int(6);
  result.backoff_limit_per_index = number(spec[atom::backoffLimitPerIndex]);
  result.max_failed_indexes = number(spec[atom::maxFailedIndexes]);
  result.deadline_seconds = number(spec[atom::activeDeadlineSeconds]);
  result.failure_policy = spec[atom::podFailurePolicy];
  result.success_policy = spec[atom::successPolicy];
  result.replaces_only_failed = result.failure_policy.exists() ||
                                spec[atom::podReplacementPolicy].as_string() == "Failed";
  result.restarts_on_failure =
      spec[atom::template_][atom::spec][atom::restartPolicy].as_string() == "OnFailure";
  result.deleting = is_deleting(job);
  return result;
}

Status read_status(Value job) {
  const Value status = job[atom::status];
  Status result;
  result.start_time = status[atom::startTime].as_string();
  result.completion_time = status[atom::completionTime].as_string();
  result.active = status[atom::active].as_int();
  result.succeeded = status[atom::succeeded].as_int();
  result.failed = status[atom::failed].as_int();
  result.ready = status[atom::ready].as_int();
  result.terminating = status[atom::terminating].as_int();
  result.completed_indexes = status[atom::completedIndexes].as_string();
  if (status[atom::failedIndexes].is_string()) {
    result.failed_indexes = std::string(status[atom::failedIndexes].as_string());
  }
  const Value uncounted = status[atom::uncountedTerminatedPods];
  result.uncounted_succeeded = texts(uncounted[atom::succeeded]);
  result.uncounted_failed = texts(uncounted[atom::failed]);
  result.conditions = read_conditions(status[atom::conditions]);
  return result;
}

void write_status(NodeRef status, const Status& value) {
  status.set_map();
  write_conditions(status, value.conditions);
  const auto text = [&status](std::string_view key, const std::string& field) {
    if (!field.empty()) status.set(key, std::string_view(field));
  };
  const auto count = [&status](std::string_view key, std::int64_t field) {
    if (field != 0) status.set(key, field);
  };
  text("startTime", value.start_time);
  text("completionTime", value.completion_time);
  count("active", value.active);
  count("succeeded", value.succeeded);
  count("failed", value.failed);
  status.set("terminating", value.terminating);
  text("completedIndexes", value.completed_indexes);
  if (value.failed_indexes) status.set("failedIndexes", std::string_view(*value.failed_indexes));
  NodeRef uncounted = status.ensure_map("uncountedTerminatedPods");
  for (const std::string& uid : value.uncounted_succeeded) uncounted.ensure_list("succeeded").append_string(uid);
  for (const std::string& uid : value.uncounted_failed) uncounted.ensure_list("failed").append_string(uid);
  status.set("ready", value.ready);
}

bool is_finished(Value job) {
  const Conditions conditions = read_conditions(job[atom::status][atom::conditions]);
  return is_true(conditions, "Complete") || is_true(conditions, "Failed");
}

bool has_finalizer(Value pod) {
  for (const Value one : pod[atom::metadata][atom::finalizers].items()) {
    if (one.as_string() == kFinalizer) return true;
  }
  return false;
}

std::optional<std::int64_t> completion_index(Value pod) {
  const std::string_view text = pod[atom::metadata][atom::annotations][kCompletionIndex].as_string();
  std::int64_t index = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc() || end != text.data() + text.size() || index < 0) return std::nullopt;
  return index;
}

bool is_failed(Value pod, const Spec& spec) {
  const std::string_view phase = pod[atom::status][atom::phase].as_string();
  if (phase == "Failed") return true;
  return !spec.replaces_only_failed && is_deleting(pod) && phase != "Succeeded";
}

Condition make_condition(std::string_view type, std::string_view reason, std::string message,
                         SystemTime now) {
  Condition condition;
  condition.type = type;
  condition.status = "True";
  condition.reason = reason;
  condition.message = std::move(message);
  condition.lastProbeTime = time_text(now);
  condition.lastTransitionTime = condition.lastProbeTime;
  return condition;
}

bool ensure_condition(Conditions& conditions, std::string_view type, std::string_view value,
                      std::string_view reason, std::string_view message, SystemTime now) {
  Condition* known = find(conditions, type);
  if (known == nullptr && value == "False") return false;
  if (known != nullptr && known->status == value && known->reason == reason && known->message == message) {
    return false;
  }
  Condition condition = make_condition(type, reason, std::string(message), now);
  condition.status = value;
  if (known == nullptr) {
    conditions.push_back(std::move(condition));
  } else {
    *known = std::move(condition);
  }
  return true;
}

Findings examine(Input input) {
  Findings f;
  f.spec = read_spec(input.job);
  f.status = read_status(input.job);
  f.pods = std::move(input.pods);
  f.leaving = std::move(input.leaving);
  if (f.spec.indexed) {
    std::ranges::sort(f.pods, {}, [](const Document& pod) { return completion_index(pod.root()).value_or(-1); });
  }
  f.status.ready = 0;
  f.status.terminating = 0;
  std::vector<SystemTime> succeeded;
  std::vector<SystemTime> failed;
  std::int64_t counted_failures = 0;
  for (const Document& pod : f.pods) {
    const Value root = pod.root();
    if (is_pod_active(root)) f.active.push_back(pod);
    if (is_pod_active(root) && is_pod_ready(root)) ++f.status.ready;
    if (is_pod_terminating(root)) ++f.status.terminating;
    const std::string uid(object::uid_of(root));
    if (!has_finalizer(root) || f.leaving.contains(uid) || !is_valid(root, f.spec)) continue;
    const bool ended_well = root[atom::status][atom::phase].as_string() == "Succeeded";
    if (ended_well && std::ranges::find(f.status.uncounted_succeeded, uid) == f.status.uncounted_succeeded.end()) {
      succeeded.push_back(finish_time(root, input.now));
    }
    if (is_failed(root, f.spec) && std::ranges::find(f.status.uncounted_failed, uid) == f.status.uncounted_failed.end()) {
      failed.push_back(finish_time(root, input.now));
      if (match_failure_policy(f.spec.failure_policy, root).counts()) ++counted_failures;
    }
  }
  f.succeeded = f.status.succeeded + static_cast<std::int64_t>(succeeded.size() + f.status.uncounted_succeeded.size());
  f.failed = f.status.failed + counted_failures + static_cast<std::int64_t>(f.status.uncounted_failed.size());
  f.backoff = next_backoff(input.backoff, succeeded, failed);
  if (f.status.start_time.empty() && !f.spec.suspended) f.status.start_time = time_text(input.now);
  const Condition* met = find(f.status.conditions, "SuccessCriteriaMet");
  if (met != nullptr && met->status == "True") {
    f.finished = *met;
  } else {
    judge_failure(f, input.now);
  }
  if (f.spec.indexed) examine_indexes(f, input.now);
  return f;
}

}  // namespace knarr::controllers::job
