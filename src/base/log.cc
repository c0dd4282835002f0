// SPDX-License-Identifier: Apache-2.0
// Formatting of log lines. The only user of the wall clock outside a Clock: a line must tell when
// it was written even in a simulation.
#include "base/log.h"

#include <chrono>

#include <fmt/format.h>
#include <unistd.h>

namespace knarr::log {
namespace {

std::atomic<Level> current_level = Level::Info;
std::atomic<Sink> current_sink = nullptr;

std::string_view name_of(Level level) {
  switch (level) {
    case Level::Debug:
      return "DEBUG";
    case Level::Info:
      return "INFO";
    case Level::Warn:
      return "WARN";
    case Level::Error:
      return "ERROR";
    case Level::Off:
      break;
  }
  return "";
}

bool is_plain(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f) return false;
  }
  return true;
}

void append_text(std::string& line, std::string_view text) {
  if (is_plain(text)) {
    line += text;
    return;
  }
  line += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        line += "\\\"";
        break;
      case '\\':
        line += "\\\\";
        break;
      case '\n':
        line += "\\n";
        break;
      case '\t':
        line += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) {
          fmt::format_to(std::back_inserter(line), "\\x{:02x}", static_cast<unsigned char>(c));
        } else {
          line += c;
        }
    }
  }
  line += '"';
}

void append_time(std::string& line) {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto day =
      std::chrono::floor<std::chrono::days>(now);  // Not gmtime_r: that reads the time zone.
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(now - day);
  fmt::format_to(std::back_inserter(line), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                 static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                 static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(),
                 clock.seconds().count(), clock.subseconds().count());
}

// A message is ours and reads as prose, but may carry a stranger's words: one line stays one line.
void append_message(std::string& line, std::string_view message) {
  for (const char c : message) line += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
}

}  // namespace

void Field::append_to(std::string& line) const {
  line += ' ';
  line += key_;
  line += '=';
  std::visit(
      [&line](const auto& value) {
        if constexpr (std::same_as<std::decay_t<decltype(value)>, std::string_view>) {
          append_text(line, value);
        } else {
          fmt::format_to(std::back_inserter(line), "{}", value);
        }
      },
      value_);
}

void set_level(Level level) {
  current_level.store(level, std::memory_order_relaxed);
}

bool is_enabled(Level level) {
  return level >= current_level.load(std::memory_order_relaxed);
}

Level parse_level(std::string_view name) {
  if (name == "debug") return Level::Debug;
  if (name == "warn" || name == "warning") return Level::Warn;
  if (name == "error") return Level::Error;
  if (name == "off") return Level::Off;
  return Level::Info;
}

void set_sink(Sink sink) {
  current_sink.store(sink);
}

void write(Level level, std::string_view component, std::string_view message, Fields fields) {
  if (!is_enabled(level)) return;
  std::string line;
  line.reserve(160);
  append_time(line);
  line += ' ';
  line += name_of(level);
  line += ' ';
  if (!component.empty()) {
    line += component;
    line += ": ";
  }
  append_message(line, message);
  for (const Field& field : fields) field.append_to(line);
  line += '\n';
  if (const Sink sink = current_sink.load()) {
    sink(line);
    return;
  }
  // One write keeps lines of several threads apart. Nobody is left to tell if it fails.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace knarr::log
