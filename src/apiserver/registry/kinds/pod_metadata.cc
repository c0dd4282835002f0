// SPDX-License-Identifier: Apache-2.0
// Annotations that mean something for pods: mirror pods, deletion cost, old seccomp and AppArmor.
#include "apiserver/registry/kinds/pod_checks.h"

#include <fmt/format.h>

#include <charconv>

namespace knarr::apiserver {

using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

namespace {

constexpr std::string_view kMirror = "kubernetes.io/config.mirror";
constexpr std::string_view kDeletionCost = "controller.kubernetes.io/pod-deletion-cost";
constexpr std::string_view kSeccompPod = "seccomp.security.alpha.kubernetes.io/pod";
constexpr std::string_view kSeccompContainer = "container.seccomp.security.alpha.kubernetes.io/";
constexpr std::string_view kAppArmor = "container.apparmor.security.beta.kubernetes.io/";
constexpr std::string_view kLocalhost = "localhost/";

// A 32-bit number without plus sign and leading zeros.
bool is_deletion_cost(std::string_view text) {
  if (text.empty()) return false;
  const bool fine = text == "0" || text.front() == '-' || (text.front() >= '1' && text.front() <= '9');
  if (!fine) return false;
  std::int32_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc() && end == text.data() + text.size();
}

void check_seccomp_annotation(std::string_view profile, const FieldPath& path,
                              FieldErrors& errors) {
  if (one_of(profile, {"runtime/default", "docker/default", "unconfined"})) return;
  if (profile.starts_with(kLocalhost)) {
    check_descending_path(profile.substr(kLocalhost.size()), path, errors);
  } else {
    errors.invalid(path, profile, "must be a valid seccomp profile");
  }
}

bool has_container(Value spec, std::string_view name) {
  for (const std::string_view list : {"initContainers", "containers"}) {
    for (const Value container : spec[list].items()) {
      if (container["name"].as_string() == name) return true;
    }
  }
  return false;
}

// Does the annotation of a profile say what the field says?
void check_profile_match(std::string_view annotation, Value field, std::string_view what,
                         const FieldPath& path, FieldErrors& errors) {
  const std::string_view type = field["type"].as_string();
  bool same = true;
  if (type == "Unconfined") {
    same = annotation == "unconfined";
  } else if (type == "RuntimeDefault") {
    same = annotation == "runtime/default" || (what == "seccomp" && annotation == "docker/default");
  } else if (type == "Localhost") {
    same = annotation.starts_with(kLocalhost);
    if (same && annotation.substr(kLocalhost.size()) != field["localhostProfile"].as_string()) {
      errors.forbidden(path.child("localhostProfile"),
                       fmt::format("{} profile in annotation and field must match", what));
    }
  }
  if (!same) {
    errors.forbidden(path.child("type"),
                     fmt::format("{} type in annotation and field must match", what));
  }
}

void check_container_matches(Value container, Value annotations, Value pod_context,
                             const FieldPath& path, const FieldPath& pod_context_path,
                             FieldErrors& errors) {
  const std::string_view name = container["name"].as_string();
  const FieldPath context_path = path.child("securityContext");
  const Value seccomp = container["securityContext"]["seccompProfile"];
  const Value seccomp_text = annotations[fmt::format("{}{}", kSeccompContainer, name)];
  if (has(seccomp) && seccomp_text.exists()) {
    check_profile_match(seccomp_text.as_string(), seccomp, "seccomp",
                        context_path.child("seccompProfile"), errors);
  }
  const Value armor_text = annotations[fmt::format("{}{}", kAppArmor, name)];
  if (!armor_text.exists()) return;
  const Value own = container["securityContext"]["appArmorProfile"];
  const Value of_pod = pod_context["appArmorProfile"];
  if (has(own)) {
    check_profile_match(armor_text.as_string(), own, "apparmor",
                        context_path.child("appArmorProfile"), errors);
  } else if (has(of_pod)) {
    check_profile_match(armor_text.as_string(), of_pod, "apparmor",
                        pod_context_path.child("appArmorProfile"), errors);
  }
}

}  // namespace

void check_pod_annotations(Value annotations, Value spec, const FieldPath& path,
                           FieldErrors& errors) {
  if (const Value mirror = annotations[kMirror];
      mirror.exists() && spec["nodeName"].as_string().empty()) {
    errors.invalid(path.key(kMirror), mirror.as_string(),
                   "must set spec.nodeName if mirror pod annotation is set");
  }
  if (const Value cost = annotations[kDeletionCost];
      cost.exists() && !is_deletion_cost(cost.as_string())) {
    errors.invalid(path.key(kDeletionCost), cost.as_string(), "must be a 32bit integer");
  }
  if (const Value profile = annotations[kSeccompPod]; profile.exists()) {
    check_seccomp_annotation(profile.as_string(), path.child(kSeccompPod), errors);
  }
  for (const auto [key, atom, value] : annotations.entries()) {
    if (!key.starts_with(kSeccompContainer)) continue;
    check_seccomp_annotation(value.as_string(), path.child(key), errors);
  }
  for (const auto [key, atom, value] : annotations.entries()) {
    if (!key.starts_with(kAppArmor)) continue;
    const std::string_view container = key.substr(kAppArmor.size());
    const std::string_view profile = value.as_string();
    if (!has_container(spec, container)) {
      errors.invalid(path.key(key), container, "container not found");
    }
    if (!one_of(profile, {"", "runtime/default", "unconfined"}) &&
        !profile.starts_with(kLocalhost)) {
      errors.invalid(path.key(key), profile,
                     fmt::format("invalid AppArmor profile name: {}", schema::go_quote(profile)));
    }
  }
}

void check_annotations_match_fields(Value pod, const FieldPath& spec_path, FieldErrors& errors) {
  const Value annotations = pod["metadata"]["annotations"];
  if (annotations.empty()) return;
  const Value spec = pod["spec"];
  const Value context = spec["securityContext"];
  const FieldPath context_path = spec_path.child("securityContext");
  if (has(context["seccompProfile"]) && annotations[kSeccompPod].exists()) {
    check_profile_match(annotations[kSeccompPod].as_string(), context["seccompProfile"], "seccomp",
                        context_path.child("seccompProfile"), errors);
  }
  for (const std::string_view list : {"initContainers", "containers", "ephemeralContainers"}) {
    const FieldPath containers = spec_path.child(list);
    std::size_t i = 0;
    for (const Value container : spec[list].items()) {
      check_container_matches(container, annotations, context, containers.index(i++), context_path,
                              errors);
    }
  }
}

}  // namespace knarr::apiserver
