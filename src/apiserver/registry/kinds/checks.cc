// SPDX-License-Identifier: Apache-2.0
#include "apiserver/registry/kinds/checks.h"

#include "object/equality.h"
#include "schema/ip_text.h"
#include "schema/metadata_validation.h"

#include <fmt/format.h>

#include <algorithm>

namespace knarr::apiserver::kinds {

namespace {

using object::Kind;

bool is_nothing(Value value) {
  return !given(value) || ((value.is_list() || value.is_map()) && value.empty());
}

// A draft may hold zero values that its normal form leaves out.
bool is_nothing(NodeRef node) {
  if (!given(node)) return true;
  if (node.is_list() || node.is_map()) return node.empty();
  if (node.is_string()) return node.as_string().empty();
  if (node.is_bool()) return !node.as_bool();
  return node.is_int() && node.as_int() == 0;
}

template <typename A>
bool same_values(A a, Value b) {
  if constexpr (std::is_same_v<A, Value>) {
    if (is_nothing(a) || is_nothing(b)) return is_nothing(a) && is_nothing(b);
  } else {
    if (is_nothing(a)) return is_nothing(b) || b.as_string("x").empty() || b.kind() == Kind::Bool || (b.is_int() && b.as_int() == 0);
    if (is_nothing(b)) return false;
  }
  if (a.is_map() && b.is_map()) {
    for (auto entry : a.entries()) {
      if (!same_values(entry.value, b[entry.key])) return false;
    }
    for (auto entry : b.entries()) {
      if (!is_nothing(entry.value) && !a[entry.key].exists()) return false;
    }
    return true;
  }
  if (a.is_list() && b.is_list()) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!same_values(a.at(i), b.at(i))) return false;
    }
    return true;
  }
  if constexpr (std::is_same_v<A, Value>) return object::equal(a, b);
  else return object::equal(b, a);
}

bool holds(Value list, std::string_view text) {
  for (const Value item : list.items()) {
    if (item.as_string() == text) return true;
  }
  return false;
}

bool is_percent(Value value) {
  return value.is_string() && schema::check_percent(value.as_string()).empty();
}

}  // namespace

bool same(Value a, Value b) { return same_values(a, b); }
bool same(NodeRef a, Value b) { return same_values(a, b); }

void invalid_bare(FieldErrors& errors, const FieldPath& path, std::string_view detail) {
  errors.append(Cause{"FieldValueInvalid", path.text(), fmt::format("Invalid value: {}", detail)});
}

void not_supported(FieldErrors& errors, const FieldPath& path, Value value,
                   std::initializer_list<std::string_view> supported) {
  std::string text = fmt::format("Unsupported value: {}: supported values: ",
                                 schema::print_value(value));
  bool first = true;
  for (const std::string_view one : supported) {
    fmt::format_to(std::back_inserter(text), "{}{}", first ? "" : ", ", schema::go_quote(one));
    first = false;
  }
  errors.append(Cause{"FieldValueNotSupported", path.text(), std::move(text)});
}

void complain(FieldErrors& errors, const FieldPath& path, std::string_view value,
              const schema::Complaints& complaints) {
  for (const std::string& text : complaints) errors.invalid(path, value, text);
}

void at_least(Value parent, std::string_view name, std::int64_t least, const FieldPath& path,
              FieldErrors& errors) {
  const Value value = parent[name];
  if (!given(value) || value.as_int() >= least) return;
  errors.invalid(path.child(name), value.as_int(),
                 fmt::format("must be greater than or equal to {}", least));
}

void non_negative(Value parent, std::string_view name, const FieldPath& path, FieldErrors& errors) {
  at_least(parent, name, 0, path, errors);
}

void require(Value parent, std::string_view name, const FieldPath& path, FieldErrors& errors,
             std::string_view detail) {
  const Value value = parent[name];
  const bool missing = !given(value) || (value.is_string() && value.as_string().empty()) ||
                       ((value.is_list() || value.is_map()) && value.empty());
  if (missing) errors.required(path.child(name), detail);
}

void one_of(Value parent, std::string_view name, std::initializer_list<std::string_view> supported,
            const FieldPath& path, FieldErrors& errors, bool optional) {
  const std::string_view value = parent[name].as_string();
  if (value.empty()) {
    if (!optional) errors.required(path.child(name));
    return;
  }
  if (std::ranges::find(supported, value) == supported.end()) {
    errors.not_supported(path.child(name), value, supported);
  }
}

