// SPDX-License-Identifier: Apache-2.0
// The forms of names, labels, ports and the like, with Kubernetes' own complaints. A check gives one
// text for each thing wrong, nothing when the value is fine (and then allocates nothing).
// Source: k8s.io/apimachinery/pkg/util/validation and pkg/api/validate/content.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::schema {

using Complaints = std::vector<std::string>;

// ---- DNS names

Complaints check_dns1123_label(std::string_view value);      // "my-name", at most 63
Complaints check_dns1123_subdomain(std::string_view value);  // "a.example.com", at most 253
Complaints check_dns1123_subdomain_with_underscore(std::string_view value);
Complaints check_dns1035_label(std::string_view value);      // As a label, begins with a letter.
Complaints check_wildcard_dns1123_subdomain(std::string_view value);  // "*.example.com"

// ---- names of Kubernetes

Complaints check_qualified_name(std::string_view value);  // Label keys: "[prefix/]name".
Complaints check_label_value(std::string_view value);
/// A name that is one segment of a URL's path; `prefix` when more text follows it (generateName).
Complaints check_path_segment(std::string_view value, bool prefix = false);
Complaints check_config_map_key(std::string_view value);
Complaints check_env_var_name(std::string_view value);  // The relaxed form of 1.36.
Complaints check_c_identifier(std::string_view value);
Complaints check_http_header_name(std::string_view value);
Complaints check_percent(std::string_view value);  // "25%"
/// A domain of three segments or more (names of webhooks). Not for an empty value: that is Required.
Complaints check_fully_qualified_name(std::string_view value);

// ---- numbers

Complaints check_port_number(std::int64_t value);
Complaints check_port_name(std::string_view value);  // IANA service name, at most 15.
Complaints check_range(std::int64_t value, std::int64_t least, std::int64_t most);
Complaints check_user_id(std::int64_t value);  // Group ids too.

/// "must be no more than N characters"
std::string max_length_text(std::size_t maximum);
/// "msg (e.g. 'a',  or 'b', regex used for validation is 'format')"
std::string regex_text(std::string_view message, std::string_view format,
                       std::initializer_list<std::string_view> examples = {});

// ---- names of objects

/// What the name of a kind may be. `prefix`: it is a generateName, more text follows it.
using NameRule = Complaints (*)(std::string_view name, bool prefix);
Complaints subdomain_problems(std::string_view name, bool prefix);
Complaints label_problems(std::string_view name, bool prefix);
Complaints dns1035_problems(std::string_view name, bool prefix);
Complaints path_segment_problems(std::string_view name, bool prefix);
Complaints any_name_problems(std::string_view name, bool prefix);

}  // namespace knarr::schema
