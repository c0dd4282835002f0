// SPDX-License-Identifier: Apache-2.0
// Stateful sets and controller revisions. Source: k8s.io/kubernetes pkg/apis/apps/validation and
// pkg/registry/apps of 1.36.
#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/pod_checks.h"
#include "apiserver/registry/kinds/workload.h"

#include <algorithm>

namespace knarr::apiserver::kinds {

namespace {

// Fields of a spec that an update may change.
constexpr std::string_view kMutable[] = {
    "replicas",        "ordinals",        "template", "updateStrategy", "revisionHistoryLimit",
    "minReadySeconds", "persistentVolumeClaimRetentionPolicy"};

constexpr std::string_view kFrozen =
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
    "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and "
    "'minReadySeconds' are forbidden";

void check_update_strategy(Value strategy, const FieldPath& path, FieldErrors& errors) {
  const std::string_view type = strategy["type"].as_string();
  const Value rolling = strategy["rollingUpdate"];
  const FieldPath rolling_path = path.child("rollingUpdate");
  if (type.empty()) {
    errors.required(path);
  } else if (type == "OnDelete") {
    if (given(rolling)) {
      errors.invalid(rolling_path, rolling, "only allowed for updateStrategy 'RollingUpdate'");
    }
  } else if (type == "RollingUpdate") {
    if (!given(rolling)) return;
    non_negative(rolling, "partition", rolling_path, errors);
    const Value unavailable = rolling["maxUnavailable"];
    if (!given(unavailable)) return;
    const FieldPath at = rolling_path.child("maxUnavailable");
    check_int_or_percent(unavailable, at, errors);
    if (int_or_percent(unavailable) == 0) {
      invalid_int_or_string(unavailable, at, errors, "cannot be 0");
    }
    at_most_100_percent(unavailable, at, errors);
  } else {
    errors.invalid(path, strategy, "must be 'RollingUpdate' or 'OnDelete'");
  }
}

void check_retention_policy(Value policy, const FieldPath& path, FieldErrors& errors) {
  if (!given(policy)) {
    errors.required(path);
    return;
  }
  for (const char* name : {"whenDeleted", "whenScaled"}) {
    const std::string_view value = policy[name].as_string();
    if (value == "Retain" || value == "Delete") continue;
    errors.not_supported(path.child(name), value, {"Retain", "Delete"});
  }
}

// The template as pods are made from it: claims are volumes, the host name is the server's.
object::Document pod_template_as_made(Value spec) {
  object::Draft draft = object::Draft::from(spec["template"]);
  NodeRef pod = draft.root().ensure_map("spec");
  pod.erase("hostname");
  const Value claims = spec["volumeClaimTemplates"];
  if (claims.empty()) return object::Draft::freeze(draft.root());
  NodeRef volumes = pod.ensure_list("volumes");
  const auto is_claim = [&](std::string_view name) {
    for (const Value claim : claims.items()) {
      if (object::name_of(claim) == name) return true;
    }
    return false;
  };
  for (std::size_t i = volumes.size(); i-- > 0;) {
    if (is_claim(volumes.at(i)["name"].as_string())) volumes.erase_at(i);
  }
  std::size_t i = 0;
  for (const Value claim : claims.items()) {
    NodeRef volume = volumes.insert_at(i++);
    const std::string_view name = object::name_of(claim);
    volume.set("name", name);
    volume.ensure_map("persistentVolumeClaim").set("claimName", name);
  }
  return object::Draft::freeze(draft.root());
}

// `old` is missing on creation. Rules that came late bind only new objects.
void check_spec(Value spec, Value old_spec, FieldErrors& errors) {
  const FieldPath path("spec");
  const std::string_view management = spec["podManagementPolicy"].as_string();
  if (management.empty()) {
    errors.required(path.child("podManagementPolicy"));
  } else if (management != "OrderedReady" && management != "Parallel") {
    errors.invalid(path.child("podManagementPolicy"), management,
                   "must be 'OrderedReady' or 'Parallel'");
  }
  check_update_strategy(spec["updateStrategy"], path.child("updateStrategy"), errors);
  check_retention_policy(spec["persistentVolumeClaimRetentionPolicy"],
                         path.child("persistentVolumeClaimRetentionPolicy"), errors);
  non_negative(spec, "replicas", path, errors);
  non_negative(spec, "minReadySeconds", path, errors);
  non_negative(spec["ordinals"], "start", path.child("ordinals"), errors);

  const Value selector = spec["selector"];
  const FieldPath selector_path = path.child("selector");
  if (!given(selector)) {
    errors.required(selector_path);
  } else {
    check_label_selector(selector, selector_path, errors);
    if (is_empty_selector(selector)) {
      errors.invalid(selector_path, selector, "empty selector is invalid for statefulset");
    }
  }
  if (!old_spec.exists()) {
    const std::string_view service = spec["serviceName"].as_string();
    if (!service.empty()) {
      complain(errors, path.child("serviceName"), service, schema::check_dns1123_label(service));
    }
  }
  const FieldPath template_path = path.child("template");
  if (given(selector) && !is_valid_selector(selector)) {
    errors.invalid(selector_path, selector, {});
    return;
  }
  const Value pod_template = spec["template"];
  check_template_labels(pod_template,
                        selector_matches(selector, pod_template["metadata"]["labels"]),
                        template_path, errors);
  const object::Document as_pod = pod_template_as_made(spec);
  check_workload_template(as_pod.root(), old_spec["template"], "StatefulSet", template_path, errors);
}

void check_claim_templates(Value spec, FieldErrors& errors) {
  const FieldPath root("spec");
  const FieldPath path = root.child("volumeClaimTemplates");
  std::size_t i = 0;
  for (const Value claim : spec["volumeClaimTemplates"].items()) {
    const FieldPath at = path.index(i++);
    apiserver::check_claim_spec(claim["spec"], at.child("spec"), errors);
  }
}

void validate(const RuleContext&, Value object, FieldErrors& errors) {
  check_spec(object["spec"], {}, errors);
  check_claim_templates(object["spec"], errors);
}

void validate_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  const Value spec = object["spec"];
  const Value old_spec = old["spec"];
  check_spec(spec, old_spec, errors);
  const auto frozen_differs = [](Value a, Value b) {
    for (auto entry : a.entries()) {
      if (std::ranges::find(kMutable, entry.key) != std::end(kMutable)) continue;
      if (!same(entry.value, b[entry.key])) return true;
    }
    return false;
  };
  if (frozen_differs(spec, old_spec) || frozen_differs(old_spec, spec)) {
    errors.forbidden(FieldPath("spec"), kFrozen);
  }
}

void validate_status(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  const Value status = object["status"];
  const FieldPath path("status");
  for (const char* field : {"replicas", "readyReplicas", "currentReplicas", "updatedReplicas",
                            "availableReplicas", "observedGeneration", "collisionCount"}) {
    non_negative(status, field, path, errors);
  }
  for (const char* field :
       {"readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"}) {
    check_not_greater(status, field, "replicas", "cannot be greater than status.replicas", path,
                      errors);
  }
  check_not_greater(status, "availableReplicas", "readyReplicas",
                    "cannot be greater than status.readyReplicas", path, errors);
  check_collision_count(object, old, errors);
}

// maxUnavailable waits for a gate that is off (BEHAVIOURS 154).
void drop_max_unavailable(NodeRef object) {
  NodeRef rolling = object["spec"]["updateStrategy"]["rollingUpdate"];
  if (rolling.is_map()) rolling.erase("maxUnavailable");
}

void prepare_create(const RuleContext&, NodeRef object) { drop_max_unavailable(object); }

void prepare_update(const RuleContext&, NodeRef object, Value old) {
  if (!given(old["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"])) {
    drop_max_unavailable(object);
  }
}

// ---- controller revisions

void check_revision(Value object, FieldErrors& errors) {
  const FieldPath root;
  non_negative(object, "revision", root, errors);
}

void validate_revision(const RuleContext&, Value object, FieldErrors& errors) {
  check_revision(object, errors);
  const Value data = object["data"];
  const FieldPath path("data");
  if (!given(data)) {
    errors.required(path, "data is mandatory");
    return;
  }
  const std::string_view raw = data.as_raw();
  const bool is_object = data.is_map() || raw.starts_with('{');
  if (!is_object) errors.required(path, "data must be a valid JSON object");
}

void validate_revision_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  check_revision(object, errors);
  if (!same(object["data"], old["data"])) {
    errors.invalid(FieldPath("data"), object["data"], kImmutable);
  }
}

}  // namespace

constinit const KindRules kStatefulSetRules = {
    .group = "apps",
    .resource = "statefulsets",
    .generation = Generation::OnSpecChange,
    .name_rule = schema::label_problems,
    .prepare_create = prepare_create,
    .prepare_update = prepare_update,
    .validate = validate,
    .validate_update = validate_update,
    .validate_status = validate_status,
    .warn = warn_template,
};

constinit const KindRules kControllerRevisionRules = {
    .group = "apps",
    .resource = "controllerrevisions",
    .metadata_checked_fully = true,
    .validate = validate_revision,
    .validate_update = validate_revision_update,
};

}  // namespace knarr::apiserver::kinds
