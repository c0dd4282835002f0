// SPDX-License-Identifier: Apache-2.0
// Affinity to nodes and pods, node selectors.
#include "apiserver/registry/kinds/pod_checks.h"

#include <algorithm>

namespace knarr::apiserver {

using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

namespace {

constexpr std::string_view kRequired = "requiredDuringSchedulingIgnoredDuringExecution";
constexpr std::string_view kPreferred = "preferredDuringSchedulingIgnoredDuringExecution";

void check_node_expression(Value one, bool check_values, const FieldPath& path,
                           FieldErrors& errors) {
  const std::string_view op = one["operator"].as_string();
  const Value values = one["values"];
  const FieldPath values_path = path.child("values");
  if (one_of(op, {"In", "NotIn"})) {
    if (values.empty()) {
      errors.required(values_path, "must be specified when `operator` is 'In' or 'NotIn'");
    }
  } else if (one_of(op, {"Exists", "DoesNotExist"})) {
    if (!values.empty()) {
      errors.forbidden(values_path,
                       "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    }
  } else if (one_of(op, {"Gt", "Lt"})) {
    if (values.size() != 1) {
      errors.required(values_path, "must be specified single value when `operator` is 'Lt' or 'Gt'");
    }
  } else {
    errors.invalid(path.child("operator"), op, "not a valid selector operator");
  }
  check_qualified_name(one["key"].as_string(), path.child("key"), errors);
  if (!check_values) return;
  std::size_t i = 0;
  for (const Value value : values.items()) {
    errors.invalid_each(values_path.index(i++), value.as_string(),
                        schema::check_label_value(value.as_string()));
  }
}

void check_node_field(Value one, const FieldPath& path, FieldErrors& errors) {
  const std::string_view op = one["operator"].as_string();
  const FieldPath values_path = path.child("values");
  if (!one_of(op, {"In", "NotIn"})) {
    errors.invalid(path.child("operator"), op, "not a valid selector operator");
  } else if (one["values"].size() != 1) {
    errors.required(values_path,
                    "must be only one value when `operator` is 'In' or 'NotIn' for node field "
                    "selector");
  }
  const std::string_view key = one["key"].as_string();
  if (key != "metadata.name") {
    return errors.invalid(path.child("key"), key, "not a valid field selector key");
  }
  std::size_t i = 0;
  for (const Value value : one["values"].items()) {
    check_dns_subdomain(value.as_string(), values_path.index(i++), errors);
  }
}

void check_node_term(Value term, bool check_values, const FieldPath& path, FieldErrors& errors) {
  const FieldPath expressions = path.child("matchExpressions");
  std::size_t i = 0;
  for (const Value one : term["matchExpressions"].items()) {
    check_node_expression(one, check_values, expressions.index(i++), errors);
  }
  const FieldPath fields = path.child("matchFields");
  i = 0;
  for (const Value one : term["matchFields"].items()) {
    check_node_field(one, fields.index(i++), errors);
  }
}

void check_weight(Value term, const FieldPath& path, FieldErrors& errors) {
  const std::int64_t weight = term["weight"].as_int();
  if (weight < 1 || weight > 100) {
    errors.invalid(path.child("weight"), weight, "must be in the range 1-100");
  }
}

void check_node_affinity(Value affinity, const FieldPath& path, FieldErrors& errors) {
  if (has(affinity[kRequired])) {
    check_node_selector(affinity[kRequired], path.child(kRequired), errors);
  }
  const FieldPath preferred = path.child(kPreferred);
  std::size_t i = 0;
  for (const Value term : affinity[kPreferred].items()) {
    const FieldPath at = preferred.index(i++);
    check_weight(term, at, errors);
    // Values were never checked here: objects that have odd ones exist.
    check_node_term(term["preference"], false, at.child("preference"), errors);
  }
}

void check_label_keys(Value keys, Value selector, const FieldPath& path, FieldErrors& errors) {
  if (keys.empty()) return;
  if (!has(selector)) {
    return errors.forbidden(path, "must not be specified when labelSelector is not set");
  }
  std::size_t i = 0;
  for (const Value key : keys.items()) check_qualified_name(key.as_string(), path.index(i++), errors);
}

void check_pod_term(Value term, const FieldPath& path, FieldErrors& errors) {
  const Value selector = term["labelSelector"];
  check_label_selector(selector, path.child("labelSelector"), errors);
  check_label_selector(term["namespaceSelector"], path.child("namespaceSelector"), errors);
  for (const Value space : term["namespaces"].items()) {
    check_dns_label(space.as_string(), path.child("namespace"), errors);
  }
  const Value matches = term["matchLabelKeys"];
  const Value mismatches = term["mismatchLabelKeys"];
  const FieldPath matches_path = path.child("matchLabelKeys");
  check_label_keys(matches, selector, matches_path, errors);
  check_label_keys(mismatches, selector, path.child("mismatchLabelKeys"), errors);
  std::size_t i = 0;
  for (const Value key : matches.items()) {
    const FieldPath at = matches_path.index(i++);
    for (const Value other : mismatches.items()) {
      if (other.as_string() != key.as_string()) continue;
      errors.invalid(at, key.as_string(), "exists in both matchLabelKeys and mismatchLabelKeys");
      break;
    }
  }
  const std::string_view topology = term["topologyKey"].as_string();
  if (topology.empty()) errors.required(path.child("topologyKey"), "can not be empty");
  check_qualified_name(topology, path.child("topologyKey"), errors);
}

void check_pod_terms(Value affinity, const FieldPath& path, FieldErrors& errors) {
  const FieldPath required = path.child(kRequired);
  std::size_t i = 0;
  for (const Value term : affinity[kRequired].items()) {
    check_pod_term(term, required.index(i++), errors);
  }
  const FieldPath preferred = path.child(kPreferred);
  i = 0;
  for (const Value term : affinity[kPreferred].items()) {
    const FieldPath at = preferred.index(i++);
    check_weight(term, at, errors);
    check_pod_term(term["podAffinityTerm"], at.child("podAffinityTerm"), errors);
  }
}

}  // namespace

void check_node_selector(Value selector, const FieldPath& path, FieldErrors& errors) {
  const FieldPath terms = path.child("nodeSelectorTerms");
  if (selector["nodeSelectorTerms"].empty()) {
    errors.required(terms, "must have at least one node selector term");
  }
  std::size_t i = 0;
  for (const Value term : selector["nodeSelectorTerms"].items()) {
    check_node_term(term, true, terms.index(i++), errors);
  }
}

void check_affinity(Value affinity, const FieldPath& path, FieldErrors& errors) {
  if (!has(affinity)) return;
  check_node_affinity(affinity["nodeAffinity"], path.child("nodeAffinity"), errors);
  check_pod_terms(affinity["podAffinity"], path.child("podAffinity"), errors);
  check_pod_terms(affinity["podAntiAffinity"], path.child("podAntiAffinity"), errors);
}

}  // namespace knarr::apiserver
