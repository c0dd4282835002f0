// SPDX-License-Identifier: Apache-2.0
#include "apiserver/registry/kinds/pod_text.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace knarr::apiserver {

using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

namespace {

constexpr std::string_view kLabelText =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must "
    "start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for "
    "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kSubdomainText =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'example.com', regex used for "
    "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kQualifiedRest =
    " must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation "
    "is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view kLabelValueText =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
    "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

bool lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool alphanumeric(char c) { return lower_or_digit(c) || (c >= 'A' && c <= 'Z'); }

bool is_label(std::string_view text) {
  if (text.empty() || !lower_or_digit(text.front()) || !lower_or_digit(text.back())) return false;
  return std::ranges::all_of(text, [](char c) { return lower_or_digit(c) || c == '-'; });
}

bool is_subdomain(std::string_view text) {
  while (true) {
    const std::size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_name_part(std::string_view text) {
  if (text.empty() || !alphanumeric(text.front()) || !alphanumeric(text.back())) return false;
  return std::ranges::all_of(
      text, [](char c) { return alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

bool has_backstep(std::string_view text) {
  while (true) {
    const std::size_t slash = text.find('/');
    if (text.substr(0, slash) == "..") return true;
    if (slash == std::string_view::npos) return false;
    text.remove_prefix(slash + 1);
  }
}

}  // namespace

Problems dns_label_problems(std::string_view text) {
  Problems out;
  if (text.size() > 63) out.emplace_back("must be no more than 63 characters");
  if (!is_label(text)) {
    if (is_subdomain(text)) out.emplace_back("must not contain dots");
    else out.emplace_back(kLabelText);
  }
  return out;
}

Problems dns_subdomain_problems(std::string_view text) {
  Problems out;
  if (text.size() > 253) out.emplace_back("must be no more than 253 characters");
  if (!is_subdomain(text)) out.emplace_back(kSubdomainText);
  return out;
}

Problems qualified_name_problems(std::string_view text) {
  Problems out;
  const std::size_t slash = text.find('/');
  std::string_view name = text;
  if (slash != std::string_view::npos) {
    const std::string_view prefix = text.substr(0, slash);
    name = text.substr(slash + 1);
    if (name.find('/') != std::string_view::npos) {
      return {fmt::format("a valid label key{} with an optional DNS subdomain prefix and '/' (e.g. "
                          "'example.com/MyName')",
                          kQualifiedRest)};
    }
    if (prefix.empty()) {
      out.emplace_back("prefix part must be non-empty");
    } else {
      for (const std::string& problem : dns_subdomain_problems(prefix)) {
        out.push_back("prefix part " + problem);
      }
    }
  }
  if (name.empty()) out.emplace_back("name part must be non-empty");
  else if (name.size() > 63) out.emplace_back("name part must be no more than 63 bytes");
  if (!is_name_part(name)) out.push_back(fmt::format("name part{}", kQualifiedRest));
  return out;
}

Problems label_value_problems(std::string_view text) {
  Problems out;
  if (text.size() > 63) out.emplace_back("must be no more than 63 bytes");
  if (!text.empty() && !is_name_part(text)) out.emplace_back(kLabelValueText);
  return out;
}

Problems port_name_problems(std::string_view text) {
  Problems out;
  if (text.size() > 15) out.emplace_back("must be no more than 15 characters");
  if (text.empty() ||
      !std::ranges::all_of(text, [](char c) { return lower_or_digit(c) || c == '-'; })) {
    out.emplace_back("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (!std::ranges::any_of(text, [](char c) { return c >= 'a' && c <= 'z'; })) {
    out.emplace_back("must contain at least one letter (a-z)");
  }
  if (text.find("--") != std::string_view::npos) {
    out.emplace_back("must not contain consecutive hyphens");
  }
  if (!text.empty() && (text.front() == '-' || text.back() == '-')) {
    out.emplace_back("must not begin or end with a hyphen");
  }
  return out;
}

Problems env_name_problems(std::string_view text) {
  const bool fine = !text.empty() && std::ranges::all_of(text, [](char c) {
    return c >= 0x20 && c <= 0x7E && c != '=';
  });
  if (fine) return {};
  return {"a valid environment variable name must consist only of printable ASCII characters other "
          "than '='"};
}

Problems header_name_problems(std::string_view text) {
  if (!text.empty() &&
      std::ranges::all_of(text, [](char c) { return alphanumeric(c) || c == '-'; })) {
    return {};
  }
  return {"a valid HTTP header must consist of alphanumeric characters or '-' (e.g. "
          "'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"};
}

Problems config_key_problems(std::string_view text) {
  Problems out;
  if (text.size() > 253) out.emplace_back("must be no more than 253 characters");
  if (text.empty() || !std::ranges::all_of(text, [](char c) {
        return alphanumeric(c) || c == '-' || c == '_' || c == '.';
      })) {
    out.emplace_back(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
        "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
        "'[-._a-zA-Z0-9]+')");
  }
  if (text == ".") out.emplace_back("must not be '.'");
  else if (text == "..") out.emplace_back("must not be '..'");
  else if (text.starts_with("..")) out.emplace_back("must not start with '..'");
  return out;
}

void add_problems(const Problems& problems, const FieldPath& path, std::string_view value,
                  FieldErrors& errors) {
  for (const std::string& problem : problems) errors.invalid(path, value, problem);
}

void check_dns_label(std::string_view text, const FieldPath& path, FieldErrors& errors) {
  add_problems(dns_label_problems(text), path, text, errors);
}

void check_dns_subdomain(std::string_view text, const FieldPath& path, FieldErrors& errors) {
  add_problems(dns_subdomain_problems(text), path, text, errors);
}

void check_qualified_name(std::string_view text, const FieldPath& path, FieldErrors& errors) {
  add_problems(qualified_name_problems(text), path, text, errors);
}

void check_labels(Value labels, const FieldPath& path, FieldErrors& errors) {
  for (const auto [key, atom, value] : labels.entries()) {
    check_qualified_name(key, path, errors);
    add_problems(label_value_problems(value.as_string()), path, value.as_string(), errors);
  }
}

void check_annotations(Value annotations, const FieldPath& path, FieldErrors& errors) {
  constexpr std::size_t kLimit = 256UL * 1024;
  std::size_t total = 0;
  for (const auto [key, atom, value] : annotations.entries()) {
    std::string lower(key);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    add_problems(qualified_name_problems(lower), path, key, errors);
    total += key.size() + value.as_string().size();
  }
  if (total > kLimit) errors.too_long(path, kLimit);
}

void check_port_number(std::int64_t port, const FieldPath& path, FieldErrors& errors) {
  if (port < 1 || port > 65535) {
    errors.invalid(path, port, "must be between 1 and 65535, inclusive");
  }
}

void check_port(Value port, const FieldPath& path, FieldErrors& errors) {
  if (port.is_string()) add_problems(port_name_problems(port.as_string()), path, port.as_string(), errors);
  else check_port_number(port.as_int(), path, errors);
}

void check_not_negative(std::int64_t number, const FieldPath& path, FieldErrors& errors) {
  if (number < 0) errors.invalid(path, number, "must be greater than or equal to 0");
}

void check_id(std::int64_t id, const FieldPath& path, FieldErrors& errors) {
  if (id < 0 || id > 2147483647) {
    errors.invalid(path, id, "must be between 0 and 2147483647, inclusive");
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

void check_label_selector(Value selector, const FieldPath& path, FieldErrors& errors) {
  if (!has(selector)) return;
  check_labels(selector["matchLabels"], path.child("matchLabels"), errors);
  const FieldPath list = path.child("matchExpressions");
  std::size_t i = 0;
  for (const Value one : selector["matchExpressions"].items()) {
    const FieldPath at = list.index(i++);
    const std::string_view op = one["operator"].as_string();
    const FieldPath values = at.child("values");
    if (op == "In" || op == "NotIn") {
      if (one["values"].empty()) {
        errors.required(values, "must be specified when `operator` is 'In' or 'NotIn'");
      }
    } else if (op == "Exists" || op == "DoesNotExist") {
      if (!one["values"].empty()) {
        errors.forbidden(values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      }
    } else {
      errors.invalid(at.child("operator"), op, "not a valid selector operator");
    }
    check_qualified_name(one["key"].as_string(), at.child("key"), errors);
    std::size_t v = 0;
    for (const Value value : one["values"].items()) {
      add_problems(label_value_problems(value.as_string()), values.index(v++), value.as_string(),
                   errors);
    }
  }
}

namespace {

enum class Ip4Form : std::uint8_t { None, Plain, LeadingZeros };

Ip4Form ip4_form(std::string_view text) {
  Ip4Form form = Ip4Form::Plain;
  for (int part = 0; part < 4; ++part) {
    const std::size_t dot = text.find('.');
    if ((part == 3) != (dot == std::string_view::npos)) return Ip4Form::None;
    const std::string_view digits = text.substr(0, dot);
    int number = 0;
    if (digits.empty()) return Ip4Form::None;
    for (const char c : digits) {
      if (c < '0' || c > '9') return Ip4Form::None;
      number = number * 10 + (c - '0');
      if (number > 255) return Ip4Form::None;
    }
    if (digits.size() > 1 && digits.front() == '0') form = Ip4Form::LeadingZeros;
    if (dot != std::string_view::npos) text.remove_prefix(dot + 1);
  }
  return form;
}

}  // namespace

Problems ip_problems(std::string_view text, bool strict) {
  const Ip4Form form = ip4_form(text);
  if (form == Ip4Form::Plain) return {};
  if (form == Ip4Form::LeadingZeros) {
    if (strict) return {"must not have leading 0s"};
    return {};
  }
  in6_addr address{};
  const std::string copy(text);
  if (text.find('\0') != std::string_view::npos || inet_pton(AF_INET6, copy.c_str(), &address) != 1) {
    return {"must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"};
  }
  if (strict && IN6_IS_ADDR_V4MAPPED(&address)) {
    return {"must not be an IPv4-mapped IPv6 address"};
  }
  return {};
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