void immutable(Value parent, Value old_parent, std::string_view name, const FieldPath& path,
               FieldErrors& errors) {
  if (same(parent[name], old_parent[name])) return;
  errors.invalid(path.child(name), parent[name], kImmutable);
}

void check_label_key(std::string_view key, const FieldPath& path, FieldErrors& errors) {
  complain(errors, path, key, schema::check_qualified_name(key));
}

void check_labels(Value labels, const FieldPath& path, FieldErrors& errors) {
  schema::validate_labels(labels, path, errors);
}

void check_annotations(Value annotations, const FieldPath& path, FieldErrors& errors) {
  schema::validate_annotations(annotations, path, errors);
}

void check_label_selector(Value selector, const FieldPath& path, FieldErrors& errors,
                          SelectorOptions options) {
  if (!given(selector)) return;
  check_labels(selector["matchLabels"], path.child("matchLabels"), errors);
  const FieldPath expressions = path.child("matchExpressions");
  std::size_t i = 0;
  for (const Value expression : selector["matchExpressions"].items()) {
    const FieldPath at = expressions.index(i++);
    const std::string_view op = expression["operator"].as_string();
    const Value values = expression["values"];
    if (op == "In" || op == "NotIn") {
      if (values.empty()) {
        errors.required(at.child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
      }
    } else if (op == "Exists" || op == "DoesNotExist") {
      if (!values.empty()) {
        errors.forbidden(at.child("values"),
                         "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      }
    } else {
      errors.invalid(at.child("operator"), op, "not a valid selector operator");
    }
    check_label_key(expression["key"].as_string(), at.child("key"), errors);
    if (options.allow_invalid_values) continue;
    const FieldPath values_path = at.child("values");
    std::size_t j = 0;
    for (const Value value : values.items()) {
      complain(errors, values_path.index(j++), value.as_string(),
               schema::check_label_value(value.as_string()));
    }
  }
}

bool is_empty_selector(Value selector) {
  return selector["matchLabels"].empty() && selector["matchExpressions"].empty();
}

bool is_valid_selector(Value selector) {
  FieldErrors errors;
  check_label_selector(selector, FieldPath(), errors);
  return errors.empty();
}

bool selector_matches(Value selector, Value labels) {
  if (!given(selector)) return false;
  for (auto entry : selector["matchLabels"].entries()) {
    const Value label = labels[entry.key];
    if (!given(label) || label.as_string() != entry.value.as_string()) return false;
  }
  for (const Value expression : selector["matchExpressions"].items()) {
    const std::string_view op = expression["operator"].as_string();
    const Value label = labels[expression["key"].as_string()];
    const bool listed = given(label) && holds(expression["values"], label.as_string());
    if (op == "In" && !listed) return false;
    if (op == "NotIn" && listed) return false;
    if (op == "Exists" && !given(label)) return false;
    if (op == "DoesNotExist" && given(label)) return false;
  }
  return true;
}

std::string print_int_or_string(Value value) { return schema::print_value(value); }

void invalid_int_or_string(Value value, const FieldPath& path, FieldErrors& errors,
                           std::string_view detail) {
  errors.invalid(path, value, detail);
}

void check_int_or_percent(Value value, const FieldPath& path, FieldErrors& errors) {
  if (value.is_string()) {
    for (const std::string& text : schema::check_percent(value.as_string())) {
      invalid_int_or_string(value, path, errors, text);
    }
  } else if (value.as_int() < 0) {
    errors.invalid(path, value.as_int(), kNotNegative);
  }
}

std::int64_t int_or_percent(Value value) {
  if (!value.is_string()) return value.as_int();
  std::int64_t number = 0;
  for (const char c : value.as_string()) {
    if (c == '%') break;
    if (c < '0' || c > '9' || number > INT32_MAX) return 0;
    number = number * 10 + (c - '0');
  }
  return number;
}

void at_most_100_percent(Value value, const FieldPath& path, FieldErrors& errors) {
  if (is_percent(value) && int_or_percent(value) > 100) {
    invalid_int_or_string(value, path, errors, "must not be greater than 100%");
  }
}

void check_domain_path(std::string_view text, const FieldPath& path, FieldErrors& errors) {
  if (text.empty()) {
    errors.required(path);
    return;
  }
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size()) {
    errors.invalid(path, text, "must be a domain-prefixed path (such as \"acme.io/foo\")");
    return;
  }
  const std::string_view domain = text.substr(0, slash);
  const std::string_view rest = text.substr(slash + 1);
  complain(errors, path, domain, schema::check_dns1123_subdomain(domain));
  constexpr std::string_view kPathBytes = "/-._~%!$&'()*+,;=:";
  const bool fine = std::ranges::all_of(rest, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kPathBytes.find(c) != std::string_view::npos;
  });
  if (fine) return;
  errors.invalid(path, rest,
                 "Invalid path (regex used for validation is "
                 "'[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')");
}

void check_segment(Value parent, std::string_view name, const FieldPath& path, FieldErrors& errors,
                   std::string_view detail) {
  const std::string_view text = parent[name].as_string();
  if (text.empty()) errors.required(path.child(name), detail);
  else complain(errors, path.child(name), text, schema::check_path_segment(text));
}

namespace {

bool is_condition_reason(std::string_view text) {
  const auto alpha = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto word = [&](char c) { return alpha(c) || (c >= '0' && c <= '9') || c == '_'; };
  if (text.empty() || !alpha(text.front()) || !word(text.back())) return false;
  return std::ranges::all_of(text, [&](char c) { return word(c) || c == ',' || c == ':'; });
}

}  // namespace

void check_conditions(Value conditions, const FieldPath& path, FieldErrors& errors) {
  constexpr std::size_t kMaxReason = 1024;
  constexpr std::size_t kMaxMessage = 32UL * 1024;
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    const Value condition = conditions.at(i);
    const FieldPath at = path.index(i);
    const std::string_view type = condition["type"].as_string();
    for (std::size_t j = 0; j < i; ++j) {
      if (conditions.at(j)["type"].as_string() != type) continue;
      errors.duplicate(at.child("type"), type);
      break;
    }
    check_label_key(type, at.child("type"), errors);
    const std::string_view status = condition["status"].as_string();
    if (status != "True" && status != "False" && status != "Unknown") {
      errors.not_supported(at.child("status"), status, {"False", "True", "Unknown"});
    }
    if (condition["observedGeneration"].as_int() < 0) {
      errors.invalid(at.child("observedGeneration"), condition["observedGeneration"].as_int(),
                     "must be greater than or equal to zero");
    }
    if (!given(condition["lastTransitionTime"])) errors.required(at.child("lastTransitionTime"));
    const std::string_view reason = condition["reason"].as_string();
    if (reason.empty()) {
      errors.required(at.child("reason"));
    } else {
      if (!is_condition_reason(reason)) {
        errors.invalid(at.child("reason"), reason,
                       schema::regex_text("a condition reason must start with alphabetic character, "
                                          "optionally followed by a string of alphanumeric "
                                          "characters or '_,:', and must end with an alphanumeric "
                                          "character or '_'",
                                          "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?",
                                          {"my_name", "MY_NAME", "MyName", "ReasonA,ReasonB",
                                           "ReasonA:ReasonB"}));
      }
      if (reason.size() > kMaxReason) errors.too_long(at.child("reason"), kMaxReason);
    }
    if (condition["message"].as_string().size() > kMaxMessage) {
      errors.too_long(at.child("message"), kMaxMessage);
    }
  }
}

void check_balancer_address(Value ingress, const FieldPath& path, FieldErrors& errors) {
  const std::string_view ip = ingress["ip"].as_string();
  if (!ip.empty()) complain(errors, path.child("ip"), ip, schema::check_ip(ip));
  const std::string_view host = ingress["hostname"].as_string();
  if (host.empty()) return;
  complain(errors, path.child("hostname"), host, schema::check_dns1123_subdomain(host));
  if (schema::parse_ip(host)) {
    errors.invalid(path.child("hostname"), host, "must be a DNS name, not an IP address");
  }
}

void keep_metadata(NodeRef object, Value old) {
  NodeRef metadata = object.ensure_map("metadata");
  for (const char* field : {"labels", "annotations", "ownerReferences", "finalizers"}) {
    const Value before = old["metadata"][field];
    if (given(before)) metadata.ensure(field).assign(before);
    else metadata.erase(field);
  }
}

void check_protocol(Value parent, const FieldPath& path, FieldErrors& errors) {
  one_of(parent, "protocol", {"SCTP", "TCP", "UDP"}, path, errors);
}

}  // namespace knarr::apiserver::kinds
