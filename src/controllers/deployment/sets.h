// SPDX-License-Identifier: Apache-2.0
// A Deployment and its ReplicaSets as the numbers that decide a rollout, and the pod template hash.
// Pure. Source: k8s.io/kubernetes pkg/controller/deployment/util.
#pragma once

#include "object/document.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::controllers::deployment {

inline constexpr std::string_view kHashLabel = "pod-template-hash";
inline constexpr std::string_view kRevision = "deployment.kubernetes.io/revision";
inline constexpr std::string_view kRevisionHistory = "deployment.kubernetes.io/revision-history";
inline constexpr std::string_view kDesiredReplicas = "deployment.kubernetes.io/desired-replicas";
inline constexpr std::string_view kMaxReplicas = "deployment.kubernetes.io/max-replicas";

struct Spec {
  std::int64_t replicas = 1;
  bool rolling = true;
  bool paused = false;
  std::int64_t max_surge = 0;        // Resolved: pods, 0 unless rolling.
  std::int64_t max_unavailable = 0;
  std::optional<std::int64_t> progress_deadline_seconds;  // Nothing: none.
  std::optional<std::int64_t> history_limit;
};
Spec read_spec(object::Value deployment);

struct ReplicaSet {
  object::Document document;
  std::string name;
  std::string uid;
  std::string created;  // Orders by age; RFC 3339 in seconds.
  std::int64_t replicas = 0;
  std::int64_t actual = 0;  // status.replicas and so on
  std::int64_t ready = 0;
  std::int64_t available = 0;
  std::optional<std::int64_t> terminating;
  std::optional<std::int64_t> desired_annotation;
  std::optional<std::int64_t> max_annotation;
  std::int64_t revision = 0;
};
ReplicaSet read_replica_set(object::Document document);

using Sets = std::vector<ReplicaSet>;
bool older(const ReplicaSet& a, const ReplicaSet& b);
std::int64_t total_replicas(const Sets& sets);

/// The sets of a deployment, split by whether the template is the deployment's.
struct Split {
  std::optional<ReplicaSet> current;  // "New" in Kubernetes' words: the oldest with this template.
  Sets old;                           // All others, oldest first.

  [[nodiscard]] Sets all() const;
};
Split split_sets(object::Value deployment, const std::vector<object::Document>& sets);

/// Equal after defaults, the hash label apart (BEHAVIOURS 87).
bool templates_equal(object::Value a, object::Value b);

/// FNV-1a of the template's canonical JSON and the collision count, in the safe alphabet. Kubernetes
/// hashes a dump of its Go structs, which nothing else can reproduce; the value matters to nobody.
std::string template_hash(object::Value pod_template, std::optional<std::int64_t> collisions);
std::string replica_set_name(std::string_view deployment, std::string_view hash);

}  // namespace knarr::controllers::deployment
