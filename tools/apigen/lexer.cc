// SPDX-License-Identifier: Apache-2.0
// The lexer: see lexer.h.
#include "lexer.h"

namespace knarr::apigen {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

class Lexer {
 public:
  Lexer(const std::string& file, const std::string& content, Diagnostics& errors)
      : file_(file), content_(content), errors_(errors) {}

  std::vector<Token> run() {
    while (at_ < content_.size()) step();
    add(Token::Kind::EndOfLine, "");
    add(Token::Kind::EndOfFile, "");
    return std::move(tokens_);
  }

 private:
  void add(Token::Kind kind, std::string text) {
    tokens_.push_back({kind, std::move(text), line_});
  }

  void step() {
    const char c = content_[at_];
    if (c == '\n') {
      add(Token::Kind::EndOfLine, "");
      ++line_;
      ++at_;
    } else if (is_space(c)) {
      ++at_;
    } else if (c == '#') {
      while (at_ < content_.size() && content_[at_] != '\n') ++at_;
    } else {
      word();
    }
  }

  void word() {
    const std::size_t start = at_;
    std::size_t quotes = 0;
    while (at_ < content_.size() && !is_space(content_[at_]) && content_[at_] != '\n') {
      if (content_[at_] == '"') {
        ++quotes;
        if (!skip_quoted()) return;
      } else {
        ++at_;
      }
    }
    std::string text = content_.substr(start, at_ - start);
    if (quotes == 1 && text.front() == '"' && text.back() == '"') {
      add(Token::Kind::Text, unquote(text));
    } else if (text == "{") {
      add(Token::Kind::Open, text);
    } else if (text == "}") {
      add(Token::Kind::Close, text);
    } else {
      add(Token::Kind::Word, std::move(text));
    }
  }

  bool skip_quoted() {
    for (++at_; at_ < content_.size() && content_[at_] != '\n'; ++at_) {
      if (content_[at_] == '\\') {
        ++at_;
      } else if (content_[at_] == '"') {
        ++at_;
        return true;
      }
    }
    errors_.error({file_, line_}, "a quote is not closed on its line");
    return false;
  }

  static std::string unquote(const std::string& text) {
    std::string result;
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
      if (text[i] == '\\' && i + 2 < text.size()) ++i;
      result += text[i];
    }
    return result;
  }

  const std::string& file_;
  const std::string& content_;
  Diagnostics& errors_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

std::vector<Token> lex(const std::string& file, const std::string& content, Diagnostics& errors) {
  return Lexer(file, content, errors).run();
}

}  // namespace knarr::apigen
