// SPDX-License-Identifier: Apache-2.0
// What else guides the scheduler: tolerations, spreading, gates, preemption.
#include "apiserver/registry/kinds/pod_checks.h"

#include <fmt/format.h>

#include <set>

namespace knarr::apiserver {

using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

namespace {

std::string joined(const schema::Complaints& complaints) {
  return fmt::format("{}", fmt::join(complaints, ";"));
}

void check_toleration_value(Value toleration, const FieldPath& path, FieldErrors& errors) {
  const std::string_view op = toleration["operator"].as_string();
  const std::string_view value = toleration["value"].as_string();
  if (op.empty() || op == "Equal") {
    const schema::Complaints problems = schema::check_label_value(value);
    if (!problems.empty()) errors.invalid(path, value, joined(problems));
  } else if (op == "Exists") {
    if (!value.empty()) {
      errors.invalid(path, value, "value must be empty when `operator` is 'Exists'");
    }
  } else if (one_of(op, {"Lt", "Gt"})) {  // Their gate is off.
    errors.not_supported(path, op, {"Equal", "Exists", "Lt", "Gt"});
  } else {
    errors.not_supported(path, op, {"Equal", "Exists"});
  }
}

void check_min_domains(Value constraint, const FieldPath& path, FieldErrors& errors) {
  const Value least = constraint["minDomains"];
  if (!has(least)) return;
  if (least.as_int() <= 0) errors.invalid(path, least.as_int(), "must be greater than zero");
  const std::string_view when = constraint["whenUnsatisfiable"].as_string();
  if (when == "DoNotSchedule") return;
  errors.invalid(path, least.as_int(),
                 fmt::format("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {}",
                             when));
}

void check_spread_keys(Value constraint, const FieldPath& path, FieldErrors& errors) {
  const Value keys = constraint["matchLabelKeys"];
  if (keys.empty()) return;
  if (!has(constraint["labelSelector"])) {
    return errors.forbidden(path, "must not be specified when labelSelector is not set");
  }
  std::size_t i = 0;
  for (const Value key : keys.items()) check_qualified_name(key.as_string(), path.index(i++), errors);
}

// Is the same kind of spreading asked for again, further down?
bool repeated(Value constraints, std::size_t index) {
  const Value one = constraints.at(index);
  for (std::size_t i = index + 1; i < constraints.size(); ++i) {
    const Value other = constraints.at(i);
    if (one["topologyKey"].as_string() == other["topologyKey"].as_string() &&
        one["whenUnsatisfiable"].as_string() == other["whenUnsatisfiable"].as_string()) {
      return true;
    }
  }
  return false;
}

}  // namespace

void check_tolerations(Value tolerations, const FieldPath& path, FieldErrors& errors) {
  std::size_t i = 0;
  for (const Value toleration : tolerations.items()) {
    const FieldPath at = path.index(i++);
    const std::string_view key = toleration["key"].as_string();
    const std::string_view effect = toleration["effect"].as_string();
    if (!key.empty()) {
      check_qualified_name(key, at.child("key"), errors);
    } else if (toleration["operator"].as_string() != "Exists") {
      errors.invalid(at.child("operator"), toleration["operator"].as_string(),
                     "operator must be Exists when `key` is empty, which means \"match all values "
                     "and all keys\"");
    }
    if (has(toleration["tolerationSeconds"]) && effect != "NoExecute") {
      errors.invalid(at.child("effect"), effect,
                     "effect must be 'NoExecute' when `tolerationSeconds` is set");
    }
    check_toleration_value(toleration, at.child("operator"), errors);
    if (!effect.empty()) {
      check_choice(effect, at.child("effect"), errors,
                   {"NoSchedule", "PreferNoSchedule", "NoExecute"});
    }
  }
}

void check_topology_spread(Value constraints, const FieldPath& path, FieldErrors& errors) {
  for (std::size_t i = 0; i < constraints.size(); ++i) {
    const Value one = constraints.at(i);
    const FieldPath at = path.index(i);
    if (one["maxSkew"].as_int() <= 0) {
      errors.invalid(at.child("maxSkew"), one["maxSkew"].as_int(), "must be greater than zero");
    }
    const std::string_view topology = one["topologyKey"].as_string();
    if (topology.empty()) errors.required(at.child("topologyKey"), "can not be empty");
    const std::string_view when = one["whenUnsatisfiable"].as_string();
    check_choice(when, at.child("whenUnsatisfiable"), errors, {"DoNotSchedule", "ScheduleAnyway"});
    if (repeated(constraints, i)) {
      errors.duplicate(at.child("{topologyKey, whenUnsatisfiable}"),
                       fmt::format("{{{}, {}}}", topology, when));
    }
    check_min_domains(one, at.child("minDomains"), errors);
    for (const std::string_view policy : {"nodeAffinityPolicy", "nodeTaintsPolicy"}) {
      if (has(one[policy])) {
        check_choice(one[policy].as_string(), at.child(policy), errors, {"Honor", "Ignore"});
      }
    }
    check_spread_keys(one, at.child("matchLabelKeys"), errors);
    check_label_selector(one["labelSelector"], at.child("labelSelector"), errors);
  }
}

void check_readiness_gates(Value gates, const FieldPath& path, FieldErrors& errors) {
  std::size_t i = 0;
  for (const Value gate : gates.items()) {
    const FieldPath at = path.index(i++);
    check_qualified_name(gate["conditionType"].as_string(), at.child("conditionType"), errors);
  }
}

void check_scheduling_gates(Value gates, const FieldPath& path, FieldErrors& errors) {
  std::set<std::string_view> seen;
  std::size_t i = 0;
  for (const Value gate : gates.items()) {
    const FieldPath at = path.index(i++);
    const std::string_view name = gate["name"].as_string();
    check_qualified_name(name, at, errors);
    if (!seen.insert(name).second) errors.duplicate(at, name);
  }
}

void check_preemption_policy(std::string_view policy, const FieldPath& path, FieldErrors& errors) {
  if (policy.empty()) errors.required(path);
  else check_choice(policy, path, errors, {"PreemptLowerPriority", "Never"});
}

}  // namespace knarr::apiserver
