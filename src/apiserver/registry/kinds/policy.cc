// SPDX-License-Identifier: Apache-2.0
// Disruption budgets, leases, priority classes and runtime classes. Source: k8s.io/kubernetes
// pkg/apis/{policy,coordination,scheduling,node}/validation of 1.36.
#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/checks.h"
#include "apiserver/registry/kinds/pod_checks.h"

#include <fmt/format.h>

namespace knarr::apiserver::kinds {

namespace {

// ---- pod disruption budgets

void check_budget(Value object, FieldErrors& errors) {
  const Value spec = object["spec"];
  const FieldPath path("spec");
  const Value least = spec["minAvailable"];
  const Value most = spec["maxUnavailable"];
  if (given(least) && given(most)) {
    errors.invalid(path, spec, "minAvailable and maxUnavailable cannot be both set");
  }
  if (given(least)) {
    check_int_or_percent(least, path.child("minAvailable"), errors);
    at_most_100_percent(least, path.child("minAvailable"), errors);
  }
  if (given(most)) {
    check_int_or_percent(most, path.child("maxUnavailable"), errors);
    at_most_100_percent(most, path.child("maxUnavailable"), errors);
  }
  check_label_selector(spec["selector"], path.child("selector"), errors);
  const Value unhealthy = spec["unhealthyPodEvictionPolicy"];
  if (!given(unhealthy)) return;
  const std::string_view text = unhealthy.as_string();
  if (text != "AlwaysAllow" && text != "IfHealthyBudget") {
    errors.not_supported(path.child("unhealthyPodEvictionPolicy"), text,
                         {"AlwaysAllow", "IfHealthyBudget"});
  }
}

void validate_budget(const RuleContext&, Value object, FieldErrors& errors) {
  check_budget(object, errors);
}

void validate_budget_update(const RuleContext&, Value object, Value, FieldErrors& errors) {
  check_budget(object, errors);
}

void validate_budget_status(const RuleContext&, Value object, Value, FieldErrors& errors) {
  const Value status = object["status"];
  const FieldPath path("status");
  check_conditions(status["conditions"], path.child("conditions"), errors);
  for (const char* field :
       {"disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"}) {
    non_negative(status, field, path, errors);
  }
}

// ---- leases

void check_lease(Value object, FieldErrors& errors) {
  const Value spec = object["spec"];
  const FieldPath path("spec");
  const Value duration = spec["leaseDurationSeconds"];
  if (given(duration) && duration.as_int() <= 0) {
    errors.invalid(path.child("leaseDurationSeconds"), duration.as_int(), "must be greater than 0");
  }
  non_negative(spec, "leaseTransitions", path, errors);
}

// Both wait for a gate that is off: coordinated leader election.
void drop_coordination(NodeRef object) {
  NodeRef spec = object["spec"];
  if (!spec.is_map()) return;
  spec.erase("strategy");
  spec.erase("preferredHolder");
}

void prepare_lease(const RuleContext&, NodeRef object) { drop_coordination(object); }
void prepare_lease_update(const RuleContext&, NodeRef object, Value old) {
  if (!given(old["spec"]["strategy"])) drop_coordination(object);
}

void validate_lease(const RuleContext&, Value object, FieldErrors& errors) {
  check_lease(object, errors);
}

void validate_lease_update(const RuleContext&, Value object, Value, FieldErrors& errors) {
  check_lease(object, errors);
}

// ---- priority classes

constexpr std::int64_t kHighestUserPriority = 1'000'000'000;

// The complaint about a name with the prefix "system-", or "" for one of the two that exist.
std::string system_class_problem(Value object) {
  struct System {
    std::string_view name;
    std::int64_t value;
  };
  static constexpr System kSystem[] = {{"system-cluster-critical", 2'000'000'000},
                                       {"system-node-critical", 2'000'001'000}};
  const std::string_view name = object::name_of(object);
  for (const System& one : kSystem) {
    if (one.name != name) continue;
    if (object["value"].as_int() != one.value) {
      return fmt::format("value of {} PriorityClass must be {}", name, one.value);
    }
    if (object["globalDefault"].as_bool()) {
      return fmt::format("globalDefault of {} PriorityClass must be false", name);
    }
    return {};
  }
  return fmt::format("{} is not a known system priority class", name);
}

void check_preemption(Value object, FieldErrors& errors) {
  if (given(object["preemptionPolicy"])) {
    check_preemption_policy(object["preemptionPolicy"].as_string(), FieldPath("preemptionPolicy"),
                            errors);
  }
}

void validate_priority_class(const RuleContext&, Value object, FieldErrors& errors) {
  if (object::name_of(object).starts_with("system-")) {
    const std::string problem = system_class_problem(object);
    if (!problem.empty()) {
      errors.forbidden(FieldPath("metadata").child("name"),
                       "priority class names with 'system-' prefix are reserved for system use "
                       "only. error: " + problem);
    }
  } else if (object["value"].as_int() > kHighestUserPriority) {
    errors.forbidden(FieldPath("value"),
                     fmt::format("maximum allowed value of a user defined priority is {}",
                                 kHighestUserPriority));
  }
  check_preemption(object, errors);
}

void validate_priority_class_update(const RuleContext&, Value object, Value old,
                                    FieldErrors& errors) {
  if (object["value"].as_int() != old["value"].as_int()) {
    errors.forbidden(FieldPath("value"), "may not be changed in an update.");
  }
  if (!same(object["preemptionPolicy"], old["preemptionPolicy"])) {
    errors.invalid(FieldPath("preemptionPolicy"), object["preemptionPolicy"], kImmutable);
  }
}

// ---- runtime classes

void validate_runtime_class(const RuleContext&, Value object, FieldErrors& errors) {
  const std::string_view handler = object["handler"].as_string();
  const FieldPath handler_path("handler");
  if (handler.empty()) errors.required(handler_path);
  else complain(errors, handler_path, handler, schema::check_dns1123_label(handler));
  if (given(object["overhead"])) {
    check_overhead(object["overhead"]["podFixed"], FieldPath("overhead"), errors);
  }
  const Value scheduling = object["scheduling"];
  if (!given(scheduling)) return;
  const FieldPath path("scheduling");
  check_labels(scheduling["nodeSelector"], path.child("nodeSelector"), errors);
  const Value tolerations = scheduling["tolerations"];
  const FieldPath list = path.child("tolerations");
  check_tolerations(tolerations, list, errors);
  for (std::size_t i = 0; i < tolerations.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (!same(tolerations.at(i), tolerations.at(j))) continue;
      errors.duplicate(list.index(i), tolerations.at(i));
      break;
    }
  }
}

void validate_runtime_class_update(const RuleContext&, Value object, Value old,
                                   FieldErrors& errors) {
  if (object["handler"].as_string().empty()) errors.required(FieldPath("handler"));
  if (object["handler"].as_string() != old["handler"].as_string()) {
    errors.invalid(FieldPath("handler"), object["handler"].as_string(), kImmutable);
  }
}

}  // namespace

constinit const KindRules kPodDisruptionBudgetRules = {
    .group = "policy",
    .resource = "poddisruptionbudgets",
    .generation = Generation::OnSpecChange,
    .unconditional_update = false,
    .metadata_checked_once = true,
    .name_rule = schema::path_segment_problems,
    .validate = validate_budget,
    .validate_update = validate_budget_update,
    .validate_status = validate_budget_status,
};

constinit const KindRules kLeaseRules = {
    .group = "coordination.k8s.io",
    .resource = "leases",
    .create_on_update = true,
    .unconditional_update = false,
    .prepare_create = prepare_lease,
    .prepare_update = prepare_lease_update,
    .validate = validate_lease,
    .validate_update = validate_lease_update,
};

constinit const KindRules kPriorityClassRules = {
    .group = "scheduling.k8s.io",
    .resource = "priorityclasses",
    .generation = Generation::AtCreation,
    .validate = validate_priority_class,
    .validate_update = validate_priority_class_update,
};

constinit const KindRules kRuntimeClassRules = {
    .group = "node.k8s.io",
    .resource = "runtimeclasses",
    .create_on_update = true,
    .unconditional_update = false,
    .validate = validate_runtime_class,
    .validate_update = validate_runtime_class_update,
};

}  // namespace knarr::apiserver::kinds
