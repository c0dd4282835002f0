// SPDX-License-Identifier: Apache-2.0
// Terms are split at commas, values unescaped ("\," "\=" "\\").
#include "apiserver/identity/field_terms.h"

#include <algorithm>

namespace knarr::apiserver::identity {

namespace {

// The end of the first term: an unescaped comma or the end of the text.
std::size_t term_end(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == ',') {
      return i;
    }
  }
  return text.size();
}

std::optional<std::string> unescape(std::string_view text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ',' || c == '=') return std::nullopt;
    if (c != '\\') {
      value += c;
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    if (text[i] != '\\' && text[i] != ',' && text[i] != '=') return std::nullopt;
    value += text[i];
  }
  return value;
}

std::optional<auth::FieldRequirement> parse_term(std::string_view term) {
  const std::size_t equals = term.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  auth::FieldRequirement requirement;
  std::size_t name_end = equals;
  std::string_view value = term.substr(equals + 1);
  if (equals > 0 && term[equals - 1] == '!') {
    requirement.equals = false;
    --name_end;
  } else if (value.starts_with('=')) {
    value.remove_prefix(1);
  }
  auto text = unescape(value);
  if (!text) return std::nullopt;
  requirement.field = term.substr(0, name_end);
  requirement.value = std::move(*text);
  return requirement;
}

}  // namespace

std::optional<std::vector<auth::FieldRequirement>> parse_field_terms(std::string_view text) {
  std::vector<auth::FieldRequirement> terms;
  while (!text.empty()) {
    const std::size_t end = term_end(text);
    const std::string_view term = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (term.empty()) continue;
    auto requirement = parse_term(term);
    if (!requirement) return std::nullopt;
    terms.push_back(std::move(*requirement));
  }
  return terms;
}

}  // namespace knarr::apiserver::identity
