// SPDX-License-Identifier: Apache-2.0
// Which pods a Job makes and deletes, and what they look like.
#include "controllers/pods.h"

#include "client/resources.h"
#include "controllers/job/plan.h"
#include "controllers/job/policy.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace knarr::controllers::job {

using object::Document;
using object::Draft;
using object::NodeRef;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr std::size_t kMostAtOnce = 500;
constexpr std::chrono::seconds kFirstDelay{10};
constexpr std::chrono::minutes kLongestDelay{10};

std::chrono::nanoseconds delay_left(std::int64_t failures, const std::optional<SystemTime>& last,
                                    SystemTime now) {
  if (failures <= 0 || !last) return {};
  std::chrono::nanoseconds delay = kFirstDelay;
  for (std::int64_t i = 1; i < failures && delay < kLongestDelay; ++i) delay *= 2;
  delay = std::min<std::chrono::nanoseconds>(delay, kLongestDelay);
  return std::max(std::chrono::nanoseconds(0), *last + delay - now);
}

std::int64_t annotation_number(Value pod, std::string_view key) {
  const std::string_view text = pod[atom::metadata][atom::annotations][key].as_string();
  std::int64_t result = 0;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

std::optional<SystemTime> ended_at(Value pod) {
  std::optional<SystemTime> latest;
  for (const Value status : pod[atom::status][atom::containerStatuses].items()) {
    const auto time = time_of(status[atom::state][atom::terminated][atom::finishedAt]);
    if (time && (!latest || *time > *latest)) latest = time;
  }
  if (latest) return latest;
  latest = time_of(controllers::find_condition(pod, "Ready")[atom::lastTransitionTime]);
  return latest ? latest : time_of(pod[atom::metadata][atom::deletionTimestamp]);
}

// Pods of an index that another one has already, or that no longer exists, and then the usual ones.
std::vector<Document> surplus(const Findings& f, std::int64_t at_least, SystemTime now) {
  std::vector<Document> remove;
  std::vector<Document> left;
  std::vector<Document> ordered = order_of_removal(f.active, {}, now);
  if (f.spec.indexed) {
    Indexes seen;
    for (auto at = ordered.rbegin(); at != ordered.rend(); ++at) {
      const auto index = completion_index(at->root());
      const bool wanted = index && *index < f.spec.completions.value_or(0) && seen.insert(*index).second;
      (wanted ? left : remove).push_back(*at);
    }
    std::ranges::reverse(left);
  } else {
    left = std::move(ordered);
  }
  for (const Document& pod : left) {
    if (static_cast<std::int64_t>(remove.size()) >= at_least) break;
    remove.push_back(pod);
  }
  return remove;
}

Indexes pending_indexes(const Findings& f, std::int64_t count) {
  Indexes taken = f.succeeded_indexes;
  taken.insert(f.failed_indexes.begin(), f.failed_indexes.end());
  for (const Document& pod : f.pods) {
    const bool holds = is_pod_active(pod.root()) ||
                       (f.spec.replaces_only_failed && is_pod_terminating(pod.root()));
    if (const auto index = completion_index(pod.root()); holds && index) taken.insert(*index);
  }
  Indexes pending;
  for (std::int64_t i = 0; i < f.spec.completions.value_or(0); ++i) {
    if (static_cast<std::int64_t>(pending.size()) >= count) break;
    if (!taken.contains(i)) pending.insert(i);
  }
  return pending;
}

// With retries per index each one waits for itself.
void pick_ready_indexes(PodPlan& plan, const Findings& f, const Indexes& pending, SystemTime now) {
  for (const std::int64_t index : pending) {
    const auto failed = f.last_failed.find(index);
    std::chrono::nanoseconds left{};
    if (failed != f.last_failed.end()) {
      const Value pod = failed->second.root();
      left = delay_left(annotation_number(pod, kFailureCount) + annotation_number(pod, kIgnoredFailureCount) + 1,
                        ended_at(pod), now);
    }
    if (left <= std::chrono::nanoseconds::zero()) {
      plan.indexes.push_back(index);
    } else if (!plan.wait || left < *plan.wait) {
      plan.wait = left;
    }
  }
}

void annotate_failures(NodeRef annotations, const Findings& f, std::int64_t index) {
  std::int64_t counted = 0;
  std::int64_t ignored = 0;
  if (const auto failed = f.last_failed.find(index); failed != f.last_failed.end()) {
    const Value pod = failed->second.root();
    counted = annotation_number(pod, kFailureCount);
    ignored = annotation_number(pod, kIgnoredFailureCount);
    ++(match_failure_policy(f.spec.failure_policy, pod).counts() ? counted : ignored);
  }
  annotations.set(kFailureCount, std::string_view(std::to_string(counted)));
  if (ignored > 0) annotations.set(kIgnoredFailureCount, std::string_view(std::to_string(ignored)));
}

void add_index_variable(NodeRef containers) {
  for (NodeRef container : containers.items()) {
    NodeRef variables = container.ensure_list("env");
    bool known = false;
    for (NodeRef one : variables.items()) known = known || one["name"].as_string() == "JOB_COMPLETION_INDEX";
    if (known) continue;
    NodeRef variable = variables.append();
    variable.set("name", "JOB_COMPLETION_INDEX");
    variable.ensure_map("valueFrom").ensure_map("fieldRef").set(
        "fieldPath", std::string_view(fmt::format("metadata.labels['{}']", kCompletionIndex)));
  }
}

}  // namespace

