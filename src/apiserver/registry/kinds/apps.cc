// SPDX-License-Identifier: Apache-2.0
// Deployments, replica sets, daemon sets and replication controllers. Source: k8s.io/kubernetes
// pkg/apis/apps/validation, pkg/apis/core/validation and pkg/registry/apps of 1.36.
#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/workload.h"

#include <charconv>

namespace knarr::apiserver::kinds {

namespace {

constexpr std::string_view kOverReplicas = "cannot be greater than status.replicas";

void check_selector(Value spec, bool mandatory, std::string_view when_empty, const FieldPath& path,
                    FieldErrors& errors) {
  const Value selector = spec["selector"];
  if (!given(selector)) {
    if (mandatory) errors.required(path.child("selector"));
    return;
  }
  check_label_selector(selector, path.child("selector"), errors);
  if (is_empty_selector(selector)) errors.invalid(path.child("selector"), selector, when_empty);
}

// Selector and template of a Deployment or ReplicaSet.
void check_replica_set_template(Value spec, Value old_spec, const FieldPath& path,
                                FieldErrors& errors) {
  const Value selector = spec["selector"];
  if (given(selector) && !is_valid_selector(selector)) {
    errors.invalid(path.child("selector"), selector, "invalid label selector");
    return;
  }
  const Value pod_template = spec["template"];
  const FieldPath template_path = path.child("template");
  check_template_labels(pod_template,
                        selector_matches(selector, pod_template["metadata"]["labels"]),
                        template_path, errors);
  check_workload_template(pod_template, old_spec["template"], "ReplicaSet", template_path, errors);
}

// ---- deployments

void check_rolling_deployment(Value rolling, const FieldPath& path, FieldErrors& errors) {
  const Value unavailable = rolling["maxUnavailable"];
  const Value surge = rolling["maxSurge"];
  check_int_or_percent(unavailable, path.child("maxUnavailable"), errors);
  check_int_or_percent(surge, path.child("maxSurge"), errors);
  if (int_or_percent(unavailable) == 0 && int_or_percent(surge) == 0) {
    invalid_int_or_string(unavailable, path.child("maxUnavailable"), errors,
                          "may not be 0 when `maxSurge` is 0");
  }
  at_most_100_percent(unavailable, path.child("maxUnavailable"), errors);
}

void check_deployment_strategy(Value strategy, const FieldPath& path, FieldErrors& errors) {
  const std::string_view type = strategy["type"].as_string();
  const Value rolling = strategy["rollingUpdate"];
  const FieldPath rolling_path = path.child("rollingUpdate");
  if (type == "Recreate") {
    if (given(rolling)) {
      errors.forbidden(rolling_path, "may not be specified when strategy `type` is 'Recreate'");
    }
  } else if (type == "RollingUpdate") {
    if (given(rolling)) check_rolling_deployment(rolling, rolling_path, errors);
    else errors.required(rolling_path, "this should be defaulted and never be nil");
  } else {
    not_supported(errors, path, strategy, {"Recreate", "RollingUpdate"});
  }
}

void check_deployment_spec(Value spec, Value old_spec, FieldErrors& errors) {
  const FieldPath path("spec");
  non_negative(spec, "replicas", path, errors);
  check_selector(spec, true, "empty selector is invalid for deployment", path, errors);
  check_replica_set_template(spec, old_spec, path, errors);
  check_deployment_strategy(spec["strategy"], path.child("strategy"), errors);
  non_negative(spec, "minReadySeconds", path, errors);
  non_negative(spec, "revisionHistoryLimit", path, errors);
  const Value deadline = spec["progressDeadlineSeconds"];
  if (!given(deadline)) return;
  non_negative(spec, "progressDeadlineSeconds", path, errors);
  if (deadline.as_int() <= spec["minReadySeconds"].as_int()) {
    errors.invalid(path.child("progressDeadlineSeconds"), deadline.as_int(),
                   "must be greater than minReadySeconds");
  }
}

void validate_deployment(const RuleContext&, Value object, FieldErrors& errors) {
  check_deployment_spec(object["spec"], {}, errors);
}

void validate_deployment_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  check_deployment_spec(object["spec"], old["spec"], errors);
  immutable(object["spec"], old["spec"], "selector", FieldPath("spec"), errors);
}

void validate_deployment_status(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  const Value status = object["status"];
  const FieldPath path("status");
  for (const char* field : {"observedGeneration", "replicas", "updatedReplicas", "readyReplicas",
                            "availableReplicas", "unavailableReplicas", "terminatingReplicas",
                            "collisionCount"}) {
    non_negative(status, field, path, errors);
  }
  for (const char* field : {"updatedReplicas", "readyReplicas", "availableReplicas"}) {
    check_not_greater(status, field, "replicas", kOverReplicas, path, errors);
  }
  check_not_greater(status, "availableReplicas", "readyReplicas",
                    "cannot be greater than readyReplicas", path, errors);
  check_collision_count(object, old, errors);
}

// Label changes through /status are dropped (BEHAVIOURS 139).
void prepare_deployment_status(const RuleContext&, NodeRef object, Value old) {
  NodeRef metadata = object.ensure_map("metadata");
  const Value labels = old["metadata"]["labels"];
  if (labels.empty()) metadata.erase("labels");
  else metadata.ensure("labels").assign(labels);
}

// ---- replica sets

void check_replica_set_spec(Value spec, Value old_spec, FieldErrors& errors) {
  const FieldPath path("spec");
  non_negative(spec, "replicas", path, errors);
  non_negative(spec, "minReadySeconds", path, errors);
  check_selector(spec, true, "empty selector is invalid for deployment", path, errors);
  check_replica_set_template(spec, old_spec, path, errors);
}

void validate_replica_set(const RuleContext&, Value object, FieldErrors& errors) {
  check_replica_set_spec(object["spec"], {}, errors);
}

void validate_replica_set_update(const RuleContext&, Value object, Value old,
                                 FieldErrors& errors) {
  check_replica_set_spec(object["spec"], old["spec"], errors);
  immutable(object["spec"], old["spec"], "selector", FieldPath("spec"), errors);
}

void validate_replica_set_status(const RuleContext&, Value object, Value, FieldErrors& errors) {
  const Value status = object["status"];
  const FieldPath path("status");
  for (const char* field : {"replicas", "fullyLabeledReplicas", "readyReplicas",
                            "availableReplicas", "observedGeneration", "terminatingReplicas"}) {
    non_negative(status, field, path, errors);
  }
  for (const char* field : {"fullyLabeledReplicas", "readyReplicas", "availableReplicas"}) {
    check_not_greater(status, field, "replicas", kOverReplicas, path, errors);
  }
  check_not_greater(status, "availableReplicas", "readyReplicas",
                    "cannot be greater than readyReplicas", path, errors);
}

// ---- replication controllers

void check_controller_spec(Value spec, Value old_spec, FieldErrors& errors) {
  const FieldPath path("spec");
  non_negative(spec, "minReadySeconds", path, errors);
  const Value selector = spec["selector"];
  if (selector.empty()) errors.required(path.child("selector"));
  if (given(spec["replicas"])) non_negative(spec, "replicas", path, errors);
  else errors.required(path.child("replicas"));
  const Value pod_template = spec["template"];
  const FieldPath template_path = path.child("template");
  if (!given(pod_template)) {
    errors.required(template_path);
    return;
  }
  const Value labels = pod_template["metadata"]["labels"];
  bool matches = true;
  for (auto entry : selector.entries()) {
    const Value label = labels[entry.key];
    matches = matches && given(label) && label.as_string() == entry.value.as_string();
  }
  check_template_labels(pod_template, matches, template_path, errors);
  check_workload_template(pod_template, old_spec["template"], "ReplicationController",
                          template_path, errors);
}

void validate_controller(const RuleContext&, Value object, FieldErrors& errors) {
  check_controller_spec(object["spec"], {}, errors);
}

void validate_controller_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  check_controller_spec(object["spec"], old["spec"], errors);
}

