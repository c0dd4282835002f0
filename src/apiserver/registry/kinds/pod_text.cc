// SPDX-License-Identifier: Apache-2.0
#include "apiserver/registry/kinds/pod_text.h"

#include "schema/metadata_validation.h"

#include <algorithm>

namespace knarr::apiserver {

using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

void check_port_number(std::int64_t port, const FieldPath& path, FieldErrors& errors) {
  for (const std::string& problem : schema::check_port_number(port)) {
    errors.invalid(path, port, problem);
  }
}

void check_port(Value port, const FieldPath& path, FieldErrors& errors) {
  if (!port.is_string()) return check_port_number(port.as_int(), path, errors);
  errors.invalid_each(path, port.as_string(), schema::check_port_name(port.as_string()));
}

void check_not_negative(std::int64_t number, const FieldPath& path, FieldErrors& errors) {
  if (number < 0) errors.invalid(path, number, "must be greater than or equal to 0");
}

void check_id(std::int64_t id, const FieldPath& path, FieldErrors& errors) {
  for (const std::string& problem : schema::check_user_id(id)) errors.invalid(path, id, problem);
}

void check_choice(std::string_view text, const FieldPath& path, FieldErrors& errors,
                  std::initializer_list<std::string_view> choices) {
  if (!one_of(text, choices)) errors.not_supported(path, text, choices);
}

bool has_backstep(std::string_view path) {
  while (true) {
    const std::size_t slash = path.find('/');
    if (path.substr(0, slash) == "..") return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
}

void check_no_backsteps(std::string_view text, const FieldPath& path, FieldErrors& errors) {
  if (has_backstep(text)) errors.invalid(path, text, "must not contain '..'");
}

void check_descending_path(std::string_view text, const FieldPath& path, FieldErrors& errors) {
  if (text.starts_with('/')) errors.invalid(path, text, "must be a relative path");
  check_no_backsteps(text, path, errors);
}

void check_local_path(std::string_view text, const FieldPath& path, FieldErrors& errors) {
  check_descending_path(text, path, errors);
  // "../x" is told once, as a backstep.
  if (text.starts_with("..") && !text.starts_with("../")) {
    errors.invalid(path, text, "must not start with '..'");
  }
}

void check_label_selector(Value selector, const FieldPath& path, FieldErrors& errors, bool values) {
  if (!has(selector)) return;
  schema::validate_labels(selector["matchLabels"], path.child("matchLabels"), errors);
  const FieldPath list = path.child("matchExpressions");
  std::size_t i = 0;
  for (const Value one : selector["matchExpressions"].items()) {
    const FieldPath at = list.index(i++);
    const std::string_view op = one["operator"].as_string();
    const FieldPath values_path = at.child("values");
    if (op == "In" || op == "NotIn") {
      if (one["values"].empty()) {
        errors.required(values_path, "must be specified when `operator` is 'In' or 'NotIn'");
      }
    } else if (op == "Exists" || op == "DoesNotExist") {
      if (!one["values"].empty()) {
        errors.forbidden(values_path,
                         "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      }
    } else {
      errors.invalid(at.child("operator"), op, "not a valid selector operator");
    }
    check_qualified_name(one["key"].as_string(), at.child("key"), errors);
    if (!values) continue;
    std::size_t v = 0;
    for (const Value value : one["values"].items()) {
      errors.invalid_each(values_path.index(v++), value.as_string(),
                          schema::check_label_value(value.as_string()));
    }
  }
}

bool one_of(std::string_view text, std::initializer_list<std::string_view> choices) {
  return std::ranges::find(choices, text) != choices.end();
}

std::string_view trim_space(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace knarr::apiserver
