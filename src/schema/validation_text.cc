// SPDX-License-Identifier: Apache-2.0
// Scanners written out by hand: these run for every label of every write.
#include "schema/validation_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace knarr::schema {
namespace {

constexpr std::size_t kLabelMax = 63;
constexpr std::size_t kSubdomainMax = 253;
constexpr std::size_t kPortNameMax = 15;

constexpr std::string_view kLabelFormat = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
constexpr std::string_view kSubdomainFormat =
    R"([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)";
constexpr std::string_view kQualifiedFormat = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
constexpr std::string_view kQualifiedText =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_lower_alnum(char c) { return is_lower(c) || is_digit(c); }
bool is_alpha(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_alnum(char c) { return is_alpha(c) || is_digit(c); }

template <typename Test>
bool all_of(std::string_view text, Test test) {
  return std::all_of(text.begin(), text.end(), test);
}

// [a-z0-9]([-a-z0-9]*[a-z0-9])?
bool is_label(std::string_view text) {
  return !text.empty() && is_lower_alnum(text.front()) && is_lower_alnum(text.back()) &&
         all_of(text, [](char c) { return is_lower_alnum(c) || c == '-'; });
}

template <typename Test>
bool each_part(std::string_view text, char separator, Test test) {
  while (true) {
    const std::size_t end = text.find(separator);
    if (!test(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

bool is_subdomain(std::string_view text) { return each_part(text, '.', is_label); }

// ([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]
bool is_qualified_part(std::string_view text) {
  return !text.empty() && is_alnum(text.front()) && is_alnum(text.back()) &&
         all_of(text, [](char c) { return is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

std::string max_bytes_text(std::size_t maximum) {
  return fmt::format("must be no more than {} bytes", maximum);
}

std::string subdomain_text() {
  return regex_text(
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
      "'.', and must start and end with an alphanumeric character",
      kSubdomainFormat, {"example.com"});
}

// A name that goes on may end in a dash.
std::string mask_trailing_dash(std::string_view name) {
  std::string masked(name);
  if (masked.size() > 1 && masked.back() == '-') masked[masked.size() - 2] = 'a', masked.pop_back();
  return masked;
}

}  // namespace

std::string max_length_text(std::size_t maximum) {
  return fmt::format("must be no more than {} characters", maximum);
}

std::string regex_text(std::string_view message, std::string_view format,
                       std::initializer_list<std::string_view> examples) {
  std::string out(message);
  out += " (";
  bool first = true;
  for (const std::string_view example : examples) {
    fmt::format_to(std::back_inserter(out), "{}'{}', ", first ? "e.g. " : " or ", example);
    first = false;
  }
  fmt::format_to(std::back_inserter(out), "regex used for validation is '{}')", format);
  return out;
}

Complaints check_dns1123_label(std::string_view value) {
  Complaints out;
  if (value.size() > kLabelMax) out.push_back(max_length_text(kLabelMax));
  if (is_label(value)) return out;
  // A subdomain has its own complaint: the dot is the only thing wrong.
  if (!value.empty() && is_subdomain(value)) {
    out.emplace_back("must not contain dots");
    return out;
  }
  out.push_back(regex_text(
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
      "must start and end with an alphanumeric character",
      kLabelFormat, {"my-name", "123-abc"}));
  return out;
}

Complaints check_dns1123_subdomain(std::string_view value) {
  Complaints out;
  if (value.size() > kSubdomainMax) out.push_back(max_length_text(kSubdomainMax));
  if (!is_subdomain(value)) out.push_back(subdomain_text());
  return out;
}

Complaints check_dns1123_subdomain_with_underscore(std::string_view value) {
  Complaints out;
  if (value.size() > kSubdomainMax) out.push_back(max_length_text(kSubdomainMax));
  // _?[a-z0-9]([-_a-z0-9]*[a-z0-9])? between dots.
  const bool fine = each_part(value, '.', [](std::string_view part) {
    if (part.starts_with('_')) part.remove_prefix(1);
    return !part.empty() && is_lower_alnum(part.front()) && is_lower_alnum(part.back()) &&
           all_of(part, [](char c) { return is_lower_alnum(c) || c == '-' || c == '_'; });
  });
  if (!fine) {
    out.push_back(regex_text(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', "
        "'-' or '.', and must start and end with an alphanumeric character",
        R"(_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*)",
        {"example.com"}));
  }
  return out;
}

Complaints check_dns1035_label(std::string_view value) {
  Complaints out;
  if (value.size() > kLabelMax) out.push_back(max_length_text(kLabelMax));
  if (!is_label(value) || !is_lower(value.front())) {
    out.push_back(regex_text(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
        "alphabetic character, and end with an alphanumeric character",
        "[a-z]([-a-z0-9]*[a-z0-9])?", {"my-name", "abc-123"}));
  }
  return out;
}

Complaints check_wildcard_dns1123_subdomain(std::string_view value) {
  Complaints out;
  if (value.size() > kSubdomainMax) out.push_back(max_length_text(kSubdomainMax));
  if (!value.starts_with("*.") || !is_subdomain(value.substr(2))) {
    out.push_back(regex_text(
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, "
        "which must consist of lower case alphanumeric characters, '-' or '.' and end with an "
        "alphanumeric character",
        R"(\*\.)" + std::string(kSubdomainFormat), {"*.example.com"}));
  }
  return out;
}

Complaints check_qualified_name(std::string_view value) {
  Complaints out;
  std::string_view name = value;
  const std::size_t slash = value.find('/');
  if (slash != std::string_view::npos) {
    const std::string_view prefix = value.substr(0, slash);
    name = value.substr(slash + 1);
    if (name.find('/') != std::string_view::npos) {
      out.push_back(regex_text(fmt::format("a valid label key {}", kQualifiedText),
                               kQualifiedFormat, {"MyName", "my.name", "123-abc"}) +
                    " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
      return out;
    }
    if (prefix.empty()) {
      out.emplace_back("prefix part must be non-empty");
    } else {
      if (prefix.size() > kSubdomainMax) {
        out.push_back("prefix part " + max_bytes_text(kSubdomainMax));
      }
      if (!is_subdomain(prefix)) out.push_back("prefix part " + subdomain_text());
    }
  }
  if (name.empty()) {
    out.emplace_back("name part must be non-empty");
  } else if (name.size() > kLabelMax) {
    out.push_back("name part " + max_bytes_text(kLabelMax));
  }
  if (!is_qualified_part(name)) {
    out.push_back("name part " + regex_text(kQualifiedText, kQualifiedFormat,
                                            {"MyName", "my.name", "123-abc"}));
  }
  return out;
}

Complaints check_label_value(std::string_view value) {
  Complaints out;
  if (value.size() > kLabelMax) out.push_back(max_bytes_text(kLabelMax));
  if (!value.empty() && !is_qualified_part(value)) {
    out.push_back(regex_text(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
        "'.', and must start and end with an alphanumeric character",
        "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?", {"MyValue", "my_value", "12345"}));
  }
  return out;
}

Complaints check_path_segment(std::string_view value, bool prefix) {
  if (!prefix && (value == "." || value == "..")) return {fmt::format("may not be '{}'", value)};
  Complaints out;
  for (const char c : {'/', '%'}) {
    if (value.find(c) != std::string_view::npos) {
      out.push_back(fmt::format("may not contain '{}'", c));
    }
  }
  return out;
}

Complaints check_config_map_key(std::string_view value) {
  Complaints out;
  if (value.size() > kSubdomainMax) out.push_back(max_length_text(kSubdomainMax));
  if (value.empty() || !all_of(value, [](char c) {
        return is_alnum(c) || c == '-' || c == '.' || c == '_';
      })) {
    out.push_back(regex_text("a valid config key must consist of alphanumeric characters, '-', "
                             "'_' or '.'",
                             "[-._a-zA-Z0-9]+", {"key.name", "KEY_NAME", "key-name"}));
  }
  if (value == "." || value == "..") {
    out.push_back(fmt::format("must not be '{}'", value));
  } else if (value.starts_with("..")) {
    out.emplace_back("must not start with '..'");
  }
  return out;
}

Complaints check_env_var_name(std::string_view value) {
  if (value.empty()) return {"environment variable name must be non-empty"};
  if (!all_of(value, [](char c) { return c >= ' ' && c <= '~' && c != '='; })) {
    return {
        "a valid environment variable name must consist only of printable ASCII characters other "
        "than '='"};
  }
  return {};
}

Complaints check_c_identifier(std::string_view value) {
  const auto part = [](char c) { return is_alnum(c) || c == '_'; };
  if (!value.empty() && !is_digit(value.front()) && all_of(value, part)) return {};
  return {regex_text(
      "a valid C identifier must start with alphabetic character or '_', followed by a string of "
      "alphanumeric characters or '_'",
      "[A-Za-z_][A-Za-z0-9_]*", {"my_name", "MY_NAME", "MyName"})};
}

Complaints check_http_header_name(std::string_view value) {
  if (!value.empty() && all_of(value, [](char c) { return is_alnum(c) || c == '-'; })) return {};
  return {regex_text("a valid HTTP header must consist of alphanumeric characters or '-'",
                     "[-A-Za-z0-9]+", {"X-Header-Name"})};
}

Complaints check_percent(std::string_view value) {
  if (value.size() >= 2 && value.back() == '%' &&
      all_of(value.substr(0, value.size() - 1), is_digit)) {
    return {};
  }
  return {regex_text("a valid percent string must be a numeric string followed by an ending '%'",
                     "[0-9]+%", {"1%", "93%"})};
}

Complaints check_fully_qualified_name(std::string_view value) {
  const Complaints name = check_dns1123_subdomain(value);
  if (!name.empty()) return {fmt::format("{}", fmt::join(name, ","))};
  if (std::count(value.begin(), value.end(), '.') < 2) {
    return {"should be a domain with at least three segments separated by dots"};
  }
  return {};
}

Complaints check_range(std::int64_t value, std::int64_t least, std::int64_t most) {
  if (value >= least && value <= most) return {};
  return {fmt::format("must be between {} and {}, inclusive", least, most)};
}

Complaints check_port_number(std::int64_t value) { return check_range(value, 1, 65535); }

Complaints check_user_id(std::int64_t value) { return check_range(value, 0, 2147483647); }

Complaints check_port_name(std::string_view value) {
  Complaints out;
  if (value.size() > kPortNameMax) out.push_back(max_length_text(kPortNameMax));
  if (value.empty() || !all_of(value, [](char c) { return is_lower_alnum(c) || c == '-'; })) {
    out.emplace_back("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (std::none_of(value.begin(), value.end(), is_lower)) {
    out.emplace_back("must contain at least one letter (a-z)");
  }
  if (value.find("--") != std::string_view::npos) {
    out.emplace_back("must not contain consecutive hyphens");
  }
  if (!value.empty() && (value.front() == '-' || value.back() == '-')) {
    out.emplace_back("must not begin or end with a hyphen");
  }
  return out;
}

Complaints subdomain_problems(std::string_view name, bool prefix) {
  return prefix ? check_dns1123_subdomain(mask_trailing_dash(name)) : check_dns1123_subdomain(name);
}

Complaints label_problems(std::string_view name, bool prefix) {
  return prefix ? check_dns1123_label(mask_trailing_dash(name)) : check_dns1123_label(name);
}

Complaints dns1035_problems(std::string_view name, bool prefix) {
  return prefix ? check_dns1035_label(mask_trailing_dash(name)) : check_dns1035_label(name);
}

Complaints path_segment_problems(std::string_view name, bool prefix) {
  return check_path_segment(name, prefix);
}

Complaints any_name_problems(std::string_view /*name*/, bool /*prefix*/) { return {}; }

}  // namespace knarr::schema
