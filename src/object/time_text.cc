// SPDX-License-Identifier: Apache-2.0
// RFC 3339 and Go durations, by hand: no locale, no allocation while reading.
#include "object/time_text.h"

#include <fmt/core.h>

#include <array>
#include <cstdint>
#include <limits>
#include <optional>

namespace knarr::object {
namespace {

using std::chrono::microseconds;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes digits and punctuation off the front; remembers the first failure.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  int number(std::size_t digits, int low, int high) {
    if (rest_.size() < digits) return fail();
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (!is_digit(rest_[i])) return fail();
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value < low || value > high ? fail() : value;
  }
  void literal(char c) {
    if (!take(c)) fail();
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] bool at_digit(std::size_t offset) const {
    return offset < rest_.size() && is_digit(rest_[offset]);
  }
  int fail() {
    failed_ = true;
    return 0;
  }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool done() const { return !failed_ && rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  void skip(std::size_t count) { rest_.remove_prefix(count); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

/// A fraction of a second, cut to microseconds. `digits` 0: optional and of any length.
microseconds fraction(Scanner& in, std::size_t digits) {
  const bool present = !in.rest().empty() && (in.rest()[0] == '.' || in.rest()[0] == ',') && in.at_digit(1);
  if (!present) {
    if (digits != 0) in.fail();
    return {};
  }
  in.skip(1);
  std::int64_t value = 0;
  std::size_t count = 0;
  for (; in.at_digit(0) && (digits == 0 || count < digits); ++count) {
    if (count < 6) value = value * 10 + (in.rest()[0] - '0');
    in.skip(1);
  }
  if (digits != 0 && count != digits) in.fail();
  for (; count < 6; ++count) value *= 10;
  return microseconds(value);
}

microseconds offset(Scanner& in) {
  if (in.take('Z')) return {};
  const bool west = in.take('-');
  if (!west) in.literal('+');
  const int hours = in.number(2, 0, 24);
  in.literal(':');
  const int minutes = in.number(2, 0, 60);
  const microseconds ahead = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return west ? -ahead : ahead;
}

Result<TimePoint> parse(std::string_view text, std::size_t decimals, std::string_view form) {
  Scanner in(text);
  const std::chrono::year year{in.number(4, 0, 9999)};
  in.literal('-');
  const std::chrono::month month{static_cast<unsigned>(in.number(2, 1, 12))};
  in.literal('-');
  const std::chrono::day day{static_cast<unsigned>(in.number(2, 1, 31))};
  in.literal('T');
  const int hour = in.number(in.at_digit(1) ? 2 : 1, 0, 23);  // Go reads a single digit too.
  in.literal(':');
  const int minute = in.number(2, 0, 59);
  in.literal(':');
  const int second = in.number(2, 0, 59);
  const microseconds part = fraction(in, decimals);
  const microseconds ahead = offset(in);
  const std::chrono::year_month_day date = year / month / day;
  if (!in.done() || !date.ok()) {
    return Error(Reason::BadRequest,
                 fmt::format("cannot read {:?} as a time: expected RFC 3339, for instance {}",
                             text.substr(0, 64), form));
  }
  return TimePoint(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second) + part - ahead;
}

struct Civil {
  int year;
  unsigned month, day;
  std::int64_t seconds_of_day, micros;
};

Civil civil(TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::int64_t micros = (time - day).count();
  return {static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()), micros / 1'000'000, micros % 1'000'000};
}

void put(char* to, std::int64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) to[i] = static_cast<char>('0' + value % 10);
}

std::string written(TimePoint time, bool decimals) {
  const Civil c = civil(time);
  std::string text = "0000-00-00T00:00:00Z";
  put(text.data(), c.year, 4);
  put(text.data() + 5, c.month, 2);
  put(text.data() + 8, c.day, 2);
  put(text.data() + 11, c.seconds_of_day / 3600, 2);
  put(text.data() + 14, c.seconds_of_day / 60 % 60, 2);
  put(text.data() + 17, c.seconds_of_day % 60, 2);
  if (decimals) {
    text.back() = '.';
    text += "000000Z";
    put(text.data() + 20, c.micros, 6);
  }
  return text;
}

struct Unit {
  std::string_view name;
  std::uint64_t nanoseconds;
};

constexpr std::array kUnits = {
    Unit{"ns", 1},           Unit{"us", 1'000},         Unit{"\u00b5s", 1'000},
    Unit{"\u03bcs", 1'000},  Unit{"ms", 1'000'000},     Unit{"s", 1'000'000'000},
    Unit{"m", 60'000'000'000}, Unit{"h", 3'600'000'000'000},
};

constexpr std::uint64_t kDurationLimit = 1ULL << 63U;

/// One "12.5h" off the front of `text`, in nanoseconds.
std::optional<std::uint64_t> take_part(std::string_view& text) {
  std::uint64_t whole = 0;
  std::uint64_t part = 0;
  double scale = 1;
  std::size_t at = 0;
  bool digits = false;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    if (whole > kDurationLimit / 10) return std::nullopt;
    whole = whole * 10 + static_cast<unsigned>(text[at] - '0');
    if (whole > kDurationLimit) return std::nullopt;
    digits = true;
  }
  if (at < text.size() && text[at] == '.') {
    bool full = false;
    for (++at; at < text.size() && is_digit(text[at]); ++at) {
      digits = true;
      const auto digit = static_cast<unsigned>(text[at] - '0');
      full = full || part > (kDurationLimit - 1) / 10;
      if (full) continue;  // More digits than matter.
      part = part * 10 + digit;
      scale *= 10;
    }
  }
  if (!digits) return std::nullopt;
  const std::size_t start = at;
  while (at < text.size() && text[at] != '.' && !is_digit(text[at])) ++at;
  const std::string_view name = text.substr(start, at - start);
  for (const Unit& unit : kUnits) {
    if (unit.name != name) continue;
    if (whole > kDurationLimit / unit.nanoseconds) return std::nullopt;
    std::uint64_t value = whole * unit.nanoseconds;
    value += static_cast<std::uint64_t>(static_cast<double>(part) *
                                        (static_cast<double>(unit.nanoseconds) / scale));
    if (value > kDurationLimit) return std::nullopt;
    text.remove_prefix(at);
    return value;
  }
  return std::nullopt;
}

}  // namespace

Result<TimePoint> parse_time(std::string_view text) { return parse(text, 0, "2006-01-02T15:04:05Z"); }

Result<TimePoint> parse_micro_time(std::string_view text) {
  return parse(text, 6, "2006-01-02T15:04:05.000000Z");
}

std::string time_text(TimePoint time) { return written(time, false); }
std::string micro_time_text(TimePoint time) { return written(time, true); }

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const Error wrong(Reason::BadRequest,
                    fmt::format("cannot read {:?} as a duration: expected for instance \"1h30m\"",
                                text.substr(0, 64)));
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return std::chrono::nanoseconds(0);
  if (rest.empty()) return wrong;
  std::uint64_t total = 0;
  while (!rest.empty()) {
    const std::optional<std::uint64_t> part = take_part(rest);
    if (!part) return wrong;
    total += *part;
    if (total > kDurationLimit) return wrong;
  }
  if (!negative && total == kDurationLimit) return wrong;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(negative ? 0 - total : total));
}

