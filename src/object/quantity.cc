// SPDX-License-Identifier: Apache-2.0
// Reading quantities, and their canonical text. Texts are worked on as decimal digits, so that a
// number of any length keeps its value; arithmetic is in quantity_math.cc.
#include "object/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace knarr::object {
namespace {

using Format = Quantity::Format;

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
constexpr int kFastDigits = 18;  // As many digits surely fit into an int64.
constexpr int kMantissaDigits = 37;

struct Suffix {
  Format format = Format::DecimalSI;
  std::int32_t exponent = 0;  // Of 10, or of 2 for BinarySI.
};

struct Parts {
  bool negative = false;
  bool has_digits = false;
  std::string_view whole;     // Digits before the point, without leading zeros; "0" when none.
  std::string_view fraction;  // Digits after the point.
  std::string_view suffix;
};

/// An amount as digits: 0.digits would be the same number with another exponent.
struct Decimal {
  bool negative = false;
  std::string digits;  // No leading zeros; "" is zero.
  std::int64_t exponent = 0;
  Format format = Format::DecimalSI;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

Error wrong_format() {
  return {Reason::BadRequest,
          "quantities must match the regular expression "
          "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"};
}

Result<Parts> split(std::string_view text) {
  if (text.empty()) return wrong_format();
  Parts parts;
  std::size_t at = 0;
  if (text[0] == '-' || text[0] == '+') {
    parts.negative = text[0] == '-';
    ++at;
  }
  while (at < text.size() && text[at] == '0') ++at;
  std::size_t end = skip_digits(text, at);
  parts.whole = text.substr(at, end - at);
  if (parts.whole.empty()) parts.whole = "0";
  at = end;
  if (at < text.size() && text[at] == '.') {
    end = skip_digits(text, at + 1);
    parts.fraction = text.substr(at + 1, end - at - 1);
    at = end;
  }
  parts.has_digits = text.find_first_of("0123456789") < at;
  const std::size_t suffix = at;
  while (at < text.size() && std::string_view("eEinumkKMGTP").contains(text[at])) ++at;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  at = skip_digits(text, at);
  if (at != text.size()) return wrong_format();
  parts.suffix = text.substr(suffix);
  return parts;
}

struct NamedSuffix {
  std::string_view name;
  Format format;
  std::int32_t exponent;
};

constexpr std::array kSuffixes = {
    NamedSuffix{"", Format::DecimalSI, 0},   NamedSuffix{"m", Format::DecimalSI, -3},
    NamedSuffix{"Ki", Format::BinarySI, 10}, NamedSuffix{"Mi", Format::BinarySI, 20},
    NamedSuffix{"Gi", Format::BinarySI, 30}, NamedSuffix{"k", Format::DecimalSI, 3},
    NamedSuffix{"M", Format::DecimalSI, 6},  NamedSuffix{"G", Format::DecimalSI, 9},
    NamedSuffix{"u", Format::DecimalSI, -6}, NamedSuffix{"n", Format::DecimalSI, -9},
    NamedSuffix{"T", Format::DecimalSI, 12}, NamedSuffix{"P", Format::DecimalSI, 15},
    NamedSuffix{"E", Format::DecimalSI, 18}, NamedSuffix{"Ti", Format::BinarySI, 40},
    NamedSuffix{"Pi", Format::BinarySI, 50}, NamedSuffix{"Ei", Format::BinarySI, 60},
};

Result<Suffix> read_suffix(const Parts& parts) {
  const std::string_view text = parts.suffix;
  for (const NamedSuffix& known : kSuffixes) {
    if (known.name != text) continue;
    // "Ki" alone is 0 in Go and "Pi" alone is refused: its fast path does not ask for digits.
    if (!parts.has_digits && known.format == Format::BinarySI && known.exponent > 40) {
      return Error(Reason::BadRequest, "unable to parse numeric part of quantity");
    }
    return Suffix{known.format, known.exponent};
  }
  if (text.size() > 1 && (text[0] == 'e' || text[0] == 'E')) {
    std::string_view number = text.substr(1);
    if (number[0] == '+') number.remove_prefix(1);
    std::int32_t exponent = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), exponent);
    if (error == std::errc() && end == number.data() + number.size() && number != "-") {
      return Suffix{Format::DecimalExponent, exponent};
    }
  }
  return Error(Reason::BadRequest, "unable to parse quantity's suffix");
}

