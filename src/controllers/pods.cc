// SPDX-License-Identifier: Apache-2.0
#include "controllers/pods.h"

#include "controllers/owners.h"
#include "object/time_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <list>
#include <map>

namespace knarr::controllers {

using object::Document;
using object::Draft;
using object::NodeRef;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr std::string_view kDeletionCost = "controller.kubernetes.io/pod-deletion-cost";
constexpr std::size_t kLongestPrefix = 253;

int phase_rank(std::string_view phase) {
  if (phase == "Running") return 2;
  return phase == "Unknown" ? 1 : 0;
}

std::int64_t deletion_cost(Value pod) {
  const std::string_view text = pod[atom::metadata][atom::annotations][kDeletionCost].as_string();
  std::int32_t cost = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cost);
  return error == std::errc() && end == text.data() + text.size() ? cost : 0;
}

std::int64_t most_restarts(Value statuses) {
  std::int64_t most = 0;
  for (const Value status : statuses.items()) {
    most = std::max(most, status[atom::restartCount].as_int());
  }
  return most;
}

// What decides about one pod, read once.
struct Candidate {
  Document pod;
  bool assigned = false;
  int phase = 0;
  bool ready = false;
  std::int64_t cost = 0;
  int together = 0;
  std::optional<SystemTime> ready_since;
  std::int64_t restarts = 0;
  std::int64_t init_restarts = 0;
  std::optional<SystemTime> created;
  std::string_view uid;
};

int rank_of_age(SystemTime since, SystemTime now) {
  const auto age = (now - since).count();
  return age > 0 ? static_cast<int>(std::log2(static_cast<double>(age))) : -1;
}

// Younger first, but ages of one order of magnitude are the same, so that a rollout spreads its
// removals. Nothing: no difference.
std::optional<bool> younger(const std::optional<SystemTime>& a, const std::optional<SystemTime>& b,
                            const Candidate& x, const Candidate& y, SystemTime now) {
  if (a == b) return std::nullopt;
  if (!a || !b) return !a;
  const int difference = rank_of_age(*a, now) - rank_of_age(*b, now);
  if (difference == 0) return x.uid < y.uid;
  return difference < 0;
}

bool goes_first(const Candidate& x, const Candidate& y, SystemTime now) {
  if (x.assigned != y.assigned) return !x.assigned;
  if (x.phase != y.phase) return x.phase < y.phase;
  if (x.ready != y.ready) return !x.ready;
  if (x.cost != y.cost) return x.cost < y.cost;
  if (x.together != y.together) return x.together > y.together;
  if (x.ready && y.ready) {
    if (const auto first = younger(x.ready_since, y.ready_since, x, y, now)) return *first;
  }
  if (x.restarts != y.restarts) return x.restarts > y.restarts;
  if (x.init_restarts != y.init_restarts) return x.init_restarts > y.init_restarts;
  if (const auto first = younger(x.created, y.created, x, y, now)) return *first;
  return false;
}

}  // namespace

bool is_pod_finished(Value pod) {
  const std::string_view phase = pod[atom::status][atom::phase].as_string();
  return phase == "Succeeded" || phase == "Failed";
}

bool is_pod_active(Value pod) { return !is_pod_finished(pod) && !is_deleting(pod); }

bool is_pod_terminating(Value pod) { return !is_pod_finished(pod) && is_deleting(pod); }

Value find_condition(Value object, std::string_view type) {
  for (const Value condition : object[atom::status][atom::conditions].items()) {
    if (condition[atom::type].as_string() == type) return condition;
  }
  return {};
}

bool is_pod_ready(Value pod) {
  return find_condition(pod, "Ready")[atom::status].as_string() == "True";
}

std::optional<std::chrono::nanoseconds> until_available(Value pod, std::int64_t min_ready_seconds,
                                                        SystemTime now) {
  const Value ready = find_condition(pod, "Ready");
  if (min_ready_seconds <= 0 || ready[atom::status].as_string() != "True") return std::nullopt;
  const auto since = time_of(ready[atom::lastTransitionTime]);
  if (!since) return std::nullopt;
  const auto left = *since + std::chrono::seconds(min_ready_seconds) - now;
  if (left <= std::chrono::nanoseconds::zero()) return std::nullopt;
  return left;
}

bool is_pod_available(Value pod, std::int64_t min_ready_seconds, SystemTime now) {
  if (!is_pod_ready(pod)) return false;
  if (min_ready_seconds <= 0) return true;
  return time_of(find_condition(pod, "Ready")[atom::lastTransitionTime]).has_value() &&
         !until_available(pod, min_ready_seconds, now);
}

std::optional<SystemTime> time_of(Value text) {
  if (!text.is_string()) return std::nullopt;
  const auto time = object::parse_time(text.as_string());
  if (!time) return std::nullopt;
  return SystemTime(*time);
}

std::string time_text(SystemTime time) {
  return object::time_text(std::chrono::floor<std::chrono::microseconds>(time));
}

Draft pod_from_template(Value pod_template, Value owner, const client::Resource& owner_resource) {
  Draft pod;
  NodeRef metadata = pod.root().ensure_map("metadata");
  const Value template_metadata = pod_template[atom::metadata];
  std::string prefix(object::name_of(owner));
  if (prefix.size() < kLongestPrefix) prefix += '-';
  metadata.set("generateName", prefix);
  metadata.set("namespace", object::namespace_of(owner));
  for (const std::string_view field : {"labels", "annotations", "finalizers"}) {
    const Value value = template_metadata[field];
    if (!value.empty()) metadata.ensure(field).assign(value);
  }
  write_controller_reference(metadata.ensure_list("ownerReferences").append(), owner, owner_resource);
  pod.root().ensure("spec").assign(pod_template[atom::spec]);
  return pod;
}

std::vector<Document> order_of_removal(std::vector<Document> pods,
                                       const std::vector<Document>& related, SystemTime now) {
  std::map<std::string_view, int> on_node;
  for (const Document& pod : related) {
    if (is_pod_active(pod.root())) ++on_node[pod[atom::spec][atom::nodeName].as_string()];
  }
  // A list: its sort stays within bounds whatever the order says about three ages.
  std::list<Candidate> candidates;
  for (Document& pod : pods) {
    const Value root = pod.root();
    const std::string_view node = root[atom::spec][atom::nodeName].as_string();
    const bool ready = is_pod_ready(root);
    candidates.push_back(
        {.pod = pod,
         .assigned = !node.empty(),
         .phase = phase_rank(root[atom::status][atom::phase].as_string()),
         .ready = ready,
         .cost = deletion_cost(root),
         .together = on_node.contains(node) ? on_node[node] : 0,
         .ready_since = ready ? time_of(find_condition(root, "Ready")[atom::lastTransitionTime])
                              : std::nullopt,
         .restarts = most_restarts(root[atom::status][atom::containerStatuses]),
         .init_restarts = most_restarts(root[atom::status][atom::initContainerStatuses]),
         .created = time_of(root[atom::metadata][atom::creationTimestamp]),
         .uid = object::uid_of(root)});
  }
  candidates.sort(
      [now](const Candidate& x, const Candidate& y) { return goes_first(x, y, now); });
  std::vector<Document> result;
  result.reserve(candidates.size());
  for (Candidate& candidate : candidates) result.push_back(std::move(candidate.pod));
  return result;
}

}  // namespace knarr::controllers
