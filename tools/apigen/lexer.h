// SPDX-License-Identifier: Apache-2.0
// Splits an .api file into lines of words. A word ends at white space; a part of it in double
// quotes may hold spaces (default="a b"), a word that is only quotes is a text. "{" and "}" count
// as braces when they stand alone. "#" at the start of a word begins a comment.
#pragma once

#include "model.h"

#include <string>
#include <vector>

namespace knarr::apigen {

struct Token {
  enum class Kind : std::uint8_t { Word, Text, Open, Close, EndOfLine, EndOfFile };
  Kind kind = Kind::EndOfFile;
  std::string text;  // Of a Text: without quotes and escapes.
  int line = 0;
};

std::vector<Token> lex(const std::string& file, const std::string& content, Diagnostics& errors);

}  // namespace knarr::apigen
