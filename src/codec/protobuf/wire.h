// SPDX-License-Identifier: Apache-2.0
// The wire format (protobuf.dev/programming-guides/encoding): reading front to back, writing back to
// front, so that a message's length is known when it is written and nothing is copied twice.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace knarr::codec::internal {

enum class Wire : std::uint8_t { Varint = 0, Fixed64 = 1, Bytes = 2, GroupStart = 3, GroupEnd = 4, Fixed32 = 5 };

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }

  /// False at a damaged tag; number 0 is one.
  bool tag(std::uint32_t& number, Wire& wire) {
    std::uint64_t value = 0;
    if (!varint(value)) return false;
    number = static_cast<std::uint32_t>(value >> 3U);
    wire = static_cast<Wire>(value & 7U);
    return value <= 0xFFFF'FFFFULL && number != 0 && (value & 7U) <= 5;
  }
  bool varint(std::uint64_t& value) {
    if (!rest_.empty() && static_cast<std::uint8_t>(rest_[0]) < 0x80) {
      value = static_cast<std::uint8_t>(rest_[0]);
      rest_.remove_prefix(1);
      return true;
    }
    value = 0;
    for (std::size_t i = 0; i < rest_.size() && i < 10; ++i) {
      const auto byte = static_cast<std::uint8_t>(rest_[i]);
      if (i == 9 && byte > 1) return false;  // More than 64 bits.
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << (7 * i);
      if (byte < 0x80) {
        rest_.remove_prefix(i + 1);
        return true;
      }
    }
    return false;
  }
  /// Takes a value that is a single zero byte: the number 0, false, or text of no length.
  bool take_zero() {
    if (rest_.empty() || rest_[0] != '\0') return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool bytes(std::string_view& value) {
    std::uint64_t length = 0;
    if (!varint(length) || length > rest_.size()) return false;
    value = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return true;
  }
  template <typename T>
  bool fixed(T& value) {
    if (rest_.size() < sizeof value) return false;
    std::memcpy(&value, rest_.data(), sizeof value);  // Little-endian, as every machine we run on.
    rest_.remove_prefix(sizeof value);
    return true;
  }
  /// Skips the value of a field; groups too, to a bounded depth.
  bool skip(std::uint32_t number, Wire wire, int depth = 32) {
    std::uint64_t varint_value = 0;
    std::string_view bytes_value;
    switch (wire) {
      case Wire::Varint: return varint(varint_value);
      case Wire::Bytes: return bytes(bytes_value);
      case Wire::Fixed32: return drop(4);
      case Wire::Fixed64: return drop(8);
      case Wire::GroupEnd: return false;
      case Wire::GroupStart: break;
    }
    while (depth > 0) {
      std::uint32_t inner = 0;
      Wire inner_wire{};
      if (!tag(inner, inner_wire)) return false;
      if (inner_wire == Wire::GroupEnd) return inner == number;
      if (!skip(inner, inner_wire, depth - 1)) return false;
    }
    return false;
  }

 private:
  bool drop(std::size_t count) {
    if (rest_.size() < count) return false;
    rest_.remove_prefix(count);
    return true;
  }
  std::string_view rest_;
};

/// Grows towards the front.
class BackwardWriter {
 public:
  explicit BackwardWriter(std::size_t expected) { grow(std::max<std::size_t>(expected, 256)); }

  [[nodiscard]] std::size_t size() const { return capacity_ - at_; }
  [[nodiscard]] std::string_view view() const { return {data_.get() + at_, size()}; }

  void bytes(std::string_view value) {
    if (value.empty()) return;
    room(value.size());
    at_ -= value.size();
    std::memcpy(data_.get() + at_, value.data(), value.size());
  }
  void varint(std::uint64_t value) {
    room(10);
    if (value < 0x80) {
      data_[--at_] = static_cast<char>(value);
      return;
    }
    char reversed[10];
    int count = 0;
    for (; value >= 0x80; value >>= 7U) reversed[count++] = static_cast<char>(value | 0x80U);
    reversed[count++] = static_cast<char>(value);
    at_ -= static_cast<std::size_t>(count);
    std::memcpy(data_.get() + at_, reversed, static_cast<std::size_t>(count));
  }
  template <typename T>
  void fixed(T value) {
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    bytes({raw, sizeof value});
  }
  void tag(std::uint32_t number, Wire wire) {
    varint(static_cast<std::uint64_t>(number) << 3U | static_cast<std::uint8_t>(wire));
  }
  /// Length and tag of a message whose content was written since size() was `before`.
  void close(std::size_t before, std::uint32_t number) {
    varint(size() - before);
    tag(number, Wire::Bytes);
  }
  void bytes_field(std::uint32_t number, std::string_view value) {
    bytes(value);
    varint(value.size());
    tag(number, Wire::Bytes);
  }
  void varint_field(std::uint32_t number, std::uint64_t value) {
    varint(value);
    tag(number, Wire::Varint);
  }

 private:
  void room(std::size_t bytes) {
    if (at_ < bytes) grow(capacity_ * 2 + bytes);
  }
  void grow(std::size_t capacity) {
    std::unique_ptr<char[]> larger = std::make_unique_for_overwrite<char[]>(capacity);
    const std::size_t used = size();
    if (used != 0) std::memcpy(larger.get() + capacity - used, data_.get() + at_, used);
    data_ = std::move(larger);
    capacity_ = capacity;
    at_ = capacity - used;
  }

  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  std::size_t at_ = 0;
};

}  // namespace knarr::codec::internal
