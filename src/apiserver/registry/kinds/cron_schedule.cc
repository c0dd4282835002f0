// SPDX-License-Identifier: Apache-2.0
#include "apiserver/registry/kinds/cron_schedule.h"

#include "schema/field_error.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace knarr::apiserver::kinds {

namespace {

constexpr const char* kZoneFolder = "/usr/share/zoneinfo";
constexpr std::size_t kMaxZoneName = 255;

struct Bounds {
  std::int64_t least;
  std::int64_t most;
  std::string_view names;  // Three letters each, from `least` on; "" for none.
};

constexpr std::array<Bounds, 5> kFields = {{
    {0, 59, ""},
    {0, 23, ""},
    {1, 31, ""},
    {1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
    {0, 6, "sunmontuewedthufrisat"},
}};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string_view> split_fields(std::string_view text) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t begin = text.find_first_not_of(" \t\n\v\f\r");
    if (begin == std::string_view::npos) return fields;
    text.remove_prefix(begin);
    const std::size_t length = text.find_first_of(" \t\n\v\f\r");
    fields.push_back(text.substr(0, length));
    if (length == std::string_view::npos) return fields;
    text.remove_prefix(length);
  }
}

// Gives a complaint, or "" and the number.
std::string parse_number(std::string_view text, std::int64_t& value) {
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range) {
    return fmt::format("failed to parse int from {}: strconv.Atoi: parsing {}: value out of range",
                       text, schema::go_quote(text));
  }
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return fmt::format("failed to parse int from {}: strconv.Atoi: parsing {}: invalid syntax",
                       text, schema::go_quote(text));
  }
  if (value < 0) return fmt::format("negative number ({}) not allowed: {}", value, text);
  return {};
}

std::string parse_number_or_name(std::string_view text, const Bounds& bounds,
                                 std::int64_t& value) {
  if (text.size() == 3 && !bounds.names.empty()) {
    std::string lower(text);
    for (char& c : lower) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    for (std::size_t i = 0; i < bounds.names.size(); i += 3) {
      if (bounds.names.substr(i, 3) == lower) {
        value = bounds.least + static_cast<std::int64_t>(i / 3);
        return {};
      }
    }
  }
  return parse_number(text, value);
}

// One of the ranges of a field: "*", "1-5", "*/10".
std::string check_range(std::string_view text, const Bounds& bounds) {
  const std::vector<std::string_view> steps = split(text, '/');
  const std::vector<std::string_view> ends = split(steps[0], '-');
  std::int64_t first = bounds.least;
  std::int64_t last = bounds.most;
  if (ends[0] != "*" && ends[0] != "?") {
    if (std::string bad = parse_number_or_name(ends[0], bounds, first); !bad.empty()) return bad;
    last = first;
    if (ends.size() == 2) {
      if (std::string bad = parse_number_or_name(ends[1], bounds, last); !bad.empty()) return bad;
    } else if (ends.size() > 2) {
      return fmt::format("too many hyphens: {}", text);
    }
  }
  std::int64_t step = 1;
  if (steps.size() == 2) {
    if (std::string bad = parse_number(steps[1], step); !bad.empty()) return bad;
    if (ends.size() == 1) last = bounds.most;
  } else if (steps.size() > 2) {
    return fmt::format("too many slashes: {}", text);
  }
  if (first < bounds.least) {
    return fmt::format("beginning of range ({}) below minimum ({}): {}", first, bounds.least, text);
  }
  if (last > bounds.most) {
    return fmt::format("end of range ({}) above maximum ({}): {}", last, bounds.most, text);
  }
  if (first > last) {
    return fmt::format("beginning of range ({}) beyond end of range ({}): {}", first, last, text);
  }
  if (step == 0) return fmt::format("step of range should be a positive number: {}", text);
  return {};
}

// ---- durations, as Go's time.ParseDuration complains