PodPlan plan_pods(const Findings& f, SystemTime now) {
  PodPlan plan;
  const auto active = static_cast<std::int64_t>(f.active.size());
  if (f.spec.suspended) {
    plan.remove = f.active;
    return plan;
  }
  std::int64_t want = f.spec.parallelism;
  if (f.spec.completions) {
    want = std::clamp<std::int64_t>(*f.spec.completions - f.succeeded, 0, f.spec.parallelism);
  } else if (f.succeeded > 0) {
    want = active;  // A work queue: no new ones once one is done.
  }
  plan.remove = surplus(f, std::max<std::int64_t>(0, active - want), now);
  if (plan.remove.size() > kMostAtOnce) plan.remove.resize(kMostAtOnce);
  if (!plan.remove.empty()) return plan;  // Either, never both in one round.
  const std::int64_t terminating = f.spec.replaces_only_failed ? f.status.terminating : 0;
  std::int64_t missing = want - terminating - active;
  if (missing <= 0) return plan;
  if (!f.spec.backoff_limit_per_index) {
    const auto left = delay_left(f.backoff.failures, f.backoff.last_failure, now);
    if (left > std::chrono::nanoseconds::zero()) {
      plan.wait = left;
      return plan;
    }
  }
  missing = std::min(missing, static_cast<std::int64_t>(kMostAtOnce));
  if (f.spec.indexed) {
    const Indexes pending = pending_indexes(f, missing);
    pick_ready_indexes(plan, f, pending, now);
    missing = static_cast<std::int64_t>(plan.indexes.size());
  }
  plan.create = static_cast<int>(missing);
  return plan;
}

Draft make_pod(Value job, const Findings& f, std::optional<std::int64_t> index) {
  Draft pod = pod_from_template(job[atom::spec][atom::template_], job, client::kJobs);
  NodeRef metadata = pod.root().ensure_map("metadata");
  NodeRef finalizers = metadata.ensure_list("finalizers");
  bool known = false;
  for (NodeRef one : finalizers.items()) known = known || one.as_string() == kFinalizer;
  if (!known) finalizers.append_string(kFinalizer);
  if (!index) return pod;
  const std::string text = std::to_string(*index);
  metadata.ensure_map("annotations").set(kCompletionIndex, std::string_view(text));
  metadata.ensure_map("labels").set(kCompletionIndex, std::string_view(text));
  metadata.set("generateName", std::string_view(fmt::format("{}-{}-", object::name_of(job), text)));
  if (f.spec.backoff_limit_per_index) annotate_failures(metadata.ensure_map("annotations"), f, *index);
  NodeRef spec = pod.root().ensure_map("spec");
  spec.set("hostname", std::string_view(fmt::format("{}-{}", object::name_of(job), text)));
  add_index_variable(spec["containers"]);
  add_index_variable(spec["initContainers"]);
  return pod;
}

}  // namespace knarr::controllers::job
