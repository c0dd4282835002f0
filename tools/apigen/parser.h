// SPDX-License-Identifier: Apache-2.0
// Reads .api files into the model. The language is described in api/README.md.
#pragma once

#include "lexer.h"
#include "model.h"

#include <string>
#include <string_view>
#include <vector>

namespace knarr::apigen {

class Parser {
 public:
  Parser(std::string file, const std::string& content, Api& api, Diagnostics& errors);
  void run();

 private:
  // parser.cc: statements, types, fields.
  void statement();
  void package_statement(bool is_version);
  void type_statement();
  void type_word(Type& type, std::string_view key, const std::string& value);
  void struct_body(Type& type);
  void field(Type& type);
  void field_word(Field& field, std::string_view key, const std::string& value);
  void enum_statement();
  void gate_statement();
  void group_statement();

  // parser_resources.cc: what is served.
  void resource_statement();
  void resource_word(Resource& resource, std::string_view key, const std::string& value);
  void resource_line(Resource& resource);
  void subresource_line(Resource& resource);
  void columns_block(Resource& resource);
  void column_line(Resource& resource);
  void selector_line(Resource& resource);
  void conversion_statement();
  void service_statement();

  [[nodiscard]] const Token& peek() const { return tokens_[at_]; }
  const Token& next();
  [[nodiscard]] Position here() const { return {file_, peek().line}; }
  void error(const std::string& message) { errors_.error(here(), message); }
  bool expect_word(std::string& into, std::string_view what);
  bool expect_open();
  bool at_close();  // Skips empty lines first.
  void end_of_line();
  void skip_line();
  /// The next token, when it is one of the rest of the line: a word split at its first "=".
  bool next_option(std::string& key, std::string& value);
  /// Whole names for the local ones of a type's notation.
  [[nodiscard]] std::string qualify(const std::string& type) const;
  std::int64_t number(std::string_view key, const std::string& value);

  std::string file_;
  Api& api_;
  Diagnostics& errors_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::string package_;
};

std::vector<std::string> split(std::string_view text, char separator);

}  // namespace knarr::apigen
