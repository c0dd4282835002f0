// SPDX-License-Identifier: Apache-2.0
#include "schema/field_selector.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace knarr::schema {

using object::Kind;
using object::Value;

ValuePath::ValuePath(std::string_view text) {
  while (!text.empty()) {
    const std::size_t dot = text.find('.');
    std::string_view part = text.substr(0, dot);
    text = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
    Step step;
    const std::size_t bracket = part.find('[');
    if (bracket != std::string_view::npos) {
      std::size_t index = 0;
      std::from_chars(part.data() + bracket + 1, part.data() + part.size(), index);
      step.index = index;
      part = part.substr(0, bracket);
    }
    step.name = part;
    step.atom = object::find_atom(part);
    steps_.push_back(std::move(step));
  }
}

Value ValuePath::find(Value object) const {
  if (steps_.empty()) return {};
  for (const Step& step : steps_) {
    object = step.atom ? object[step.atom] : object[step.name];
    if (step.index) object = object.at(*step.index);
  }
  return object;
}

const SelectableField* SelectableFields::find(std::string_view label) const {
  for (const SelectableField& field : fields) {
    if (field.label == label) return &field;
  }
  return nullptr;
}

namespace {

// A value as selectors compare it. Numbers go through `buffer`.
std::string_view text_of(Value value, std::string& buffer) {
  switch (value.kind()) {
    case Kind::String: return value.as_string();
    case Kind::Bool: return value.as_bool() ? "true" : "false";
    case Kind::Int: return buffer = fmt::format("{}", value.as_int());
    default: return {};
  }
}

std::string_view text_of(Value object, const SelectableField& field, std::string& buffer) {
  std::string_view text = text_of(field.path.find(object), buffer);
  if (text.empty()) text = text_of(field.else_path.find(object), buffer);
  return text.empty() ? std::string_view(field.missing) : text;
}

// The parts between commas that no backslash escapes, in the order of their bytes: Kubernetes sorts
// them, which decides which of two errors is told.
std::vector<std::string_view> split_terms(std::string_view text) {
  std::vector<std::string_view> terms;
  std::size_t from = 0;
  bool escaped = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (escaped) {
      escaped = false;
    } else if (text[i] == '\\') {
      escaped = true;
    } else if (text[i] == ',') {
      terms.push_back(text.substr(from, i - from));
      from = i + 1;
    }
  }
  terms.push_back(text.substr(from));
  std::sort(terms.begin(), terms.end());
  return terms;
}

struct Split {
  std::string_view label;
  std::string_view value;
  bool equal = true;
  bool found = false;
};

Split split_term(std::string_view term) {
  for (std::size_t i = 0; i < term.size(); ++i) {
    const std::string_view rest = term.substr(i);
    for (const std::string_view sign : {"!=", "==", "="}) {
      if (rest.starts_with(sign)) {
        return {term.substr(0, i), rest.substr(sign.size()), sign != "!=", true};
      }
    }
  }
  return {};
}

Result<std::string> unescape(std::string_view value) {
  std::string out;
  bool escaped = false;
  for (const char c : value) {
    if (escaped) {
      if (c != '\\' && c != ',' && c != '=') {
        return Error(Reason::BadRequest,
                     fmt::format("invalid field selector: invalid escape sequence: \\{}", c));
      }
      out += c;
      escaped = false;
    } else if (c == '\\') {
      escaped = true;
    } else if (c == ',' || c == '=') {
      return Error(Reason::BadRequest,
                   fmt::format("invalid field selector: unescaped character in value: {}",
                               static_cast<int>(c)));
    } else {
      out += c;
    }
  }
  if (escaped) {
    return Error(Reason::BadRequest, "invalid field selector: invalid escape sequence: \\");
  }
  return out;
}

Error refuse(std::string_view label, SelectableFields::Refusal refusal,
             std::string_view api_version, std::string_view kind) {
  using enum SelectableFields::Refusal;
  std::string text;
  switch (refusal) {
    case KnownOnly:
      text = fmt::format(
          "\"{}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
          label);
      break;
    case Plain: text = fmt::format("field label not supported: {}", label); break;
    case NamesKind: text = fmt::format("field label \"{}\" not supported for {}", label, kind); break;
    case NamesGroupVersionKind:
      text = fmt::format("field label not supported for {}, Kind={}: {}", api_version, kind, label);
      break;
  }
  return {Reason::BadRequest, std::move(text)};
}

}  // namespace

Result<FieldSelector> FieldSelector::parse(std::string_view text, const SelectableFields& fields,
                                           std::string_view api_version, std::string_view kind) {
  FieldSelector selector;
  for (const std::string_view term : split_terms(text)) {
    if (term.empty()) continue;
    const Split split = split_term(term);
    if (!split.found) {
      return Error(Reason::BadRequest,
                   fmt::format("invalid selector: '{}'; can't understand '{}'", text, term));
    }
    Term made;
    made.field.label = split.label;
    made.value = TRY(unescape(split.value));
    made.equal = split.equal;
    selector.terms_.push_back(std::move(made));
  }
  for (Term& term : selector.terms_) {
    const SelectableField* field = fields.find(term.field.label);
    if (field == nullptr) return refuse(term.field.label, fields.refusal, api_version, kind);
    term.field = *field;
  }
  return selector;
}

FieldSelector FieldSelector::equal(const SelectableField& field, std::string_view value) {
  FieldSelector selector;
  selector.terms_.push_back({field, std::string(value), true});
  return selector;
}

bool FieldSelector::matches(Value object) const {
  std::string buffer;
  return std::all_of(terms_.begin(), terms_.end(), [&](const Term& term) {
    return (text_of(object, term.field, buffer) == term.value) == term.equal;
  });
}

std::optional<std::string_view> FieldSelector::required(std::string_view label) const {
  for (const Term& term : terms_) {
    if (term.equal && term.field.label == label) return term.value;
  }
  return std::nullopt;
}

std::string FieldSelector::text() const {
  std::string out;
  for (const Term& term : terms_) {
    if (!out.empty()) out += ',';
    out += term.field.label;
    out += term.equal ? "=" : "!=";
    for (const char c : term.value) {
      if (c == '\\' || c == ',' || c == '=') out += '\\';
      out += c;
    }
  }
  return out;
}

}  // namespace knarr::schema
