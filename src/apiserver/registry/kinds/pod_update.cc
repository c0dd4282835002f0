// SPDX-License-Identifier: Apache-2.0
// Updates of pods: few fields of a spec may change, some only in one direction.
#include "apiserver/registry/kinds/pod_update.h"

#include "api/types.h"
#include "apiserver/registry/kinds/go_text.h"
#include "apiserver/registry/kinds/pod_checks.h"
#include "object/draft.h"
#include "schema/metadata_validation.h"

#include <fmt/format.h>

#include <algorithm>

namespace knarr::apiserver {

using object::Draft;
using object::NodeRef;
using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

namespace {

constexpr std::string_view kMirror = "kubernetes.io/config.mirror";
constexpr std::string_view kAppArmor = "container.apparmor.security.beta.kubernetes.io/";
constexpr std::string_view kMayChange =
    "pod updates may not change fields other than "
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
    "`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n";

object::Type type_of(std::string_view name) { return api::types().find(name); }

void check_annotation_changes(Value pod, Value old, FieldErrors& errors) {
  const FieldPath metadata("metadata");
  const FieldPath path = metadata.child("annotations");
  const Value now = pod["metadata"]["annotations"];
  const Value before = old["metadata"]["annotations"];
  for (const auto [key, atom, value] : before.entries()) {
    if (now[key].exists() && now[key].as_string() == value.as_string()) continue;
    if (key.starts_with(kAppArmor)) {
      errors.forbidden(path.key(key), "may not remove or update AppArmor annotations");
    }
    if (key == kMirror) {
      errors.forbidden(path.key(key), "may not remove or update mirror pod annotation");
    }
  }
  for (const auto [key, atom, value] : now.entries()) {
    if (before[key].exists()) continue;
    if (key.starts_with(kAppArmor)) {
      errors.forbidden(path.key(key), "may not add AppArmor annotations");
    }
    if (key == kMirror) errors.forbidden(path.key(key), "may not add mirror pod annotation");
  }
  check_pod_annotations(now, pod["spec"], path, errors);
}

// False when there is no use in looking further.
bool check_container_images(Value now, Value before, const FieldPath& path, FieldErrors& errors) {
  if (now.size() != before.size()) {
    errors.forbidden(path, "pod updates may not add or remove containers");
    return false;
  }
  std::size_t i = 0;
  for (const Value container : now.items()) {
    const FieldPath at = path.index(i++);
    const std::string_view image = container["image"].as_string();
    if (image.empty()) errors.required(at.child("image"));
    if (trim_space(image) != image) {
      errors.invalid(at.child("image"), image, "must not have leading or trailing whitespace");
    }
  }
  return true;
}

bool check_deadline(Value now, Value before, const FieldPath& path, FieldErrors& errors) {
  if (!has(now)) {
    if (has(before)) {
      errors.invalid_text(path, "null", "must not update from a positive integer to nil value");
    }
    return true;
  }
  const std::int64_t seconds = now.as_int();
  if (seconds < 0 || seconds > 2147483647) {
    errors.invalid(path, seconds, "must be between 0 and 2147483647, inclusive");
    return false;
  }
  if (has(before) && before.as_int() < seconds) {
    errors.invalid(path, seconds, "must be less than or equal to previous value");
    return false;
  }
  return true;
}

bool same_but_seconds(Value a, Value b) {
  return std::ranges::all_of(
      std::initializer_list<std::string_view>{"key", "operator", "value", "effect"},
      [&](std::string_view field) { return a[field].as_string() == b[field].as_string(); });
}

void check_added_tolerations(Value now, Value before, const FieldPath& path, FieldErrors& errors) {
  for (const Value old : before.items()) {
    bool found = false;
    for (const Value one : now.items()) found = found || same_but_seconds(old, one);
    if (!found) {
      return errors.forbidden(path,
                              "existing toleration can not be modified except its tolerationSeconds");
    }
  }
  check_tolerations(now, path, errors);
}

void check_removed_gates(Value now, Value before, const FieldPath& path, FieldErrors& errors) {
  std::size_t i = 0;
  for (const Value gate : now.items()) {
    const FieldPath at = path.index(i++);
    const std::string_view name = gate["name"].as_string();
    bool known = false;
    for (const Value old : before.items()) known = known || old["name"].as_string() == name;
    if (known) continue;
    errors.forbidden(at.child("name"),
                     fmt::format("only deletion is allowed, but found new scheduling gate '{}'",
                                 name));
  }
}

// ---- pods that are still gated may have their choice of nodes narrowed

void check_selector_additions(Value now, Value before, const FieldPath& path,
                              FieldErrors& errors) {
  for (const auto [key, atom, value] : before.entries()) {
    if (now[key].exists() && now[key].as_string() == value.as_string()) continue;
    constexpr std::string_view kWhy =
        "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
    if (now.exists()) errors.invalid(path, now, kWhy);
    else errors.invalid_text(path, "null", kWhy);
    return;
  }
}

bool only_additions(Value now, Value before) {
  if (before["matchExpressions"].empty() && before["matchFields"].empty()) {
    return now["matchExpressions"].empty() && now["matchFields"].empty();
  }
  for (const std::string_view field : {"matchExpressions", "matchFields"}) {
    const Value old = before[field];
    if (now[field].size() < old.size()) return false;
    for (std::size_t i = 0; i < old.size(); ++i) {
      if (!go_equal(now[field].at(i), old.at(i), type_of("core/v1.NodeSelectorRequirement"))) {
        return false;
      }
    }
  }
  return true;
}

void check_affinity_additions(Value now, Value before, const FieldPath& path,
                              FieldErrors& errors) {
  constexpr std::string_view kRequired = "requiredDuringSchedulingIgnoredDuringExecution";
  if (!has(before)) return;
  const Value old_terms = before[kRequired]["nodeSelectorTerms"];
  const Value terms = now[kRequired]["nodeSelectorTerms"];
  if (old_terms.empty()) return;
  const FieldPath required = path.child(kRequired);
  const FieldPath terms_path = required.child("nodeSelectorTerms");
  if (terms.size() != old_terms.size()) {
    constexpr std::string_view kWhy =
        "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
    if (terms.exists()) errors.invalid(terms_path, terms, kWhy);
    else errors.invalid_text(terms_path, "null", kWhy);
    return;
  }
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (only_additions(terms.at(i), old_terms.at(i))) continue;
    errors.invalid(terms_path.index(i), terms.at(i),
                   "only additions are allowed (no mutations or deletions)");
  }
}

void put_back(NodeRef target, Value old, std::string_view field) {
  if (old[field].exists()) target.ensure(field).assign(old[field]);
  else target.erase(field);
}

void put_back_node_affinity(NodeRef spec, Value old_affinity) {
  const Value old = old_affinity["nodeAffinity"];
  NodeRef affinity = spec["affinity"];
  const bool absent = !affinity.is_map();
  if (absent && !has(old)) return;
  if (!absent && !has(old_affinity) && !affinity["podAffinity"].is_map() &&
      !affinity["podAntiAffinity"].is_map()) {
    spec.erase("affinity");
    return;
  }
  put_back(spec.ensure_map("affinity"), old_affinity, "nodeAffinity");
}

// The new spec with everything that may change put back to what it was.
object::Document without_allowed_changes(Value spec, Value old, FieldErrors& errors) {
  Draft draft = Draft::from(spec);
  NodeRef munged = draft.root();
  for (const std::string_view list : {"containers", "initContainers"}) {
    std::size_t i = 0;
    for (NodeRef container : munged[list].items()) put_back(container, old[list].at(i++), "image");
  }
  for (const std::string_view field : {"activeDeadlineSeconds", "schedulingGates", "tolerations"}) {
    put_back(munged, old, field);
  }
  const Value grace = old["terminationGracePeriodSeconds"];
  if (has(grace) && grace.as_int() < 0 && spec["terminationGracePeriodSeconds"].as_int() == 1) {
    put_back(munged, old, "terminationGracePeriodSeconds");
  }
  if (!old["schedulingGates"].empty()) {
    const FieldPath path("spec");
    if (!go_equal(spec["nodeSelector"], old["nodeSelector"],
                  type_of("core/v1.PodSpec").find("nodeSelector").type())) {
      check_selector_additions(spec["nodeSelector"], old["nodeSelector"],
                               path.child("nodeSelector"), errors);
      put_back(munged, old, "nodeSelector");
    }
    const Value affinity = spec["affinity"]["nodeAffinity"];
    const Value old_affinity = old["affinity"]["nodeAffinity"];
    if (has(affinity) != has(old_affinity) ||
        !go_equal(affinity, old_affinity, type_of("core/v1.NodeAffinity"))) {
      const FieldPath affinity_path = path.child("affinity");
      check_affinity_additions(affinity, old["affinity"]["nodeAffinity"],
                               affinity_path.child("nodeAffinity"), errors);
      put_back_node_affinity(munged, old["affinity"]);
    }
  }
  return Draft::freeze(munged);
}

void check_plain_update(Value pod, Value old_pod, FieldErrors& errors) {
  const FieldPath path("spec");
  const Value spec = pod["spec"];
  const Value old = old_pod["spec"];
  for (const std::string_view list : {"containers", "initContainers"}) {
    if (!check_container_images(spec[list], old[list], path.child(list), errors)) return;
  }
  if (!check_deadline(spec["activeDeadlineSeconds"], old["activeDeadlineSeconds"],
                      path.child("activeDeadlineSeconds"), errors)) {
    return;
  }
  check_added_tolerations(spec["tolerations"], old["tolerations"], path.child("tolerations"),
                          errors);
  check_removed_gates(spec["schedulingGates"], old["schedulingGates"],
                      path.child("schedulingGates"), errors);
  const object::Type type = type_of("core/v1.PodSpec");
  if (go_equal(spec, old, type)) return;
  const object::Document munged = without_allowed_changes(spec, old, errors);
  if (go_equal(munged.root(), old, type)) return;
  errors.forbidden(path, fmt::format("{}{}", kMayChange, go_diff(old, munged.root(), type)));
}

}  // namespace

bool is_mirror_pod(Value pod) { return pod["metadata"]["annotations"][kMirror].exists(); }

void validate_pod_update(const RuleContext& context, Value pod, Value old, FieldErrors& errors) {
  // Kubernetes checks the metadata of a changed pod twice, as an update and as a whole.
  schema::validate_object_meta(pod["metadata"], true, schema::subdomain_problems,
                               FieldPath("metadata"), errors);
  validate_pod(pod, old, errors);
  if (context.subresource == "resize") return validate_pod_resize(pod, old, errors);
  check_annotation_changes(pod, old, errors);
  if (context.subresource == "ephemeralcontainers") {
    return validate_ephemeral_update(pod, old, errors);
  }
  check_plain_update(pod, old, errors);
}

}  // namespace knarr::apiserver