// ---- daemon sets

constexpr std::string_view kTemplateGeneration = "deprecated.daemonset.template.generation";

void set_template_generation(NodeRef object, std::int64_t generation) {
  object.ensure_map("metadata").ensure_map("annotations").set(
      kTemplateGeneration, std::string_view(std::to_string(generation)));
}

std::int64_t template_generation(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void prepare_daemon_set(const RuleContext&, NodeRef object) {
  const std::string_view sent = object["metadata"]["annotations"][kTemplateGeneration].as_string();
  set_template_generation(object, std::max<std::int64_t>(1, template_generation(sent)));
}

// The template's own generation lives in an annotation since apps/v1; clients cannot set it.
void prepare_daemon_set_update(const RuleContext&, NodeRef object, Value old) {
  const std::string_view before = old["metadata"]["annotations"][kTemplateGeneration].as_string();
  const bool changed = !same(object["spec"]["template"], old["spec"]["template"]);
  set_template_generation(object, template_generation(before) + (changed ? 1 : 0));
}

void prepare_daemon_set_status(const RuleContext&, NodeRef object, Value old) {
  const std::string_view before = old["metadata"]["annotations"][kTemplateGeneration].as_string();
  set_template_generation(object, template_generation(before));
}

void check_rolling_daemon_set(Value rolling, const FieldPath& path, FieldErrors& errors) {
  const Value unavailable = rolling["maxUnavailable"];
  const Value surge = rolling["maxSurge"];
  check_int_or_percent(unavailable, path.child("maxUnavailable"), errors);
  check_int_or_percent(surge, path.child("maxSurge"), errors);
  const bool has_unavailable = int_or_percent(unavailable) != 0;
  const bool has_surge = int_or_percent(surge) != 0;
  if (has_unavailable && has_surge) {
    invalid_int_or_string(surge, path.child("maxSurge"), errors,
                          "may not be set when maxUnavailable is non-zero");
  } else if (!has_unavailable && !has_surge) {
    errors.required(path.child("maxUnavailable"), "cannot be 0 when maxSurge is 0");
  }
  at_most_100_percent(unavailable, path.child("maxUnavailable"), errors);
  at_most_100_percent(surge, path.child("maxSurge"), errors);
}

void check_daemon_set_strategy(Value strategy, const FieldPath& path, FieldErrors& errors) {
  const std::string_view type = strategy["type"].as_string();
  if (type == "OnDelete") return;
  if (type == "RollingUpdate") {
    const Value rolling = strategy["rollingUpdate"];
    if (given(rolling)) check_rolling_daemon_set(rolling, path.child("rollingUpdate"), errors);
    else errors.required(path.child("rollingUpdate"));
    return;
  }
  not_supported(errors, path, strategy, {"RollingUpdate", "OnDelete"});
}

void check_daemon_set_spec(Value spec, Value old_spec, FieldErrors& errors) {
  const FieldPath path("spec");
  const Value selector = spec["selector"];
  const Value pod_template = spec["template"];
  const FieldPath template_path = path.child("template");
  check_label_selector(selector, path.child("selector"), errors);
  if (is_valid_selector(selector)) {
    check_template_labels(pod_template,
                          selector_matches(selector, pod_template["metadata"]["labels"]),
                          template_path, errors);
  }
  if (given(selector) && is_empty_selector(selector)) {
    errors.invalid(path.child("selector"), selector, "empty selector is invalid for daemonset");
  }
  check_workload_template(pod_template, old_spec["template"], "DaemonSet", template_path, errors);
  non_negative(spec, "minReadySeconds", path, errors);
  check_daemon_set_strategy(spec["updateStrategy"], path.child("updateStrategy"), errors);
  non_negative(spec, "revisionHistoryLimit", path, errors);
}

void validate_daemon_set(const RuleContext&, Value object, FieldErrors& errors) {
  check_daemon_set_spec(object["spec"], {}, errors);
}

void validate_daemon_set_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  immutable(object["spec"], old["spec"], "selector", FieldPath("spec"), errors);
  check_daemon_set_spec(object["spec"], old["spec"], errors);
}

