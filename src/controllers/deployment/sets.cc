// SPDX-License-Identifier: Apache-2.0
#include "controllers/deployment/sets.h"

#include "api/types.h"
#include "base/hash.h"
#include "codec/json.h"
#include "schema/semantic_equality.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace knarr::controllers::deployment {

using object::Document;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr std::int64_t kNoLimit = 2147483647;  // What Kubernetes writes for "never".
constexpr std::size_t kLongestName = 253;

std::optional<std::int64_t> to_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// A number, or a per cent of `whole`.
std::int64_t resolve(Value value, std::int64_t whole, bool round_up) {
  if (!value.is_string()) return value.as_int();
  std::string_view text = value.as_string();
  if (!text.ends_with('%')) return 0;
  text.remove_suffix(1);
  const std::int64_t product = to_number(text).value_or(0) * whole;
  return (product + (round_up ? 99 : 0)) / 100;
}

std::optional<std::int64_t> limit_of(Value value) {
  if (!value.is_int() || value.as_int() == kNoLimit) return std::nullopt;
  return value.as_int();
}

bool labels_equal_but_hash(Value a, Value b) {
  const auto count = [](Value labels) {
    return labels.size() - (labels[kHashLabel].exists() ? 1 : 0);
  };
  if (count(a) != count(b)) return false;
  for (const auto [key, atom, value] : a.entries()) {
    if (key == kHashLabel) continue;
    const Value other = b[key];
    if (!other.exists() || other.as_string() != value.as_string()) return false;
  }
  return true;
}

}  // namespace

Spec read_spec(Value deployment) {
  const Value spec = deployment[atom::spec];
  Spec result;
  result.replicas = spec[atom::replicas].as_int(1);
  result.rolling = spec[atom::strategy][atom::type].as_string() == "RollingUpdate";
  result.paused = spec[atom::paused].as_bool();
  result.progress_deadline_seconds = limit_of(spec[atom::progressDeadlineSeconds]);
  result.history_limit = limit_of(spec[atom::revisionHistoryLimit]);
  if (!result.rolling) return result;
  const Value rolling = spec[atom::strategy][atom::rollingUpdate];
  result.max_surge = resolve(rolling[atom::maxSurge], result.replicas, true);
  result.max_unavailable = resolve(rolling[atom::maxUnavailable], result.replicas, false);
  // Both none would never move (validation forbids it, per cents may round to it).
  if (result.max_surge == 0 && result.max_unavailable == 0) result.max_unavailable = 1;
  result.max_unavailable = std::min(result.max_unavailable, result.replicas);
  return result;
}

ReplicaSet read_replica_set(Document document) {
  const Value root = document.root();
  const Value status = root[atom::status];
  const Value annotations = root[atom::metadata][atom::annotations];
  ReplicaSet set;
  set.name = object::name_of(root);
  set.uid = object::uid_of(root);
  set.created = root[atom::metadata][atom::creationTimestamp].as_string();
  set.replicas = root[atom::spec][atom::replicas].as_int(1);
  set.actual = status[atom::replicas].as_int();
  set.ready = status[atom::readyReplicas].as_int();
  set.available = status[atom::availableReplicas].as_int();
  if (status[atom::terminatingReplicas].is_int()) {
    set.terminating = status[atom::terminatingReplicas].as_int();
  }
  set.desired_annotation = to_number(annotations[kDesiredReplicas].as_string());
  set.max_annotation = to_number(annotations[kMaxReplicas].as_string());
  set.revision = to_number(annotations[kRevision].as_string()).value_or(0);
  set.document = std::move(document);
  return set;
}

bool older(const ReplicaSet& a, const ReplicaSet& b) {
  return a.created != b.created ? a.created < b.created : a.name < b.name;
}

std::int64_t total_replicas(const Sets& sets) {
  std::int64_t total = 0;
  for (const ReplicaSet& set : sets) total += set.replicas;
  return total;
}

Sets Split::all() const {
  Sets sets = old;
  if (current) sets.push_back(*current);
  return sets;
}

Split split_sets(Value deployment, const std::vector<Document>& documents) {
  Sets sets;
  for (const Document& document : documents) sets.push_back(read_replica_set(document));
  std::ranges::sort(sets, older);
  const Value wanted = deployment[atom::spec][atom::template_];
  Split split;
  for (ReplicaSet& set : sets) {
    if (!split.current && templates_equal(set.document[atom::spec][atom::template_], wanted)) {
      split.current = std::move(set);
    } else {
      split.old.push_back(std::move(set));
    }
  }
  return split;
}

bool templates_equal(Value a, Value b) {
  static const object::Type kPodSpec = api::types().find("core/v1.PodSpec");
  const Value a_meta = a[atom::metadata];
  const Value b_meta = b[atom::metadata];
  return labels_equal_but_hash(a_meta[atom::labels], b_meta[atom::labels]) &&
         schema::semantic_equal(a_meta[atom::annotations], b_meta[atom::annotations], {}) &&
         schema::semantic_equal(a_meta[atom::finalizers], b_meta[atom::finalizers], {}) &&
         schema::semantic_equal(a[atom::spec], b[atom::spec], kPodSpec);
}

std::string template_hash(Value pod_template, std::optional<std::int64_t> collisions) {
  constexpr std::string_view kSafe = "bcdfghjklmnpqrstvwxz2456789";
  std::string text;
  codec::write_json(text, pod_template);
  if (collisions) text += fmt::format("#{}", *collisions);
  std::string hash = std::to_string(fnv32a(text));
  for (char& c : hash) c = kSafe[static_cast<unsigned char>(c) % kSafe.size()];
  return hash;
}

std::string replica_set_name(std::string_view deployment, std::string_view hash) {
  return fmt::format("{}-{}", deployment.substr(0, kLongestName - 1 - hash.size()), hash);
}

}  // namespace knarr::controllers::deployment
