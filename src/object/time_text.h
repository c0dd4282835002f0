// SPDX-License-Identifier: Apache-2.0
// Times and durations as Kubernetes writes them: meta/v1 Time and MicroTime (RFC 3339), Duration
// (Go's text form). Reading accepts what Go's time package accepts for these layouts.
#pragma once

#include "base/result.h"

#include <chrono>
#include <string>
#include <string_view>

namespace knarr::object {

/// UTC, whole microseconds; years 0 to 9999 can be written.
using TimePoint = std::chrono::sys_time<std::chrono::microseconds>;

/// Go's zero time, 0001-01-01T00:00:00Z: written as null in JSON.
inline constexpr TimePoint kZeroTime{std::chrono::sys_days{std::chrono::year{1} / 1 / 1}};

/// Reads RFC 3339 ("2026-01-02T03:04:05Z", any offset, any fraction). Errors: BadRequest.
Result<TimePoint> parse_time(std::string_view text);
/// Reads the MicroTime form: RFC 3339 with exactly six decimals. Errors: BadRequest.
Result<TimePoint> parse_micro_time(std::string_view text);

/// "2026-01-02T03:04:05Z": the fraction is cut.
std::string time_text(TimePoint time);
/// "2026-01-02T03:04:05.000006Z"
std::string micro_time_text(TimePoint time);

/// Reads Go's form: "1h30m", "1.5s", "-200ms", "0". Errors: BadRequest.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);
/// "1h30m0s", "1.5s", "200ms", "0s".
std::string duration_text(std::chrono::nanoseconds duration);

}  // namespace knarr::object
