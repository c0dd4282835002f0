// SPDX-License-Identifier: Apache-2.0
// Specs of access reviews to questions.
#include "apiserver/identity/access.h"

#include "api/label_selector.h"
#include "apiserver/identity/field_terms.h"
#include "codec/json.h"
#include "schema/validation_text.h"

#include <fmt/core.h>

namespace knarr::apiserver::identity {

using api::LabelSelector;
using object::Value;
using schema::FieldErrors;
using schema::FieldPath;
namespace atom = object::atom;

namespace {

bool given(Value value) { return value.exists() && !value.is_null(); }

// Operators we do not know are for the authorizer to ignore: clients may be newer than we are.
void check_requirement(Value requirement, bool labels, const FieldPath& path, FieldErrors& errors) {
  const Value key = requirement[atom::key];
  const Value values = requirement[atom::values];
  const std::string_view op = requirement["operator"].as_string();
  if (!labels && key.as_string().empty()) errors.required(path.child("key"), "must be specified");
  if ((op == "In" || op == "NotIn") && values.empty()) {
    errors.required(path.child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
  }
  if ((op == "Exists" || op == "DoesNotExist") && !values.empty()) {
    errors.forbidden(path.child("values"),
                     "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
  }
  if (!labels) return;
  errors.invalid_each(path.child("key"), key.as_string(),
                      schema::check_qualified_name(key.as_string()));
  const FieldPath list = path.child("values");
  std::size_t i = 0;
  for (Value value : values.items()) {
    errors.invalid_each(list.index(i++), value.as_string(),
                        schema::check_label_value(value.as_string()));
  }
}

void check_selector(Value selector, bool labels, const FieldPath& path, FieldErrors& errors) {
  if (!given(selector)) return;
  const std::string_view raw = selector[atom::rawSelector].as_string();
  const Value requirements = selector[atom::requirements];
  if (!raw.empty() && !requirements.empty()) {
    errors.invalid(path.child("rawSelector"), raw,
                   "may not specified at the same time as requirements");
  }
  if (raw.empty() && requirements.empty()) {
    errors.required(path.child("requirements"),
                    fmt::format("when {} is specified, requirements or rawSelector is required",
                                path.text()));
  }
  const FieldPath list = path.child("requirements");
  std::size_t i = 0;
  for (Value requirement : requirements.items()) {
    check_requirement(requirement, labels, list.index(i++), errors);
  }
}

std::string go_text(Value non_resource) {
  std::string text = "{\"Path\":";
  codec::write_json_string(text, non_resource[atom::path].as_string());
  text += ",\"Verb\":";
  codec::write_json_string(text, non_resource[atom::verb].as_string());
  return text + "}";
}

std::vector<std::string> texts(Value list) {
  std::vector<std::string> result;
  for (Value item : list.items()) result.emplace_back(item.as_string());
  return result;
}

std::string_view operator_text(LabelSelector::Operator op) {
  using Operator = LabelSelector::Operator;
  switch (op) {
    case Operator::In:
    case Operator::Equals:
    case Operator::DoubleEquals: return "In";
    case Operator::NotIn:
    case Operator::NotEquals: return "NotIn";
    case Operator::Exists: return "Exists";
    case Operator::DoesNotExist: return "DoesNotExist";
    case Operator::GreaterThan: return "Gt";
    case Operator::LessThan: return "Lt";
  }
  return "";
}

// False when something in the selector cannot be read; what could be read stays.
bool read_fields(Value selector, auth::Attributes& attributes) {
  if (!given(selector)) return true;
  const std::string_view raw = selector[atom::rawSelector].as_string();
  if (!raw.empty()) return read_field_selector(raw, attributes);
  bool all = true;
  for (Value requirement : selector[atom::requirements].items()) {
    const std::string_view op = requirement["operator"].as_string();
    const Value values = requirement[atom::values];
    if ((op != "In" && op != "NotIn") || values.size() != 1) {
      all = false;
      continue;
    }
    attributes.field_selector.push_back({std::string(requirement[atom::key].as_string()),
                                         op == "In", std::string(values.at(0).as_string())});
  }
  return all;
}

bool read_labels(Value selector, auth::Attributes& attributes) {
  if (!given(selector)) return true;
  const std::string_view raw = selector[atom::rawSelector].as_string();
  if (!raw.empty()) return read_label_selector(raw, attributes);
  bool all = true;
  for (Value requirement : selector[atom::requirements].items()) {
    const std::string_view op = requirement["operator"].as_string();
    if (op != "In" && op != "NotIn" && op != "Exists" && op != "DoesNotExist") {
      all = false;
      continue;
    }
    attributes.label_selector.push_back({std::string(requirement[atom::key].as_string()),
                                         std::string(op), texts(requirement[atom::values])});
  }
  return all;
}

}  // namespace

bool read_field_selector(std::string_view text, auth::Attributes& attributes) {
  auto terms = parse_field_terms(text);
  if (!terms) return false;
  attributes.field_selector = std::move(*terms);
  return true;
}

bool read_label_selector(std::string_view text, auth::Attributes& attributes) {
  const auto parsed = LabelSelector::parse(text);
  if (!parsed) return false;
  for (const LabelSelector::Requirement& one : parsed->requirements()) {
    attributes.label_selector.push_back({one.key, std::string(operator_text(one.op)), one.values});
  }
  return true;
}

void check_question(Value spec, FieldErrors& errors) {
  const FieldPath path("spec");
  const Value resource = spec[atom::resourceAttributes];
  const Value other = spec[atom::nonResourceAttributes];
  if (given(resource) && given(other)) {
    errors.invalid_text(path.child("nonResourceAttributes"), go_text(other),
                        "cannot be specified in combination with resourceAttributes");
  }
  if (!given(resource) && !given(other)) {
    errors.invalid_text(path.child("resourceAttributes"), "null",
                        "exactly one of nonResourceAttributes or resourceAttributes must be "
                        "specified");
  }
}

void check_selectors(Value spec, FieldErrors& errors) {
  const FieldPath path("spec");
  const Value resource = spec[atom::resourceAttributes];
  const FieldPath attributes = path.child("resourceAttributes");
  check_selector(resource[atom::fieldSelector], false, attributes.child("fieldSelector"), errors);
  check_selector(resource[atom::labelSelector], true, attributes.child("labelSelector"), errors);
}

void check_asked_for(Value spec, FieldErrors& errors) {
  if (!spec[atom::user].as_string().empty() || !spec[atom::groups].empty()) return;
  const FieldPath path("spec");
  errors.invalid(path.child("user"), "", "at least one of user or group must be specified");
}

void check_local(Value review, FieldErrors& errors) {
  const FieldPath path("spec");
  const Value spec = review[atom::spec];
  const Value resource = spec[atom::resourceAttributes];
  const std::string_view space = resource[atom::namespace_].as_string();
  if (given(resource) && space != review[atom::metadata][atom::namespace_].as_string()) {
    const FieldPath attributes = path.child("resourceAttributes");
    errors.invalid(attributes.child("namespace"), space, "must match metadata.namespace");
  }
  const Value other = spec[atom::nonResourceAttributes];
  if (given(other)) {
    errors.invalid_text(path.child("nonResourceAttributes"), go_text(other),
                        "disallowed on this kind of request");
  }
}

void check_no_metadata(Value metadata, bool allow_namespace, FieldErrors& errors) {
  for (auto [key, atom, child] : metadata.entries()) {
    if (atom == atom::managedFields) continue;
    if (allow_namespace && atom == atom::namespace_) continue;
    errors.invalid(FieldPath("metadata"), metadata,
                   allow_namespace ? "must be empty except for namespace" : "must be empty");
    return;
  }
}

Question question_of(Value spec) {
  Question question;
  auth::Attributes& attributes = question.attributes;
  if (const Value other = spec[atom::nonResourceAttributes]; given(other)) {
    attributes.is_resource = false;
    attributes.verb = other[atom::verb].as_string();
    attributes.path = other[atom::path].as_string();
    return question;
  }
  const Value resource = spec[atom::resourceAttributes];
  attributes.verb = resource[atom::verb].as_string();
  attributes.group = resource[atom::group].as_string();
  attributes.version = resource[atom::version].as_string();
  if (attributes.version.empty()) attributes.version = "*";
  attributes.resource = resource[atom::resource].as_string();
  attributes.subresource = resource[atom::subresource].as_string();
  attributes.name = resource[atom::name].as_string();
  attributes.namespace_ = resource[atom::namespace_].as_string();
  const bool fields = read_fields(resource[atom::fieldSelector], attributes);
  const bool labels = read_labels(resource[atom::labelSelector], attributes);
  constexpr std::string_view kFields =
      "spec.resourceAttributes.fieldSelector ignored due to parse error";
  constexpr std::string_view kLabels =
      "spec.resourceAttributes.labelSelector ignored due to parse error";
  if (!fields && !labels) {
    question.error = fmt::format("[{}, {}]", kFields, kLabels);
  } else if (!fields) {
    question.error = kFields;
  } else if (!labels) {
    question.error = kLabels;
  }
  return question;
}

auth::User user_of(Value spec) {
  auth::User user;
  user.name = spec[atom::user].as_string();
  user.uid = spec[atom::uid].as_string();
  user.groups = texts(spec[atom::groups]);
  for (auto [key, atom, values] : spec[atom::extra].entries()) user.extra.set(key, texts(values));
  return user;
}

}  // namespace knarr::apiserver::identity
