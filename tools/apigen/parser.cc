// SPDX-License-Identifier: Apache-2.0
// Statements about packages, types, fields, enums and gates.
#include "parser.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace knarr::apigen {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

namespace {

constexpr std::array<std::string_view, 10> kScalars = {
    "string", "bool", "int32", "int64", "double", "float", "uint32", "uint64", "bytes", "any"};

constexpr std::array<std::string_view, 11> kForms = {
    "quantity", "time", "microTime",     "duration",     "intOrString",        "raw",
    "fieldsV1", "json", "schemaOrArray", "schemaOrBool", "schemaOrStringArray"};

template <std::size_t N>
bool one_of(const std::array<std::string_view, N>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

Parser::Parser(std::string file, const std::string& content, Api& api, Diagnostics& errors)
    : file_(std::move(file)), api_(api), errors_(errors), tokens_(lex(file_, content, errors)) {}

void Parser::run() {
  while (peek().kind != Token::Kind::EndOfFile) {
    if (peek().kind == Token::Kind::EndOfLine) {
      next();
    } else {
      statement();
    }
  }
}

void Parser::statement() {
  if (peek().kind != Token::Kind::Word) {
    error("a statement begins with a word, found '" + peek().text + "'");
    return skip_line();
  }
  const std::string word = peek().text;
  if (package_.empty() &&
      (word == "type" || word == "enum" || word == "resource" || word == "service")) {
    error("'version' or 'package' comes first");
    return skip_line();
  }
  if (word == "version" || word == "package") return package_statement(word == "version");
  if (word == "type") return type_statement();
  if (word == "enum") return enum_statement();
  if (word == "gate") return gate_statement();
  if (word == "group") return group_statement();
  if (word == "resource") return resource_statement();
  if (word == "convert") return conversion_statement();
  if (word == "service") return service_statement();
  error("unknown statement '" + word +
        "' (version, package, type, enum, gate, group, resource, convert, service)");
  skip_line();
}

void Parser::package_statement(bool is_version) {
  next();
  Package package;
  package.version = is_version;
  if (!expect_word(package.name, "a package such as apps/v1")) return skip_line();
  std::string key;
  std::string value;
  while (next_option(key, value)) {
    if (key == "openapi") {
      package.openapi = value;
    } else if (key == "grpc") {
      package.grpc = value;
    } else if (key == "into") {
      package.into = value;
    } else {
      error("unknown word '" + key + "' for a package (openapi=, grpc=, into=)");
    }
  }
  package_ = package.name;
  if (!api_.packages.emplace(package.name, package).second) {
    error("package " + package.name + " is described twice");
  }
  end_of_line();
}

void Parser::type_statement() {
  auto type = std::make_unique<Type>();
  type->at = here();
  type->package = package_;
  next();
  if (!expect_word(type->name, "the name of a type")) return skip_line();
  if (peek().kind == Token::Kind::Word && peek().text == "=") {
    next();
    std::string target;
    if (!expect_word(target, "a type")) return skip_line();
    type->kind = Type::Kind::Renamed;
    type->element = qualify(target);
  }
  while (peek().kind == Token::Kind::Word || peek().kind == Token::Kind::Text) {
    if (peek().kind == Token::Kind::Text) {
      type->help = next().text;
      continue;
    }
    std::string key;
    std::string value;
    next_option(key, value);
    type_word(*type, key, value);
  }
  if (type->kind == Type::Kind::Struct) {
    if (!expect_open()) return skip_line();
    struct_body(*type);
  } else {
    end_of_line();
  }
  const std::string name = type->full_name();
  if (!api_.by_name.emplace(name, type.get()).second) {
    errors_.error(type->at, "type " + name + " is described twice");
  }
  api_.types.push_back(std::move(type));
}

void Parser::type_word(Type& type, std::string_view key, const std::string& value) {
  if (key == "object") {
    type.object = true;
  } else if (key == "noopenapi") {
    type.openapi = false;
  } else if (key == "noproto") {
    type.proto = false;
  } else if (key == "atomic") {
    type.atomic = true;
  } else if (key == "granular") {
    type.granular = true;
  } else if (key == "message") {
    type.message = true;
  } else if (key == "hook") {
    type.hook = value;
  } else if (key == "since") {
    type.life.since = value;
  } else if (key == "deprecated") {
    type.deprecated = true;
    type.life.deprecated = value;
  } else if (key == "removed") {
    type.life.removed = value;
  } else if (key == "replacement") {
    type.life.replacement = value;
  } else if (key == "form") {
    type.kind = Type::Kind::Form;
    type.form = value;
    if (!one_of(kForms, value)) error("unknown form '" + value + "'");
  } else if (key == "element") {
    type.element = qualify(value);
  } else {
    error("unknown word '" + std::string(key) +
          "' for a type (object, atomic, granular, message, form=, element=, noopenapi, noproto, "
          "hook=, since=, deprecated=, removed=, replacement=)");
  }
}

void Parser::struct_body(Type& type) {
  while (!at_close()) {
    if (peek().kind == Token::Kind::EndOfFile) {
      errors_.error(type.at, "type " + type.name + " is not closed by '}'");
      return;
    }
    field(type);
  }
  next();
  end_of_line();
}

void Parser::field(Type& type) {
  Field field;
  field.at = here();
  field.package = package_;
  field.omit_empty = !api_.packages[package_].grpc.empty();  // As proto3 does.
  std::string number_text;
  if (!expect_word(field.name, "the name of a field") ||
      !expect_word(number_text, "a protobuf number, or '-' for none") ||
      !expect_word(field.type, "a type")) {
    return skip_line();
  }
  field.type = qualify(field.type);
  if (number_text != "-") {
    field.number = static_cast<int>(number("the protobuf number", number_text));
    if (field.number < 1 || field.number > 65535) error("a protobuf number is 1 to 65535");
  }
  while (peek().kind == Token::Kind::Word || peek().kind == Token::Kind::Text) {
    if (peek().kind == Token::Kind::Text) {
      field.help = next().text;
      continue;
    }
    std::string key;
    std::string value;
    next_option(key, value);
    field_word(field, key, value);
  }
  if (field.name == "inline") field.name.clear();
  type.fields.push_back(std::move(field));
  end_of_line();
}

void Parser::field_word(Field& field, std::string_view key, const std::string& value) {
  if (key == "pointer") {
    field.pointer = true;
  } else if (key == "oneof") {
    field.pointer = true;
  } else if (key == "omitempty") {
    field.omit_empty = true;
  } else if (key == "omitzero") {
    field.omit_zero = true;
  } else if (key == "required") {
    field.required_word = true;
  } else if (key == "optional") {
    field.optional_word = true;
  } else if (key == "default") {
    field.default_json = value;
  } else if (key == "published") {
    field.published = true;
  } else if (key == "merge") {
    field.merge = true;
    field.merge_key = value;
  } else if (key == "replace") {
    field.replace = true;
  } else if (key == "retainKeys") {
    field.retain_keys = true;
  } else if (key == "list") {
    const std::size_t colon = std::min(value.find(':'), value.size());
    field.list = value.substr(0, colon);
    field.list_keys = colon < value.size() ? value.substr(colon + 1) : "";
    if (field.list != "atomic" && field.list != "set" && field.list != "map") {
      error("list= is atomic, set or map:KEYS, not '" + value + "'");
    }
  } else if (key == "map") {
    field.map = value;
    if (value != "atomic" && value != "granular") error("map= is atomic or granular");
  } else if (key == "gate") {
    field.gates = value;
  } else if (key == "deprecated") {
    field.deprecated = true;
  } else if (key == "immutable") {
    field.immutable = true;
  } else if (key == "min") {
    field.has_min = true;
    field.min = number("min", value);
  } else if (key == "max") {
    field.has_max = true;
    field.max = number("max", value);
  } else {
    error("unknown word '" + std::string(key) +
          "' for a field (pointer, oneof=, omitempty, omitzero, required, optional, default=, "
          "published, "
          "merge=, replace, retainKeys, list=, map=, gate=, deprecated, immutable, min=, max=)");
  }
}

void Parser::enum_statement() {
  auto type = std::make_unique<Type>();
  type->at = here();
  type->package = package_;
  type->kind = Type::Kind::Enum;
  next();
  if (!expect_word(type->name, "the name of an enum")) return skip_line();
  std::string key;
  std::string value;
  while (next_option(key, value)) {
    if (key == "published") {
      type->published = true;
    } else if (key == "numbered") {
      type->numbered = true;
    } else {
      error("unknown word '" + key + "' for an enum (published, numbered)");
    }
  }
  if (!expect_open()) return skip_line();
  while (!at_close() && peek().kind != Token::Kind::EndOfFile) {
    const Token& token = next();
    EnumValue entry;
    entry.text = token.text;
    if (type->numbered) {
      const std::size_t equals = std::min(token.text.find('='), token.text.size());
      entry.name = token.text.substr(0, equals);
      entry.text = entry.name;
      entry.number =
          number("an enum value", equals < token.text.size() ? token.text.substr(equals + 1) : "");
    }
    type->values.push_back(std::move(entry));
  }
  next();
  end_of_line();
  const std::string name = type->full_name();
  if (!api_.by_name.emplace(name, type.get()).second) {
    errors_.error(type->at, "type " + name + " is described twice");
  }
  api_.types.push_back(std::move(type));
}

void Parser::gate_statement() {
  next();
  std::string name;
  std::string state;
  Gate gate;
  if (!expect_word(name, "the name of a gate") || !expect_word(gate.stage, "alpha, beta or ga") ||
      !expect_word(state, "on or off")) {
    return skip_line();
  }
  if (state != "on" && state != "off") error("a gate is on or off");
  gate.on = state == "on";
  if (!api_.gates.emplace(name, gate).second) error("gate " + name + " is described twice");
  end_of_line();
}

const Token& Parser::next() {
  const Token& token = tokens_[at_];
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

bool Parser::expect_word(std::string& into, std::string_view what) {
  if (peek().kind != Token::Kind::Word) {
    error("expected " + std::string(what));
    return false;
  }
  into = next().text;
  return true;
}

bool Parser::expect_open() {
  if (peek().kind != Token::Kind::Open) {
    error("expected '{'");
    return false;
  }
  next();
  return true;
}

bool Parser::at_close() {
  while (peek().kind == Token::Kind::EndOfLine) next();
  return peek().kind == Token::Kind::Close;
}

void Parser::end_of_line() {
  if (peek().kind == Token::Kind::EndOfFile || peek().kind == Token::Kind::Close) return;
  if (peek().kind != Token::Kind::EndOfLine) {
    error("did not expect '" + peek().text + "' here");
    return skip_line();
  }
  next();
}

void Parser::skip_line() {
  while (peek().kind != Token::Kind::EndOfLine && peek().kind != Token::Kind::EndOfFile) next();
  next();
}

bool Parser::next_option(std::string& key, std::string& value) {
  if (peek().kind != Token::Kind::Word) return false;
  const std::string& word = next().text;
  const std::size_t equals = std::min(word.find('='), word.size());
  key = word.substr(0, equals);
  value = equals < word.size() ? word.substr(equals + 1) : "";
  return true;
}

std::string Parser::qualify(const std::string& type) const {
  if (type.starts_with("[]")) return "[]" + qualify(type.substr(2));
  if (type.starts_with("map[string]")) return "map[string]" + qualify(type.substr(11));
  if (one_of(kScalars, type) || type.find('.') != std::string::npos) return type;
  return package_ + "." + type;
}

std::int64_t Parser::number(std::string_view key, const std::string& value) {
  std::int64_t result = 0;
  const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), result);
  if (code != std::errc{} || end != value.data() + value.size() || value.empty()) {
    error(std::string(key) + " is a whole number, not '" + value + "'");
  }
  return result;
}

}  // namespace knarr::apigen
