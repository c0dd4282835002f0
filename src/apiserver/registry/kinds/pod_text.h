// SPDX-License-Identifier: Apache-2.0
// Small words that the checks of kinds share: optional fields, forms of names and paths, selectors.
#pragma once

#include "object/document.h"
#include "object/quantity.h"
#include "schema/field_error.h"
#include "schema/validation_text.h"

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace knarr::apiserver {

/// True for a pointer field that is set: null counts as not set.
inline bool has(object::Value value) { return value.exists() && !value.is_null(); }

inline void check_dns_label(std::string_view text, const schema::FieldPath& path,
                            schema::FieldErrors& errors) {
  errors.invalid_each(path, text, schema::check_dns1123_label(text));
}
inline void check_dns_subdomain(std::string_view text, const schema::FieldPath& path,
                                schema::FieldErrors& errors) {
  errors.invalid_each(path, text, schema::check_dns1123_subdomain(text));
}
inline void check_qualified_name(std::string_view text, const schema::FieldPath& path,
                                 schema::FieldErrors& errors) {
  errors.invalid_each(path, text, schema::check_qualified_name(text));
}
/// A port number or a port name (IntOrString).
void check_port(object::Value port, const schema::FieldPath& path, schema::FieldErrors& errors);
void check_port_number(std::int64_t port, const schema::FieldPath& path,
                       schema::FieldErrors& errors);
void check_not_negative(std::int64_t number, const schema::FieldPath& path,
                        schema::FieldErrors& errors);
/// A user or group id.
void check_id(std::int64_t id, const schema::FieldPath& path, schema::FieldErrors& errors);
/// One of a set of texts, NotSupported otherwise; the set is told in the order given.
void check_choice(std::string_view text, const schema::FieldPath& path, schema::FieldErrors& errors,
                  std::initializer_list<std::string_view> choices);

/// A path without ".." as a whole part.
bool has_backstep(std::string_view path);
void check_no_backsteps(std::string_view text, const schema::FieldPath& path,
                        schema::FieldErrors& errors);
/// A relative path without backsteps.
void check_descending_path(std::string_view text, const schema::FieldPath& path,
                           schema::FieldErrors& errors);
/// A relative path without backsteps which does not begin with "..".
void check_local_path(std::string_view text, const schema::FieldPath& path,
                      schema::FieldErrors& errors);

/// A label selector (metav1.LabelSelector). `values`: are the values of expressions checked?
void check_label_selector(object::Value selector, const schema::FieldPath& path,
                          schema::FieldErrors& errors, bool values = true);

/// True for an amount without a fraction (and within 64 bits).
inline bool is_whole(const object::Quantity& amount) {
  return amount == object::Quantity(amount.value());
}

bool one_of(std::string_view text, std::initializer_list<std::string_view> choices);
std::string_view trim_space(std::string_view text);

}  // namespace knarr::apiserver
