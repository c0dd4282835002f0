// SPDX-License-Identifier: Apache-2.0
// Horizontal pod autoscalers, in their version v2. Source: k8s.io/kubernetes
// pkg/apis/autoscaling/validation of 1.36.
#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/checks.h"
#include "object/quantity.h"

#include <fmt/format.h>

#include <algorithm>

namespace knarr::apiserver::kinds {

namespace {

constexpr std::int64_t kMaxWindowSeconds = 3600;
constexpr std::int64_t kMaxPeriodSeconds = 1800;

bool is_positive(Value quantity) {
  return object::Quantity::of(quantity.as_string()).sign() > 0;
}

void check_reference(Value reference, const FieldPath& path, FieldErrors& errors,
                     bool check_version) {
  check_segment(reference, "kind", path, errors);
  check_segment(reference, "name", path, errors);
  const std::string_view version = reference["apiVersion"].as_string();
  if (!check_version) return;
  const FieldPath at = path.child("apiVersion");
  const auto slashes = std::ranges::count(version, '/');
  if (slashes > 1) {
    errors.invalid(at, version, fmt::format("unexpected GroupVersion string: {}", version));
  } else if (slashes == 0 && reference["kind"].as_string() != "ReplicationController") {
    errors.invalid(at, version, "apiVersion must specify API group");
  }
}

void check_target(Value target, const FieldPath& path, FieldErrors& errors) {
  const std::string_view type = target["type"].as_string();
  if (type.empty()) {
    errors.required(path.child("type"), "must specify a metric target type");
  }
  if (type != "Utilization" && type != "Value" && type != "AverageValue") {
    errors.invalid(path.child("type"), type, "must be either Utilization, Value, or AverageValue");
  }
  for (const char* field : {"value", "averageValue"}) {
    const Value value = target[field];
    if (given(value) && !is_positive(value)) {
      errors.invalid(path.child(field), value, "must be positive");
    }
  }
  const Value utilization = target["averageUtilization"];
  if (given(utilization) && utilization.as_int() < 1) {
    errors.invalid(path.child("averageUtilization"), utilization.as_int(),
                   "must be greater than 0");
  }
}

void check_identifier(Value source, const FieldPath& path, FieldErrors& errors) {
  check_segment(source["metric"], "name", path.child("metric"), errors,
                "must specify a metric name");
}

// Resource and ContainerResource: either a raw value or a utilization.
void check_resource_target(Value source, const FieldPath& path, FieldErrors& errors) {
  const Value target = source["target"];
  const FieldPath at = path.child("target");
  check_target(target, at, errors);
  const bool raw = given(target["averageValue"]);
  const bool utilization = given(target["averageUtilization"]);
  if (!raw && !utilization) {
    errors.required(at.child("averageUtilization"),
                    "must set either a target raw value or a target utilization");
  }
  if (raw && utilization) {
    errors.forbidden(at.child("averageValue"),
                     "may not set both a target raw value and a target utilization");
  }
}

void check_source(std::string_view kind, Value source, const FieldPath& path,
                  FieldErrors& errors) {
  const Value target = source["target"];
  const FieldPath target_path = path.child("target");
  const bool has_value = given(target["value"]);
  const bool has_average = given(target["averageValue"]);
  if (kind == "object") {
    check_reference(source["describedObject"], path.child("describedObject"), errors, false);
    check_identifier(source, path, errors);
    check_target(target, target_path, errors);
    if (!has_value && !has_average) {
      errors.required(target_path.child("averageValue"),
                      "must set either a target value or averageValue");
    }
  } else if (kind == "external") {
    check_identifier(source, path, errors);
    check_target(target, target_path, errors);
    if (!has_value && !has_average) {
      errors.required(target_path.child("averageValue"),
                      "must set either a target value for metric or a per-pod target");
    }
    if (has_value && has_average) {
      errors.forbidden(target_path.child("value"),
                       "may not set both a target value for metric and a per-pod target");
    }
  } else if (kind == "pods") {
    check_identifier(source, path, errors);
    check_target(target, target_path, errors);
    if (!has_average || !is_positive(target["averageValue"])) {
      errors.required(target_path.child("averageValue"),
                      "must specify a positive target averageValue");
    }
  } else {
    if (source["name"].as_string().empty()) {
      errors.required(path.child("name"), "must specify a resource name");
    }
    if (kind == "containerResource") {
      const std::string_view container = source["container"].as_string();
      if (container.empty()) {
        errors.required(path.child("container"), "must specify a container");
      } else {
        complain(errors, path.child("container"), container,
                 schema::check_dns1123_label(container));
      }
    }
    check_resource_target(source, path, errors);
  }
}

void check_metric(Value metric, const FieldPath& path, FieldErrors& errors) {
  struct Source {
    std::string_view type;
    std::string_view field;
  };
  static constexpr Source kSources[] = {{"Object", "object"},
                                        {"External", "external"},
                                        {"Pods", "pods"},
                                        {"Resource", "resource"},
                                        {"ContainerResource", "containerResource"}};
  const std::string_view type = metric["type"].as_string();
  std::string_view expected;
  for (const Source& source : kSources) {
    if (source.type == type) expected = source.field;
  }
  if (type.empty()) errors.required(path.child("type"), "must specify a metric source type");
  if (expected.empty()) {
    errors.not_supported(path.child("type"), type,
                         {"ContainerResource", "External", "Object", "Pods", "Resource"});
  }
  std::size_t present = 0;
  for (const Source& source : kSources) {
    if (!given(metric[source.field])) continue;
    if (++present == 1) {
      check_source(source.field, metric[source.field], path.child(source.field), errors);
    }
  }
  if (!expected.empty() && !given(metric[expected])) {
    errors.required(path.child(expected),
                    "must populate information for the given metric source");
  }
  if (present == 1) return;
  for (const Source& source : kSources) {
    if (source.field == expected || !given(metric[source.field])) continue;
    errors.forbidden(path.child(source.field), "must populate the given metric source only");
  }
}

void check_metrics(Value spec, const FieldPath& parent, FieldErrors& errors) {
  const FieldPath path = parent.child("metrics");
  bool may_be_zero = false;
  std::size_t i = 0;
  for (const Value metric : spec["metrics"].items()) {
    check_metric(metric, path.index(i++), errors);
    const std::string_view type = metric["type"].as_string();
    may_be_zero = may_be_zero || type == "Object" || type == "External";
  }
  const Value least = spec["minReplicas"];
  if (given(least) && least.as_int() == 0 && !may_be_zero) {
    errors.forbidden(path,
                     "must specify at least one Object or External metric to support scaling to "
                     "zero replicas");
  }
}

void check_at_most(Value value, std::int64_t most, const FieldPath& path, FieldErrors& errors) {
  if (value.as_int() > most) {
    errors.invalid(path, value.as_int(), fmt::format("must be less than or equal to {}", most));
  }
}

void check_scaling_rules(Value rules, const FieldPath& path, FieldErrors& errors) {
  if (!given(rules)) return;
  const Value window = rules["stabilizationWindowSeconds"];
  const FieldPath window_path = path.child("stabilizationWindowSeconds");
  if (given(window) && window.as_int() < 0) {
    errors.invalid(window_path, window.as_int(), "must be greater than or equal to zero");
  }
  check_at_most(window, kMaxWindowSeconds, window_path, errors);
  if (given(rules["selectPolicy"])) {
    const std::string_view policy = rules["selectPolicy"].as_string();
    if (policy != "Disabled" && policy != "Max" && policy != "Min") {
      errors.not_supported(path.child("selectPolicy"), policy, {"Disabled", "Max", "Min"});
    }
  }
  const Value policies = rules["policies"];
  const FieldPath list = path.child("policies");
  if (policies.empty()) errors.required(list, "must specify at least one Policy");
  std::size_t i = 0;
  for (const Value policy : policies.items()) {
    const FieldPath at = list.index(i++);
    const std::string_view type = policy["type"].as_string();
    if (type != "Percent" && type != "Pods") {
      errors.not_supported(at.child("type"), type, {"Percent", "Pods"});
    }
    for (const char* field : {"value", "periodSeconds"}) {
      if (policy[field].as_int() <= 0) {
        errors.invalid(at.child(field), policy[field].as_int(), "must be greater than zero");
      }
    }
    check_at_most(policy["periodSeconds"], kMaxPeriodSeconds, at.child("periodSeconds"), errors);
  }
  const Value tolerance = rules["tolerance"];
  if (given(tolerance) && object::Quantity::of(tolerance.as_string()).sign() < 0) {
    errors.invalid(path.child("tolerance"), tolerance, kNotNegative);
  }
}

void check_spec(Value spec, FieldErrors& errors) {
  const FieldPath path("spec");
  const Value least = spec["minReplicas"];
  const std::int64_t most = spec["maxReplicas"].as_int();
  at_least(spec, "minReplicas", 1, path, errors);
  const FieldPath most_path = path.child("maxReplicas");
  if (most == 0) errors.required(most_path, "must be set and greater than 0");
  else if (most < 1) errors.invalid(most_path, most, "must be greater than or equal to 1");
  if (given(least) && most < least.as_int()) {
    errors.invalid(most_path, most, "must be greater than or equal to `minReplicas`");
  }
  check_reference(spec["scaleTargetRef"], path.child("scaleTargetRef"), errors, true);
  check_metrics(spec, path, errors);
  const FieldPath behavior = path.child("behavior");
  check_scaling_rules(spec["behavior"]["scaleUp"], behavior.child("scaleUp"), errors);
  check_scaling_rules(spec["behavior"]["scaleDown"], behavior.child("scaleDown"), errors);
}

void validate(const RuleContext&, Value object, FieldErrors& errors) {
  check_spec(object["spec"], errors);
}

void validate_update(const RuleContext&, Value object, Value, FieldErrors& errors) {
  check_spec(object["spec"], errors);
}

void validate_status(const RuleContext&, Value object, Value, FieldErrors& errors) {
  const FieldPath path("status");
  non_negative(object["status"], "currentReplicas", path, errors);
  non_negative(object["status"], "desiredReplicas", path, errors);
}

}  // namespace

constinit const KindRules kHorizontalPodAutoscalerRules = {
    .group = "autoscaling",
    .resource = "horizontalpodautoscalers",
    .validate = validate,
    .validate_update = validate_update,
    .validate_status = validate_status,
};

}  // namespace knarr::apiserver::kinds
