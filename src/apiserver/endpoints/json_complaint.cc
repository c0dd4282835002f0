// SPDX-License-Identifier: Apache-2.0
// A scanner of JSON that keeps nothing but its state. It steps byte by byte as Go's does, so that it
// stops at the same byte with the same words; no recursion, depth is bounded.
// Source: encoding/json scanner.go.
#include "apiserver/endpoints/json_complaint.h"

#include <fmt/core.h>

#include <vector>

namespace knarr::apiserver {

namespace {

constexpr std::size_t kMaximumDepth = 10'000;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// A byte as Go quotes it: bytes above ASCII are taken for the character of that number.
std::string quoted(char c) {
  const auto byte = static_cast<unsigned char>(c);
  switch (c) {
    case '\'': return R"('\'')";
    case '\n': return R"('\n')";
    case '\t': return R"('\t')";
    case '\r': return R"('\r')";
    case '\\': return R"('\\')";
    default: break;
  }
  if (byte < 0x20 || byte == 0x7F) return fmt::format("'\\x{:02x}'", byte);
  if (byte < 0x80) return fmt::format("'{}'", c);
  if (byte < 0xA1 || byte == 0xAD) return fmt::format("'\\u{:04x}'", byte);
  return fmt::format("'{}{}'", static_cast<char>(0xC0U | byte >> 6U), static_cast<char>(0x80U | (byte & 0x3FU)));
}

class Scanner {
 public:
  std::string run(std::string_view text) {
    for (const char c : text) {
      step(c);
      if (!problem_.empty()) return problem_;
    }
    if (state_ == State::EndTop) return {};
    step(' ');  // Ends a number, and tells what else was begun.
    if (state_ == State::EndTop) return {};
    return problem_.empty() ? "unexpected end of JSON input" : problem_;
  }

 private:
  enum class State {
    Value, ValueOrEnd, Key, KeyOrEnd, EndValue, EndTop, Text, Escape, Hex, Word,
    Minus, Zero, Digits, Point, Fraction, Exponent, ExponentSign, ExponentDigits,
  };
  enum class Inside { Key, MapValue, ListValue };

  void refuse(char c, std::string_view where) {
    problem_ = fmt::format("invalid character {} {}", quoted(c), where);
  }

  void open(Inside what, State state) {
    if (stack_.size() >= kMaximumDepth) {
      problem_ = "exceeded max depth";
      return;
    }
    stack_.push_back(what);
    state_ = state;
  }

  void close() {
    stack_.pop_back();
    state_ = stack_.empty() ? State::EndTop : State::EndValue;
  }

  void begin_value(char c) {
    switch (c) {
      case '{': return open(Inside::Key, State::KeyOrEnd);
      case '[': return open(Inside::ListValue, State::ValueOrEnd);
      case '"': state_ = State::Text; return;
      case '-': state_ = State::Minus; return;
      case '0': state_ = State::Zero; return;
      case 't': return begin_word("true");
      case 'f': return begin_word("false");
      case 'n': return begin_word("null");
      default: break;
    }
    if (is_digit(c)) {
      state_ = State::Digits;
    } else {
      refuse(c, "looking for beginning of value");
    }
  }

  void begin_word(std::string_view word) {
    word_ = word;
    matched_ = 1;
    state_ = State::Word;
  }

  void end_value(char c) {
    if (stack_.empty()) {
      state_ = State::EndTop;
      end_top(c);
      return;
    }
    if (is_space(c)) {
      state_ = State::EndValue;
      return;
    }
    Inside& inside = stack_.back();
    switch (inside) {
      case Inside::Key:
        if (c != ':') return refuse(c, "after object key");
        inside = Inside::MapValue;
        state_ = State::Value;
        return;
      case Inside::MapValue:
        if (c == '}') return close();
        if (c != ',') return refuse(c, "after object key:value pair");
        inside = Inside::Key;
        state_ = State::Key;
        return;
      case Inside::ListValue:
        if (c == ']') return close();
        if (c != ',') return refuse(c, "after array element");
        state_ = State::Value;
        return;
    }
  }

  void end_top(char c) {
    if (!is_space(c)) refuse(c, "after top-level value");
  }

  void ended(State state) {
    state_ = state;
    if (stack_.empty() && state == State::EndValue) state_ = State::EndTop;
  }

  void step_text(char c) {
    if (c == '"') {
      ended(State::EndValue);
    } else if (c == '\\') {
      state_ = State::Escape;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      refuse(c, "in string literal");
    }
  }

  void step_escape(char c) {
    if (c == 'u') {
      state_ = State::Hex;
      matched_ = 0;
    } else if (std::string_view("bfnrt\\/\"").find(c) != std::string_view::npos) {
      state_ = State::Text;
    } else {
      refuse(c, "in string escape code");
    }
  }

  void step_number(char c) {
    switch (state_) {
      case State::Minus:
        if (c == '0') {
          state_ = State::Zero;
        } else if (is_digit(c)) {
          state_ = State::Digits;
        } else {
          refuse(c, "in numeric literal");
        }
        return;
      case State::Digits:
        if (is_digit(c)) return;
        [[fallthrough]];
      case State::Zero:
        if (c == '.') {
          state_ = State::Point;
        } else if (c == 'e' || c == 'E') {
          state_ = State::Exponent;
        } else {
          end_value(c);
        }
        return;
      case State::Point:
        if (!is_digit(c)) return refuse(c, "after decimal point in numeric literal");
        state_ = State::Fraction;
        return;
      case State::Fraction:
        if (is_digit(c)) return;
        if (c == 'e' || c == 'E') {
          state_ = State::Exponent;
        } else {
          end_value(c);
        }
        return;
      case State::Exponent:
        if (c == '+' || c == '-') {
          state_ = State::ExponentSign;
          return;
        }
        [[fallthrough]];
      case State::ExponentSign:
        if (!is_digit(c)) return refuse(c, "in exponent of numeric literal");
        state_ = State::ExponentDigits;
        return;
      default:
        if (!is_digit(c)) end_value(c);
        return;
    }
  }

  void step_word(char c) {
    if (c != word_[matched_]) {
      return refuse(c, fmt::format("in literal {} (expecting {})", word_, quoted(word_[matched_])));
    }
    if (++matched_ == word_.size()) ended(State::EndValue);
  }

  void step(char c) {
    switch (state_) {
      case State::Value:
        if (!is_space(c)) begin_value(c);
        return;
      case State::ValueOrEnd:
        if (is_space(c)) return;
        if (c == ']') return close();
        return begin_value(c);
      case State::KeyOrEnd:
        if (is_space(c)) return;
        if (c == '}') return close();
        [[fallthrough]];
      case State::Key:
        if (is_space(c)) return;
        if (c != '"') return refuse(c, "looking for beginning of object key string");
        state_ = State::Text;
        return;
      case State::EndValue: return end_value(c);
      case State::EndTop: return end_top(c);
      case State::Text: return step_text(c);
      case State::Escape: return step_escape(c);
      case State::Hex:
        if (!is_hex(c)) return refuse(c, "in \\u hexadecimal character escape");
        if (++matched_ == 4) state_ = State::Text;
        return;
      case State::Word: return step_word(c);
      default: return step_number(c);
    }
  }

  State state_ = State::Value;
  std::vector<Inside> stack_;
  std::string problem_;
  std::string_view word_;
  std::size_t matched_ = 0;
};

}  // namespace

std::string json_complaint(std::string_view text) {
  return Scanner().run(text);
}

}  // namespace knarr::apiserver