void strip_leading_zeros(std::string& digits) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
}

void increment(std::string& digits) {
  for (std::size_t i = digits.size(); i-- > 0;) {
    if (digits[i] != '9') {
      ++digits[i];
      return;
    }
    digits[i] = '0';
  }
  digits.insert(0, 1, '1');
}

/// Rounds away from zero to whole units of 10^exponent: who asks for some gets some.
void round_up_to(Decimal& amount, std::int64_t exponent) {
  if (amount.exponent >= exponent || amount.digits.empty()) return;
  const auto drop = static_cast<std::uint64_t>(exponent - amount.exponent);
  if (drop >= amount.digits.size()) {
    amount.digits = "1";
  } else {
    const std::size_t keep = amount.digits.size() - drop;
    const bool inexact = amount.digits.find_first_not_of('0', keep) != std::string::npos;
    amount.digits.resize(keep);
    if (inexact) increment(amount.digits);
  }
  amount.exponent = exponent;
}

std::string to_digits(unsigned __int128 value) {
  std::string digits;
  for (; value != 0; value /= 10) digits.push_back(static_cast<char>('0' + value % 10));
  std::ranges::reverse(digits);
  return digits;
}

unsigned __int128 to_number(std::string_view digits) {
  unsigned __int128 value = 0;
  for (char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

/// whole.fraction * 2^exponent as decimal digits, at most the largest int64.
void scale_binary(Decimal& amount, const Parts& parts, std::int32_t exponent) {
  constexpr std::size_t kFraction = 18;  // More digits count as "a bit more".
  if (parts.whole.size() > 19) {
    amount.digits = to_digits(kLargest);
    amount.exponent = 0;
    return;
  }
  const unsigned __int128 whole = to_number(parts.whole) << static_cast<unsigned>(exponent);
  std::string fraction(parts.fraction.substr(0, kFraction));
  fraction.resize(kFraction, '0');
  unsigned __int128 part = to_number(fraction) << static_cast<unsigned>(exponent);
  if (parts.fraction.size() > kFraction &&
      parts.fraction.find_first_not_of('0', kFraction) != std::string_view::npos) {
    ++part;
  }
  constexpr auto kUnit = static_cast<unsigned __int128>(1'000'000'000'000'000'000ULL);
  const unsigned __int128 sum = whole + part / kUnit;
  const unsigned __int128 rest = part % kUnit;
  if (sum > kLargest || (sum == kLargest && rest != 0)) {
    amount.digits = to_digits(kLargest);
    amount.exponent = 0;
    return;
  }
  std::string low = to_digits(rest);
  low.insert(0, kFraction - low.size(), '0');
  amount.digits = to_digits(sum) + low;
  strip_leading_zeros(amount.digits);
  amount.exponent = -static_cast<std::int64_t>(kFraction);
  if (sum == 0) amount.format = Format::DecimalSI;  // Below one: shown as "500m", never rounded.
}

Decimal amount_of(const Parts& parts, Suffix suffix) {
  Decimal amount{.negative = parts.negative, .digits = {}, .exponent = 0, .format = suffix.format};
  if (suffix.format == Format::BinarySI) {
    scale_binary(amount, parts, suffix.exponent);
  } else {
    amount.digits = std::string(parts.whole) + std::string(parts.fraction);
    strip_leading_zeros(amount.digits);
    amount.exponent = std::int64_t{suffix.exponent} - static_cast<std::int64_t>(parts.fraction.size());
  }
  round_up_to(amount, -9);
  // Trailing zeros go into the exponent, for easy reasoning.
  const std::size_t last = amount.digits.find_last_not_of('0');
  if (last == std::string::npos) {
    amount.digits.clear();
    amount.exponent = 0;
    amount.negative = false;
  } else {
    amount.exponent += static_cast<std::int64_t>(amount.digits.size() - last - 1);
    amount.digits.resize(last + 1);
  }
  return amount;
}

std::string decimal_text(const Decimal& amount) {
  std::int64_t exponent = amount.exponent - (((amount.exponent % 3) + 3) % 3);
  // No suffix is larger than E (Go drops the exponent here, and with it the amount).
  if (amount.format != Format::DecimalExponent) exponent = std::min<std::int64_t>(exponent, 18);
  std::string text = amount.negative ? "-" : "";
  text += amount.digits;
  text.append(static_cast<std::size_t>(std::min<std::int64_t>(amount.exponent - exponent, 4096)), '0');
  if (amount.format == Format::DecimalExponent) {
    if (exponent != 0) text += "e" + std::to_string(exponent);
    return text;
  }
  for (const NamedSuffix& known : kSuffixes) {
    if (known.format == Format::DecimalSI && known.exponent == exponent) text += known.name;
  }
  return text;
}

/// The text in units of 1024, or nothing when that would lose something or confuse.
std::optional<std::string> binary_text(const Decimal& amount) {
  if (amount.exponent < 0 || amount.digits.size() + static_cast<std::size_t>(amount.exponent) > 38) {
    return std::nullopt;
  }
  std::string digits = amount.digits;
  digits.append(static_cast<std::size_t>(amount.exponent), '0');
  unsigned __int128 value = to_number(digits);
  if (value < 1024) return std::nullopt;
  std::int32_t exponent = 0;
  for (; value % 1024 == 0 && exponent < 60; value /= 1024) exponent += 10;
  std::string text = (amount.negative ? "-" : "") + to_digits(value);
  for (const NamedSuffix& known : kSuffixes) {
    if (known.format == Format::BinarySI && known.exponent == exponent) text += known.name;
  }
  return text;
}

std::string text_of(Decimal amount) {
  if (amount.digits.empty()) return "0";
  if (amount.format == Format::BinarySI) {
    if (std::optional<std::string> text = binary_text(amount)) return *std::move(text);
    amount.format = Format::DecimalSI;
  }
  return decimal_text(amount);
}

/// True for texts that Go keeps as they were written.
bool is_kept(const Parts& parts, Suffix suffix) {
  const std::size_t digits = parts.whole.size() + parts.fraction.size();
  if (suffix.format == Format::BinarySI) {
    const int precision = 15 - static_cast<int>(parts.whole.size()) - suffix.exponent * 3 / 10 - 1;
    return parts.fraction.empty() && precision >= 0 && (to_number(parts.whole) & 7U) != 0;
  }
  const std::int64_t scale = std::int64_t{suffix.exponent} - static_cast<std::int64_t>(parts.fraction.size());
  if (digits > kFastDigits || scale < -9 || scale % 3 != 0 || parts.whole == "0") return false;
  const std::string all = std::string(parts.whole) + std::string(parts.fraction);
  return !all.ends_with("000");
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n\v\f\r";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

Result<std::string> canonical_quantity(std::string_view text) {
  text = trim(text);
  const Parts parts = TRY(split(text));
  const Suffix suffix = TRY(read_suffix(parts));
  if (is_kept(parts, suffix)) return std::string(text);
  return text_of(amount_of(parts, suffix));
}

Result<Quantity> Quantity::parse(std::string_view text) {
  const Parts parts = TRY(split(trim(text)));
  const Suffix suffix = TRY(read_suffix(parts));
  Decimal amount = amount_of(parts, suffix);
  if (amount.digits.size() > kMantissaDigits) {
    round_up_to(amount, amount.exponent + static_cast<std::int64_t>(amount.digits.size()) - kMantissaDigits);
  }
  constexpr std::int64_t kMaxScale = std::numeric_limits<std::int32_t>::max() / 2;
  const auto mantissa = static_cast<Mantissa>(to_number(amount.digits));
  return Quantity(amount.negative ? -mantissa : mantissa,
                  static_cast<std::int32_t>(std::min(amount.exponent, kMaxScale)), amount.format);
}

Quantity Quantity::of(std::string_view canonical) {
  Result<Quantity> quantity = parse(canonical);
  return quantity ? *quantity : Quantity();
}

std::string Quantity::text() const {
  Decimal amount{.negative = mantissa_ < 0, .digits = {}, .exponent = scale_, .format = format_};
  const auto magnitude = static_cast<unsigned __int128>(mantissa_);
  amount.digits = to_digits(mantissa_ < 0 ? -magnitude : magnitude);
  const std::size_t last = amount.digits.find_last_not_of('0');
  if (last == std::string::npos) return "0";
  amount.exponent += static_cast<std::int64_t>(amount.digits.size() - last - 1);
  amount.digits.resize(last + 1);
  return text_of(std::move(amount));
}

}  // namespace knarr::object