void validate_daemon_set_status(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  const FieldPath path("status");
  for (const char* field :
       {"currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady",
        "observedGeneration", "updatedNumberScheduled", "numberAvailable", "numberUnavailable",
        "collisionCount"}) {
    non_negative(object["status"], field, path, errors);
  }
  check_collision_count(object, old, errors);
}

}  // namespace

constinit const KindRules kDeploymentRules = {
    .group = "apps",
    .resource = "deployments",
    .generation = Generation::OnSpecChange,
    .generation_also = "annotations",
    .prepare_status = prepare_deployment_status,
    .validate = validate_deployment,
    .validate_update = validate_deployment_update,
    .validate_status = validate_deployment_status,
    .warn = warn_workload,
};

constinit const KindRules kReplicaSetRules = {
    .group = "apps",
    .resource = "replicasets",
    .generation = Generation::OnSpecChange,
    .validate = validate_replica_set,
    .validate_update = validate_replica_set_update,
    .validate_status = validate_replica_set_status,
    .warn = warn_workload,
};

constinit const KindRules kReplicationControllerRules = {
    .group = "",
    .resource = "replicationcontrollers",
    .generation = Generation::OnSpecChange,
    .propagation = DefaultPropagation::Orphan,
    .validate = validate_controller,
    .validate_update = validate_controller_update,
    .validate_status = validate_replica_set_status,
    .warn = warn_workload,
};

constinit const KindRules kDaemonSetRules = {
    .group = "apps",
    .resource = "daemonsets",
    .generation = Generation::OnSpecChange,
    .prepare_create = prepare_daemon_set,
    .prepare_update = prepare_daemon_set_update,
    .prepare_status = prepare_daemon_set_status,
    .validate = validate_daemon_set,
    .validate_update = validate_daemon_set_update,
    .validate_status = validate_daemon_set_status,
    .warn = warn_template,
};

}  // namespace knarr::apiserver::kinds