std::string duration_text(std::chrono::nanoseconds duration) {
  const bool negative = duration.count() < 0;
  std::uint64_t value = negative ? 0 - static_cast<std::uint64_t>(duration.count())
                                 : static_cast<std::uint64_t>(duration.count());
  if (value == 0) return "0s";
  const auto decimals = [](std::uint64_t amount, std::uint64_t unit) {
    std::string text = std::to_string(amount / unit);
    std::uint64_t rest = amount % unit;
    if (rest == 0) return text;
    text += '.';
    for (std::uint64_t digit = unit / 10; rest != 0; rest %= digit, digit /= 10) {
      text += static_cast<char>('0' + rest / digit);
      if (digit == 1) break;
    }
    return text;
  };
  std::string text = negative ? "-" : "";
  if (value < 1'000) return text + std::to_string(value) + "ns";
  if (value < 1'000'000) return text + decimals(value, 1'000) + "\u00b5s";
  if (value < 1'000'000'000) return text + decimals(value, 1'000'000) + "ms";
  constexpr std::uint64_t kMinute = 60'000'000'000;
  const std::uint64_t minutes = value / kMinute;
  if (minutes >= 60) text += std::to_string(minutes / 60) + "h";
  if (minutes > 0) text += std::to_string(minutes % 60) + "m";
  return text + decimals(value % kMinute, 1'000'000'000) + "s";
}

}  // namespace knarr::object