std::string duration_complaint(std::string_view whole) {
  const std::string invalid =
      fmt::format("time: invalid duration {}", schema::go_quote(whole));
  std::string_view text = whole;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return {};
  if (text.empty()) return invalid;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find_first_not_of("0123456789."), text.size());
    const std::string_view number = text.substr(0, length);
    if (number.find_first_of("0123456789") == std::string_view::npos ||
        number.find('.') != number.rfind('.')) {
      return invalid;
    }
    text.remove_prefix(length);
    const std::size_t unit_length = std::min(text.find_first_of("0123456789."), text.size());
    const std::string_view unit = text.substr(0, unit_length);
    if (unit.empty()) {
      return fmt::format("time: missing unit in duration {}", schema::go_quote(whole));
    }
    static constexpr std::string_view kUnits[] = {"ns", "us", "\xC2\xB5s", "\xCE\xBCs",
                                                  "ms", "s",  "m",         "h"};
    bool known = false;
    for (const std::string_view one : kUnits) known = known || one == unit;
    if (!known) {
      return fmt::format("time: unknown unit {} in duration {}", schema::go_quote(unit),
                         schema::go_quote(whole));
    }
    text.remove_prefix(unit_length);
  }
  return {};
}

std::string check_descriptor(std::string_view text) {
  for (const std::string_view known : {"@yearly", "@annually", "@monthly", "@weekly", "@daily",
                                       "@midnight", "@hourly"}) {
    if (text == known) return {};
  }
  constexpr std::string_view kEvery = "@every ";
  if (!text.starts_with(kEvery)) return fmt::format("unrecognized descriptor: {}", text);
  const std::string complaint = duration_complaint(text.substr(kEvery.size()));
  if (complaint.empty()) return {};
  return fmt::format("failed to parse duration {}: {}", text, complaint);
}

}  // namespace

std::string check_cron_schedule(std::string_view schedule) {
  if (schedule.empty()) return "empty spec string";
  if (schedule.starts_with("TZ=") || schedule.starts_with("CRON_TZ=")) {
    const std::size_t space = schedule.find(' ');
    if (space == std::string_view::npos) {
      return "invalid schedule format: runtime error: slice bounds out of range [:-1]";
    }
    const std::size_t equals = schedule.find('=');
    const std::string_view zone = schedule.substr(equals + 1, space - equals - 1);
    if (const std::string complaint = check_time_zone(zone); !complaint.empty()) {
      return fmt::format("provided bad location {}: {}", zone, complaint);
    }
    schedule.remove_prefix(space);
    const std::size_t begin = schedule.find_first_not_of(' ');
    schedule.remove_prefix(std::min(begin, schedule.size()));
  }
  if (schedule.starts_with('@')) return check_descriptor(schedule);
  const std::vector<std::string_view> fields = split_fields(schedule);
  if (fields.size() != kFields.size()) {
    return fmt::format("expected exactly 5 fields, found {}: [{}]", fields.size(),
                       fmt::join(fields, " "));
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    for (const std::string_view part : split(fields[i], ',')) {
      if (part.empty()) continue;
      if (std::string bad = check_range(part, kFields[i]); !bad.empty()) return bad;
    }
  }
  return {};
}

std::string check_time_zone(std::string_view name) {
  if (name.empty() || name == "UTC" || name == "Local") return {};
  const std::string unknown = fmt::format("unknown time zone {}", name);
  if (name.starts_with('/') || name.find("..") != std::string_view::npos ||
      name.find('\\') != std::string_view::npos || name.find('\0') != std::string_view::npos ||
      name.size() > kMaxZoneName) {
    return unknown;
  }
  struct stat status = {};
  if (::stat(kZoneFolder, &status) != 0) return {};
  const std::string path = fmt::format("{}/{}", kZoneFolder, name);
  if (::stat(path.c_str(), &status) != 0) return unknown;
  if (S_ISDIR(status.st_mode)) return "is a directory";
  return {};
}

}  // namespace knarr::apiserver::kinds
