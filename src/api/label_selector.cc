// SPDX-License-Identifier: Apache-2.0
#include "api/label_selector.h"

#include "schema/field_error.h"
#include "schema/validation_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace knarr::api {

using object::Value;
using Operator = LabelSelector::Operator;

namespace {

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (text.empty() || result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return value;
}

std::string invalid_text(std::string_view path, std::string_view value, std::string_view detail) {
  return fmt::format("{}: Invalid value: {}: {}", path, schema::go_quote(value), detail);
}

std::optional<std::string> key_problem(std::string_view key, std::string_view path) {
  const schema::Complaints complaints = schema::check_qualified_name(key);
  if (complaints.empty()) return std::nullopt;
  return invalid_text(path, key, fmt::format("{}", fmt::join(complaints, "; ")));
}

bool has_value(const std::vector<std::string>& sorted, std::string_view value) {
  return std::any_of(sorted.begin(), sorted.end(),
                     [&](const std::string& one) { return one == value; });
}

// ---------------------------------------------------------------- lexer

enum class Token : std::uint8_t {
  Error, End, Close, Comma, Not, DoubleEquals, Equals, Greater, Identifier, In, Less, NotEquals,
  NotIn, Open,
};

struct Item {
  Token token = Token::End;
  std::string text;
};

Token token_of(std::string_view text) {
  struct Named {
    std::string_view text;
    Token token;
  };
  static constexpr Named kNamed[] = {
      {")", Token::Close},   {",", Token::Comma},     {"!", Token::Not},   {"==", Token::DoubleEquals},
      {"=", Token::Equals},  {">", Token::Greater},   {"in", Token::In},   {"<", Token::Less},
      {"!=", Token::NotEquals}, {"notin", Token::NotIn}, {"(", Token::Open}};
  for (const Named& named : kNamed) {
    if (named.text == text) return named.token;
  }
  return Token::Identifier;
}

bool is_special(char c) { return std::string_view("=!(),><").find(c) != std::string_view::npos; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::vector<Item> scan(std::string_view text) {
  std::vector<Item> items;
  std::size_t i = 0;
  const auto more = [&] { return i < text.size() && text[i] != '\0'; };
  while (true) {
    while (more() && is_space(text[i])) ++i;
    if (!more()) {
      items.push_back({Token::End, ""});
      return items;
    }
    const std::size_t from = i;
    if (!is_special(text[i])) {
      while (more() && !is_special(text[i]) && !is_space(text[i])) ++i;
      const std::string_view word = text.substr(from, i - from);
      items.push_back({token_of(word), std::string(word)});
      continue;
    }
    // Signs: the longest one; every sign of two characters begins with one of its own.
    ++i;
    if (more() && token_of(text.substr(from, 2)) != Token::Identifier) ++i;
    const std::string_view sign = text.substr(from, i - from);
    items.push_back({token_of(sign), std::string(sign)});
  }
}

// ---------------------------------------------------------------- parser

class Parser {
 public:
  explicit Parser(std::string_view text) : items_(scan(text)) {}

  Result<> parse(LabelSelector& selector) {
    while (true) {
      const Item& first = look();
      if (first.token == Token::End) return ok();
      if (first.token != Token::Identifier && first.token != Token::Not) {
        return bad(fmt::format("found '{}', expected: !, identifier, or 'end of string'",
                               first.text));
      }
      if (auto done = requirement(selector); !done) {
        return std::move(done).error().with("unable to parse requirement");
      }
      const Item& next = take();
      if (next.token == Token::End) return ok();
      if (next.token != Token::Comma) {
        return bad(fmt::format("found '{}', expected: ',' or 'end of string'", next.text));
      }
      const Item& after = look();
      if (after.token != Token::Identifier && after.token != Token::Not) {
        return bad(fmt::format("found '{}', expected: identifier after ','", after.text));
      }
    }
  }

 private:
  static Error bad(std::string message) { return {Reason::BadRequest, std::move(message)}; }

  // `in` and `notin` are ordinary words except where an operator stands.
  const Item& look() {
    Item& item = items_[at_];
    if (item.token == Token::In || item.token == Token::NotIn) item.token = Token::Identifier;
    return item;
  }
  const Item& take() {
    const Item& item = look();
    if (at_ + 1 < items_.size()) ++at_;
    return item;
  }

  Result<> requirement(LabelSelector& selector) {
    bool negated = false;
    const Item* key = &take();
    if (key->token == Token::Not) {
      negated = true;
      key = &take();
    }
    if (key->token != Token::Identifier) {
      return bad(fmt::format("found '{}', expected: identifier", key->text));
    }
    if (auto problem = key_problem(key->text, "<nil>")) return bad(std::move(*problem));
    const Token next = items_[at_].token;
    if (negated) return selector.add(key->text, Operator::DoesNotExist, {});
    if (next == Token::End || next == Token::Comma) {
      return selector.add(key->text, Operator::Exists, {});
    }
    return operation(selector, key->text);
  }

  Result<> operation(LabelSelector& selector, const std::string& key) {
    const Item& sign = items_[at_];
    if (at_ + 1 < items_.size()) ++at_;
    Operator op = Operator::In;
    switch (sign.token) {
      case Token::In: op = Operator::In; break;
      case Token::NotIn: op = Operator::NotIn; break;
      case Token::Equals: op = Operator::Equals; break;
      case Token::DoubleEquals: op = Operator::DoubleEquals; break;
      case Token::NotEquals: op = Operator::NotEquals; break;
      case Token::Greater: op = Operator::GreaterThan; break;
      case Token::Less: op = Operator::LessThan; break;
      default:
        return bad(fmt::format("found '{}', expected: in, notin, =, ==, !=, gt, lt", sign.text));
    }
    const bool set = op == Operator::In || op == Operator::NotIn;
    std::vector<std::string> values = TRY(set ? value_set() : exact_value());
    return selector.add(key, op, std::move(values));
  }

  Result<std::vector<std::string>> exact_value() {
    const Token next = look().token;
    if (next == Token::End || next == Token::Comma) return std::vector<std::string>{""};
    const Item& value = take();
    if (value.token == Token::Identifier) return std::vector<std::string>{value.text};
    return bad(fmt::format("found '{}', expected: identifier", value.text));
  }

  Result<std::vector<std::string>> value_set() {
    const Item& open = take();
    if (open.token != Token::Open) {
      return bad(fmt::format("found '{}' expected: '('", open.text));
    }
    const Item& first = look();
    if (first.token == Token::Close) {
      take();
      return std::vector<std::string>{""};
    }
    if (first.token != Token::Identifier && first.token != Token::Comma) {
      return bad(fmt::format("found '{}', expected: ',', ')' or identifier", first.text));
    }
    std::vector<std::string> values = TRY(value_list());
    take();  // value_list() ends before ")".
    return values;
  }

  Result<std::vector<std::string>> value_list() {
    std::vector<std::string> values;
    while (true) {
      const Item& item = take();
      if (item.token == Token::Identifier) {
        values.push_back(item.text);
        const Item& next = look();
        if (next.token == Token::Close) return values;
        if (next.token != Token::Comma) {
          return bad(fmt::format("found '{}', expected: ',' or ')'", next.text));
        }
      } else if (item.token == Token::Comma) {
        if (values.empty()) values.emplace_back();  // "(,"
        const Token next = look().token;
        if (next == Token::Close) {  // ",)"
          values.emplace_back();
          return values;
        }
        if (next == Token::Comma) {  // ",,"
          take();
          values.emplace_back();
        }
      } else {
        return bad(fmt::format("found '{}', expected: ',', or identifier", item.text));
      }
    }
  }

  std::vector<Item> items_;
  std::size_t at_ = 0;
};

}  // namespace

// ---------------------------------------------------------------- requirements

bool LabelSelector::Requirement::matches(Value labels) const {
  const Value label = labels[key];
  const bool has = label.exists();
  switch (op) {
    case Operator::In:
    case Operator::Equals:
    case Operator::DoubleEquals: return has && has_value(values, label.as_string());
    case Operator::NotIn:
    case Operator::NotEquals: return !has || !has_value(values, label.as_string());
    case Operator::Exists: return has;
    case Operator::DoesNotExist: return !has;
    case Operator::GreaterThan:
    case Operator::LessThan: break;
  }
  const auto found = has ? parse_integer(label.as_string()) : std::nullopt;
  if (!found) return false;
  return op == Operator::GreaterThan ? *found > number : *found < number;
}

Result<> LabelSelector::add(std::string_view key, Operator op, std::vector<std::string> values) {
  std::vector<std::string> problems;
  if (auto problem = key_problem(key, "key")) problems.push_back(std::move(*problem));
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  std::int64_t number = 0;
  switch (op) {
    case Operator::In:
    case Operator::NotIn:
      if (values.empty()) {
        problems.emplace_back("values: Invalid value: []: for 'in', 'notin' operators, values set "
                              "can't be empty");
      }
      break;
    case Operator::GreaterThan:
    case Operator::LessThan: {
      const auto parsed = values.size() == 1 ? parse_integer(values[0]) : std::nullopt;
      if (!parsed) {
        problems.push_back(invalid_text("values[0]", values.empty() ? "" : values[0],
                                        "for 'Gt', 'Lt' operators, the value must be an integer"));
      }
      number = parsed.value_or(0);
      break;
    }
    case Operator::Exists:
    case Operator::DoesNotExist:
      if (!values.empty()) {
        problems.emplace_back("values: Invalid value: values set must be empty for exists and does "
                              "not exist");
      }
      break;
    default: break;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const schema::Complaints complaints = schema::check_label_value(values[i]);
    if (complaints.empty()) continue;
    problems.push_back(invalid_text(fmt::format("values[{}][{}]", i, key), values[i],
                                    fmt::format("{}", fmt::join(complaints, "; "))));
  }
  if (!problems.empty()) {
    std::string all = fmt::format("{}", fmt::join(problems, ", "));
    return Error(Reason::BadRequest, problems.size() == 1 ? all : fmt::format("[{}]", all));
  }
  insert({std::string(key), op, std::move(values), number});
  return ok();
}

void LabelSelector::insert(Requirement requirement) {
  const auto at = std::upper_bound(
      requirements_.begin(), requirements_.end(), requirement,
      [](const Requirement& a, const Requirement& b) { return a.key < b.key; });
  requirements_.insert(at, std::move(requirement));
}

LabelSelector LabelSelector::nothing() {
  LabelSelector selector;
  selector.nothing_ = true;
  return selector;
}

Result<LabelSelector> LabelSelector::parse(std::string_view text) {
  LabelSelector selector;
  TRY(Parser(text).parse(selector));
  return selector;
}

Result<LabelSelector> LabelSelector::from_selector(Value selector) {
  if (!selector.exists() || selector.is_null()) return nothing();
  LabelSelector out;
  for (const auto [key, atom, value] : selector["matchLabels"].entries()) {
    TRY(out.add(key, Operator::Equals, {std::string(value.as_string())}));
  }
  for (const Value expression : selector["matchExpressions"].items()) {
    const std::string_view name = expression["operator"].as_string();
    Operator op = Operator::In;
    if (name == "In") op = Operator::In;
    else if (name == "NotIn") op = Operator::NotIn;
    else if (name == "Exists") op = Operator::Exists;
    else if (name == "DoesNotExist") op = Operator::DoesNotExist;
    else
      return Error(Reason::BadRequest, fmt::format("{} is not a valid label selector operator",
                                                   schema::go_quote(name)));
    std::vector<std::string> values;
    for (const Value value : expression["values"].items()) values.emplace_back(value.as_string());
    TRY(out.add(expression["key"].as_string(), op, std::move(values)));
  }
  return out;
}

LabelSelector LabelSelector::from_labels(Value labels) {
  LabelSelector out;
  for (const auto [key, atom, value] : labels.entries()) {
    out.insert({std::string(key), Operator::Equals, {std::string(value.as_string())}, 0});
  }
  return out;
}

bool LabelSelector::matches(Value labels) const {
  if (nothing_) return false;
  return std::all_of(requirements_.begin(), requirements_.end(),
                     [&](const Requirement& one) { return one.matches(labels); });
}

std::optional<std::string_view> LabelSelector::required(std::string_view key) const {
  for (const Requirement& one : requirements_) {
    const bool exact = one.op == Operator::In || one.op == Operator::Equals ||
                       one.op == Operator::DoubleEquals;
    if (exact && one.key == key && one.values.size() == 1) return one.values[0];
  }
  return std::nullopt;
}

std::string LabelSelector::text() const {
  std::string out;
  for (const Requirement& one : requirements_) {
    if (!out.empty()) out += ',';
    if (one.op == Operator::DoesNotExist) out += '!';
    out += one.key;
    switch (one.op) {
      case Operator::In: out += " in ("; break;
      case Operator::NotIn: out += " notin ("; break;
      case Operator::Equals: out += '='; break;
      case Operator::DoubleEquals: out += "=="; break;
      case Operator::NotEquals: out += "!="; break;
      case Operator::GreaterThan: out += '>'; break;
      case Operator::LessThan: out += '<'; break;
      case Operator::Exists:
      case Operator::DoesNotExist: continue;
    }
    fmt::format_to(std::back_inserter(out), "{}", fmt::join(one.values, ","));
    if (one.op == Operator::In || one.op == Operator::NotIn) out += ')';
  }
  return out;
}

}  // namespace knarr::api
