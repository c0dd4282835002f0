// SPDX-License-Identifier: Apache-2.0
// Small words that the checks of pods share: reading optional fields, the forms of names and paths,
// with Kubernetes' wording. Source: k8s.io/apimachinery/pkg/util/validation.
#pragma once

#include "object/document.h"
#include "schema/field_error.h"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::apiserver {

/// True for a pointer field that is set: null counts as not set.
inline bool has(object::Value value) { return value.exists() && !value.is_null(); }

using Problems = std::vector<std::string>;

// The forms of names: each gives the texts of what is wrong, empty when all is well.
Problems dns_label_problems(std::string_view text);
Problems dns_subdomain_problems(std::string_view text);
Problems qualified_name_problems(std::string_view text);
Problems label_value_problems(std::string_view text);
Problems port_name_problems(std::string_view text);
Problems env_name_problems(std::string_view text);
Problems header_name_problems(std::string_view text);
Problems config_key_problems(std::string_view text);

/// Adds an Invalid error for each problem.
void add_problems(const Problems& problems, const schema::FieldPath& path, std::string_view value,
                  schema::FieldErrors& errors);

/// A DNS label; a dot in it is said plainly.
void check_dns_label(std::string_view text, const schema::FieldPath& path,
                     schema::FieldErrors& errors);
void check_dns_subdomain(std::string_view text, const schema::FieldPath& path,
                         schema::FieldErrors& errors);
void check_qualified_name(std::string_view text, const schema::FieldPath& path,
                          schema::FieldErrors& errors);
/// Keys and values of a map of labels; map keys only for annotations.
void check_labels(object::Value labels, const schema::FieldPath& path, schema::FieldErrors& errors);
void check_annotations(object::Value annotations, const schema::FieldPath& path,
                       schema::FieldErrors& errors);
/// A port number or a port name (IntOrString).
void check_port(object::Value port, const schema::FieldPath& path, schema::FieldErrors& errors);
void check_port_number(std::int64_t port, const schema::FieldPath& path,
                       schema::FieldErrors& errors);
void check_not_negative(std::int64_t number, const schema::FieldPath& path,
                        schema::FieldErrors& errors);
/// A user or group id.
void check_id(std::int64_t id, const schema::FieldPath& path, schema::FieldErrors& errors);

/// A path without ".." as a whole part.
void check_no_backsteps(std::string_view text, const schema::FieldPath& path,
                        schema::FieldErrors& errors);
/// A relative path without backsteps.
void check_descending_path(std::string_view text, const schema::FieldPath& path,
                           schema::FieldErrors& errors);
/// A relative path without backsteps which does not begin with "..".
void check_local_path(std::string_view text, const schema::FieldPath& path,
                      schema::FieldErrors& errors);
/// An IPv4 or IPv6 address; `strict` refuses leading zeros and IPv4-mapped IPv6.
Problems ip_problems(std::string_view text, bool strict);

/// A label selector (metav1.LabelSelector).
void check_label_selector(object::Value selector, const schema::FieldPath& path,
                          schema::FieldErrors& errors);

/// Is `text` one of these?
bool one_of(std::string_view text, std::initializer_list<std::string_view> choices);
std::string_view trim_space(std::string_view text);

}  // namespace knarr::apiserver
