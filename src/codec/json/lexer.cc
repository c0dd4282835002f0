// SPDX-License-Identifier: Apache-2.0
// Strings are looked at eight bytes at a time: nearly all of them are plain ASCII.
#include "codec/json/lexer.h"

#include "codec/text/utf8.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace knarr::codec::internal {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
constexpr std::uint64_t kHighs = 0x8080808080808080ULL;

/// Non-zero when a byte of the word is a quote, a backslash, a control character or not ASCII.
std::uint64_t special(std::uint64_t word) {
  const std::uint64_t quote = word ^ (kOnes * '"');
  const std::uint64_t slash = word ^ (kOnes * '\\');
  const std::uint64_t hits = ((quote - kOnes) & ~quote) | ((slash - kOnes) & ~slash) |
                             ((word - kOnes * 0x20) & ~word) | word;
  return hits & kHighs;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string shown(char c) {
  const auto value = static_cast<unsigned char>(c);
  if (value < 0x20 || value >= 0x7F) return fmt::format("byte 0x{:02x}", value);
  return fmt::format("'{}'", c);
}

}  // namespace

bool JsonLexer::fail(std::string_view what) {
  if (!failed()) message_ = what;
  return false;
}

bool JsonLexer::end_or(std::string_view what) {
  if (at_end()) return fail("unexpected end of input");
  return fail(fmt::format("unexpected {} {}", shown(text_[at_]), what));
}

Error JsonLexer::error() const {
  const std::string_view before = text_.substr(0, std::min(at_, text_.size()));
  const auto line = 1 + std::ranges::count(before, '\n');
  const std::size_t start = before.rfind('\n');
  const std::size_t column = start == std::string_view::npos ? before.size() + 1 : before.size() - start;
  return {Reason::BadRequest,
          fmt::format("invalid JSON at line {}, column {}: {}", line, column, message_)};
}

bool JsonLexer::string(std::string_view& value) {
  const std::size_t start = ++at_;
  for (;;) {
    std::uint64_t word = 0;
    while (at_ + sizeof word <= text_.size()) {
      std::memcpy(&word, text_.data() + at_, sizeof word);
      if (special(word) != 0) break;
      at_ += sizeof word;
    }
    while (at_ < text_.size()) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') {
        value = text_.substr(start, at_ - start);
        ++at_;
        return true;
      }
      if (c == '\\' || c < 0x20) return string_slow(start, value);
      if (c < 0x80) {
        ++at_;
        continue;
      }
      const std::size_t length = utf8_length(text_.substr(at_));
      if (length == 0) return string_slow(start, value);
      at_ += length;
      if (at_ + sizeof word <= text_.size()) break;
    }
    if (at_end()) return end_or("in a string");
  }
}

bool JsonLexer::string_slow(std::size_t start, std::string_view& value) {
  buffer_.assign(text_, start, at_ - start);
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      value = buffer_;
      return true;
    }
    if (c == '\\') {
      if (!escape(buffer_)) return false;
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x20) return end_or("in a string: it must be escaped");
    const std::size_t length = utf8_length(text_.substr(at_));
    if (length == 0) {
      buffer_ += kReplacement;
      ++at_;
    } else {
      buffer_.append(text_, at_, length);
      at_ += length;
    }
  }
  return end_or("in a string");
}

bool JsonLexer::hex4(std::size_t at, std::uint32_t& code) const {
  if (at + 6 > text_.size() || text_[at] != '\\' || text_[at + 1] != 'u') return false;
  code = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    const char c = text_[i];
    std::uint32_t digit = 0;
    if (is_digit(c)) {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
      digit = static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
    } else {
      return false;
    }
    code = code * 16 + digit;
  }
  return true;
}

bool JsonLexer::escape(std::string& out) {
  const char kind = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
  constexpr std::string_view kFrom = "\"\\/bfnrt";
  constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
  if (const std::size_t i = kFrom.find(kind); i != std::string_view::npos && kind != '\0') {
    out.push_back(kTo[i]);
    at_ += 2;
    return true;
  }
  std::uint32_t code = 0;
  if (!hex4(at_, code)) {
    ++at_;
    return end_or("in an escape of a string");
  }
  at_ += 6;
  if (code < 0xD800 || code > 0xDFFF) {
    append_utf8(out, code);
    return true;
  }
  std::uint32_t low = 0;
  if (code < 0xDC00 && hex4(at_, low) && low >= 0xDC00 && low <= 0xDFFF) {
    at_ += 6;
    append_utf8(out, 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00));
  } else {
    out += kReplacement;  // A surrogate without its partner.
  }
  return true;
}

bool JsonLexer::string_token(std::string_view& token) {
  const std::size_t start = at_++;
  while (at_ < text_.size()) {
    std::uint64_t word = 0;
    if (at_ + sizeof word <= text_.size()) {
      std::memcpy(&word, text_.data() + at_, sizeof word);
      if (special(word) == 0) {
        at_ += sizeof word;
        continue;
      }
    }
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      token = text_.substr(start, at_ - start);
      return true;
    }
    if (c == '\\') {
      buffer_.clear();
      if (!escape(buffer_)) return false;
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x20) return end_or("in a string: it must be escaped");
    ++at_;
  }
  return end_or("in a string");
}

bool JsonLexer::number(std::string_view& token, bool& integer) {
  const std::size_t start = at_;
  const auto digit = [this] { return at_ < text_.size() && is_digit(text_[at_]); };
  const auto digits = [this, &digit](std::string_view where) {
    if (!digit()) return end_or(where);
    while (digit()) ++at_;
    return true;
  };
  if (text_[at_] == '-') ++at_;
  if (at_ < text_.size() && text_[at_] == '0') {
    ++at_;
  } else if (!digits("in a number")) {
    return false;
  }
  integer = true;
  if (at_ < text_.size() && text_[at_] == '.') {
    integer = false;
    ++at_;
    if (!digits("after the decimal point of a number")) return false;
  }
  if (at_ < text_.size() && (text_[at_] | 0x20) == 'e') {
    integer = false;
    ++at_;
    if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
    if (!digits("in the exponent of a number")) return false;
  }
  token = text_.substr(start, at_ - start);
  return true;
}

bool JsonLexer::word(std::string_view expected) {
  for (const char c : expected) {
    if (at_end() || text_[at_] != c) return end_or(fmt::format("in \"{}\"", expected));
    ++at_;
  }
  return true;
}

}  // namespace knarr::codec::internal
