// SPDX-License-Identifier: Apache-2.0
// The tokens of JSON (RFC 8259), shared by the tree reader and the compactor. The first error
// sticks; positions become line and column only when somebody asks for the error.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace knarr::codec::internal {

class JsonLexer {
 public:
  explicit JsonLexer(std::string_view text) : text_(text) {}

  /// Skips white space; the next byte, or '\0' at the end (which is no token either).
  char peek() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return c;
      ++at_;
    }
    return '\0';
  }
  void advance() { ++at_; }
  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }

  /// Reads a string whose opening quote is next. The view is into the input, or into a buffer that
  /// the next call reuses. False after an error.
  bool string(std::string_view& value);
  /// Skips a string whose opening quote is next; `token` is all of it, quotes included.
  bool string_token(std::string_view& token);
  /// Reads a number token; `integer`: neither point nor exponent.
  bool number(std::string_view& token, bool& integer);
  /// Expects a word such as "true".
  bool word(std::string_view expected);

  /// Remembers an error at the present position; always false.
  bool fail(std::string_view what);
  [[nodiscard]] bool failed() const { return !message_.empty(); }
  /// BadRequest: "invalid JSON at line 3, column 7: ...".
  [[nodiscard]] Error error() const;

 private:
  bool string_slow(std::size_t start, std::string_view& value);
  bool escape(std::string& out);
  bool hex4(std::size_t at, std::uint32_t& code) const;
  bool end_or(std::string_view what);

  std::string_view text_;
  std::size_t at_ = 0;
  std::string buffer_;
  std::string message_;
};

}  // namespace knarr::codec::internal
