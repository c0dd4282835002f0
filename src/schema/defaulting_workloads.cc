// SPDX-License-Identifier: Apache-2.0
// Defaults of apps, batch and autoscaling that depend on other fields.
#include "schema/defaulting_hooks.h"

#include <limits>

namespace knarr::schema::defaulting {

using object::NodeRef;

namespace {

// RollingUpdate is the default strategy everywhere.
bool rolls(NodeRef strategy) {
  const std::string_view type = strategy["type"].as_string();
  return type.empty() || type == "RollingUpdate";
}

void deployment(NodeRef object, const Context& /*context*/) {
  NodeRef strategy = object.ensure_map("spec").ensure_map("strategy");
  if (!rolls(strategy)) return;
  fill_empty(strategy, "type", "RollingUpdate");
  NodeRef rolling = strategy.ensure_map("rollingUpdate");
  fill(rolling, "maxUnavailable", "25%");
  fill(rolling, "maxSurge", "25%");
}

void daemon_set(NodeRef object, const Context& /*context*/) {
  // An internal number that is shown as an annotation and therefore always there.
  fill(object.ensure_map("metadata").ensure_map("annotations"),
       "deprecated.daemonset.template.generation", "0");
  NodeRef strategy = object.ensure_map("spec").ensure_map("updateStrategy");
  if (!rolls(strategy)) {
    // Sent in vain, but it reads back with both numbers.
    if (NodeRef vain = strategy["rollingUpdate"]; vain.is_map()) {
      fill(vain, "maxUnavailable", 0);
      fill(vain, "maxSurge", 0);
    }
    return;
  }
  fill_empty(strategy, "type", "RollingUpdate");
  NodeRef rolling = strategy.ensure_map("rollingUpdate");
  fill(rolling, "maxUnavailable", 1);
  fill(rolling, "maxSurge", 0);
}

void stateful_set(NodeRef object, const Context& /*context*/) {
  NodeRef spec = object.ensure_map("spec");
  NodeRef strategy = spec.ensure_map("updateStrategy");
  // The object for partition is made only with the type: a client that names the type alone gets
  // no rollingUpdate.
  if (is_empty(strategy["type"])) {
    strategy.set("type", "RollingUpdate");
    strategy.ensure_map("rollingUpdate");
  }
  if (strategy["type"].as_string() == "RollingUpdate" && strategy["rollingUpdate"].is_map()) {
    fill(strategy["rollingUpdate"], "partition", 0);
  }
  NodeRef retention = spec.ensure_map("persistentVolumeClaimRetentionPolicy");
  fill_empty(retention, "whenDeleted", "Retain");
  fill_empty(retention, "whenScaled", "Retain");
  for (NodeRef claim : spec["volumeClaimTemplates"].items()) {  // Written out whatever was sent.
    claim.set("kind", "PersistentVolumeClaim");
    claim.set("apiVersion", "v1");
  }
}

void job(NodeRef object, const Context& /*context*/) {
  NodeRef spec = object.ensure_map("spec");
  if (is_unset(spec["completions"]) && is_unset(spec["parallelism"])) spec.set("completions", 1);
  fill(spec, "parallelism", 1);
  const bool per_index = !is_unset(spec["backoffLimitPerIndex"]);
  fill(spec, "backoffLimit", per_index ? std::numeric_limits<std::int32_t>::max() : 6);
  const NodeRef labels = spec["template"]["metadata"]["labels"];
  NodeRef metadata = object.ensure_map("metadata");
  if (!is_empty(labels) && is_empty(metadata["labels"])) metadata.ensure("labels").assign(labels);
  fill(spec, "completionMode", "NonIndexed");
  fill(spec, "suspend", false);
  const bool has_policy = !is_unset(spec["podFailurePolicy"]);
  fill(spec, "podReplacementPolicy", has_policy ? "Failed" : "TerminatingOrFailed");
  fill(spec, "manualSelector", false);
}

void add_policy(NodeRef policies, const char* type, int value) {
  NodeRef policy = policies.append();
  policy.set("type", type);
  policy.set("value", value);
  policy.set("periodSeconds", 15);
}

void autoscaler(NodeRef object, const Context& /*context*/) {
  NodeRef behavior = object["spec"]["behavior"];
  if (!behavior.is_map()) return;
  NodeRef up = behavior.ensure_map("scaleUp");
  fill(up, "stabilizationWindowSeconds", 0);
  fill(up, "selectPolicy", "Max");
  if (is_unset(up["policies"])) {
    NodeRef policies = up.ensure_list("policies");
    add_policy(policies, "Pods", 4);
    add_policy(policies, "Percent", 100);
  }
  NodeRef down = behavior.ensure_map("scaleDown");
  fill(down, "selectPolicy", "Max");
  if (is_unset(down["policies"])) add_policy(down.ensure_list("policies"), "Percent", 100);
}

constexpr NamedHook kHooks[] = {
    {"apps/v1.Deployment", deployment},
    {"apps/v1.DaemonSet", daemon_set},
    {"apps/v1.StatefulSet", stateful_set},
    {"batch/v1.Job", job},
    {"autoscaling/v2.HorizontalPodAutoscaler", autoscaler},
};

}  // namespace

std::span<const NamedHook> workload_hooks() { return kHooks; }

}  // namespace knarr::schema::defaulting
