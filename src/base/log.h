// SPDX-License-Identifier: Apache-2.0
// Structured log lines on standard error, one write each:
//   2026-01-02T03:04:05.678Z INFO apiserver: started port=6443 address="::1"
// Any thread. Log or return an error, never both.
#pragma once

#include "base/error.h"

#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace knarr::log {

enum class Level : std::uint8_t { Debug, Info, Warn, Error, Off };

/// One key=value. Borrows text until the call returns.
class Field {
 public:
  Field(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  Field(std::string_view key, const char* value) : key_(key), value_(std::string_view(value)) {}
  Field(std::string_view key, const std::string& value)
      : key_(key), value_(std::string_view(value)) {}
  Field(std::string_view key, const knarr::Error& error)
      : key_(key), value_(std::string_view(error.message())) {}
  Field(std::string_view key, bool value) : key_(key), value_(value) {}
  template <std::signed_integral T>
  Field(std::string_view key, T value) : key_(key), value_(static_cast<std::int64_t>(value)) {}
  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  Field(std::string_view key, T value) : key_(key), value_(static_cast<std::uint64_t>(value)) {}
  Field(std::string_view key, double value) : key_(key), value_(value) {}

  void append_to(std::string& line) const;

 private:
  std::string_view key_;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value_;
};

using Fields = std::initializer_list<Field>;

/// Lines below this level are dropped. Info at start.
void set_level(Level level);
[[nodiscard]] bool is_enabled(Level level);
/// "debug", "info", "warn", "error", "off"; Info for anything else.
[[nodiscard]] Level parse_level(std::string_view name);

/// Where lines go instead of standard error; nullptr restores it. For tests.
using Sink = void (*)(std::string_view line);
void set_sink(Sink sink);

void write(Level level, std::string_view component, std::string_view message, Fields fields);

inline void debug(std::string_view message, Fields fields = {}) {
  write(Level::Debug, "", message, fields);
}
inline void info(std::string_view message, Fields fields = {}) {
  write(Level::Info, "", message, fields);
}
inline void warn(std::string_view message, Fields fields = {}) {
  write(Level::Warn, "", message, fields);
}
inline void error(std::string_view message, Fields fields = {}) {
  write(Level::Error, "", message, fields);
}

/// The same with a component's name in front: `constexpr log::Logger kLog("kubelet");`.
class Logger {
 public:
  constexpr explicit Logger(std::string_view component) : component_(component) {}
  void debug(std::string_view message, Fields fields = {}) const {
    write(Level::Debug, component_, message, fields);
  }
  void info(std::string_view message, Fields fields = {}) const {
    write(Level::Info, component_, message, fields);
  }
  void warn(std::string_view message, Fields fields = {}) const {
    write(Level::Warn, component_, message, fields);
  }
  void error(std::string_view message, Fields fields = {}) const {
    write(Level::Error, component_, message, fields);
  }

 private:
  std::string_view component_;
};

}  // namespace knarr::log
