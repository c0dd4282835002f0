// SPDX-License-Identifier: Apache-2.0
#include "codec/yaml/scalar.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>

namespace knarr::codec::internal {
namespace {

using Kind = YamlScalar::Kind;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Word {
  std::string_view text;
  Kind kind;
  bool boolean;
  double real;
};

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

constexpr std::array kWords = {
    Word{"y", Kind::Bool, true, 0},       Word{"Y", Kind::Bool, true, 0},
    Word{"yes", Kind::Bool, true, 0},     Word{"Yes", Kind::Bool, true, 0},
    Word{"YES", Kind::Bool, true, 0},     Word{"true", Kind::Bool, true, 0},
    Word{"True", Kind::Bool, true, 0},    Word{"TRUE", Kind::Bool, true, 0},
    Word{"on", Kind::Bool, true, 0},      Word{"On", Kind::Bool, true, 0},
    Word{"ON", Kind::Bool, true, 0},      Word{"n", Kind::Bool, false, 0},
    Word{"N", Kind::Bool, false, 0},      Word{"no", Kind::Bool, false, 0},
    Word{"No", Kind::Bool, false, 0},     Word{"NO", Kind::Bool, false, 0},
    Word{"false", Kind::Bool, false, 0},  Word{"False", Kind::Bool, false, 0},
    Word{"FALSE", Kind::Bool, false, 0},  Word{"off", Kind::Bool, false, 0},
    Word{"Off", Kind::Bool, false, 0},    Word{"OFF", Kind::Bool, false, 0},
    Word{"", Kind::Null, false, 0},       Word{"~", Kind::Null, false, 0},
    Word{"null", Kind::Null, false, 0},   Word{"Null", Kind::Null, false, 0},
    Word{"NULL", Kind::Null, false, 0},   Word{".nan", Kind::Float, false, kNan},
    Word{".NaN", Kind::Float, false, kNan}, Word{".NAN", Kind::Float, false, kNan},
    Word{".inf", Kind::Float, false, kInfinity}, Word{".Inf", Kind::Float, false, kInfinity},
    Word{".INF", Kind::Float, false, kInfinity}, Word{"+.inf", Kind::Float, false, kInfinity},
    Word{"+.Inf", Kind::Float, false, kInfinity}, Word{"+.INF", Kind::Float, false, kInfinity},
    Word{"-.inf", Kind::Float, false, -kInfinity}, Word{"-.Inf", Kind::Float, false, -kInfinity},
    Word{"-.INF", Kind::Float, false, -kInfinity},
};

/// Go's ParseInt(text, 0, 64) on text without underscores; else ParseUint.
std::optional<YamlScalar> integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  const bool has_sign = negative || text.starts_with('+');
  std::string_view digits = text.substr(has_sign ? 1 : 0);
  int base = 10;
  if (digits.size() > 1 && digits[0] == '0') {
    const char kind = static_cast<char>(digits[1] | 0x20);
    base = kind == 'x' ? 16 : (kind == 'b' ? 2 : 8);
    digits.remove_prefix(kind == 'x' || kind == 'b' || kind == 'o' ? 2 : 1);
  }
  if (digits.empty() || digits[0] == '-' || digits[0] == '+') return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 63U;
  YamlScalar scalar;
  if (value < kLimit || (negative && value == kLimit)) {
    scalar.kind = Kind::Int;
    scalar.integer = static_cast<std::int64_t>(negative ? 0 - value : value);
    return scalar;
  }
  if (has_sign) return std::nullopt;
  scalar.kind = Kind::Unsigned;
  scalar.natural = value;
  return scalar;
}

/// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looks_like_float(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&text, &at] {
    const std::size_t start = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - start;
  };
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  const std::size_t whole = digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0 && whole == 0) return false;
  } else if (whole == 0) {
    return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

std::optional<YamlScalar> real(std::string_view text) {
  if (!looks_like_float(text)) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  YamlScalar scalar;
  scalar.kind = Kind::Float;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), scalar.real);
  if (result.ec == std::errc::result_out_of_range) {
    // Too large is no number for Go; too small is zero.
    const std::size_t e = text.find_first_of("eE");
    if (e == std::string_view::npos || text[e + 1] != '-') return std::nullopt;
    scalar.real = 0;
  } else if (result.ec != std::errc()) {
    return std::nullopt;
  }
  return scalar;
}

/// The forms of go-yaml's timestamps: 2006-1-2, 2006-1-2 15:4:5.9, 2006-1-2T15:4:5.9Z07:00.
bool is_timestamp(std::string_view text) {
  std::size_t at = 0;
  const auto number = [&text, &at](std::size_t longest, int low, int high) {
    int value = 0;
    std::size_t count = 0;
    for (; count < longest && at < text.size() && is_digit(text[at]); ++count, ++at) {
      value = value * 10 + (text[at] - '0');
    }
    return count != 0 && value >= low && value <= high;
  };
  const auto take = [&text, &at](char c) { return at < text.size() && text[at] == c && ++at != 0; };
  const bool year = text.size() > 4 && number(4, 0, 9999) && at == 4;
  if (!year || !take('-') || !number(2, 1, 12) || !take('-') || !number(2, 1, 31)) return false;
  if (at == text.size()) return true;
  const bool zone = text[at] == 'T' || text[at] == 't';
  if (!zone && text[at] != ' ') return false;
  ++at;
  if (!number(2, 0, 23) || !take(':') || !number(2, 0, 59) || !take(':') || !number(2, 0, 59)) return false;
  if (at + 1 < text.size() && (text[at] == '.' || text[at] == ',') && is_digit(text[at + 1])) {
    for (++at; at < text.size() && is_digit(text[at]);) ++at;
  }
  if (!zone) return at == text.size();
  if (take('Z')) return at == text.size();
  if (!take('+') && !take('-')) return false;
  return text.size() == at + 5 && number(2, 0, 24) && take(':') && number(2, 0, 60) && at == text.size();
}

/// [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)? : a number in YAML 1.1, though not to go-yaml.
bool is_base_60(std::string_view text) {
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  if (at >= text.size() || !is_digit(text[at])) return false;
  while (at < text.size() && (is_digit(text[at]) || text[at] == '_')) ++at;
  bool parts = false;
  while (at < text.size() && text[at] == ':') {
    std::size_t digits = 0;
    while (at + 1 + digits < text.size() && is_digit(text[at + 1 + digits])) ++digits;
    if (digits == 0 || digits > 2 || (digits == 2 && text[at + 1] > '5')) return false;
    at += 1 + digits;
    parts = true;
  }
  if (!parts) return false;
  if (at < text.size() && text[at] == '.') {
    for (++at; at < text.size() && (is_digit(text[at]) || text[at] == '_');) ++at;
  }
  return at == text.size();
}

}  // namespace

YamlScalar resolve_plain(std::string_view text) {
  YamlScalar scalar;
  for (const Word& word : kWords) {
    if (word.text != text) continue;
    scalar.kind = word.kind;
    scalar.boolean = word.boolean;
    scalar.real = word.real;
    return scalar;
  }
  const char first = text[0];
  if (first == '.') {
    if (std::optional<YamlScalar> found = real(text)) return *found;
    return scalar;
  }
  if (!is_digit(first) && first != '+' && first != '-') return scalar;
  std::string plain;
  for (const char c : text) {
    if (c != '_') plain += c;
  }
  if (std::optional<YamlScalar> found = integer(plain)) return *found;
  if (std::optional<YamlScalar> found = real(plain)) return *found;
  return scalar;
}

bool needs_quotes(std::string_view text) {
  if (text == "<<") return false;  // go-yaml writes it plain, though it would read it as a merge.
  return resolve_plain(text).kind != Kind::String || is_timestamp(text) || is_base_60(text);
}

}  // namespace knarr::codec::internal
