// SPDX-License-Identifier: Apache-2.0
#include "net/grpc/wire.h"

#include <cstdint>

#include <fmt/core.h>

namespace knarr::net {
namespace {

constexpr std::size_t kHeadBytes = 5;
constexpr std::int64_t kMaxTimeoutDigits = 99'999'999;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string grpc_frame(std::string_view message) {
  std::string frame(1, '\0');  // Not compressed.
  frame.reserve(kHeadBytes + message.size());
  for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>(message.size() >> shift);
  return frame += message;
}

Result<std::optional<std::string>> take_grpc_message(std::string& received,
                                                     std::size_t max_message_bytes) {
  if (received.size() < kHeadBytes) return std::nullopt;
  if (received[0] != 0) return Error(Reason::BadRequest, "grpc: compressed message");
  std::size_t size = 0;
  for (std::size_t i = 1; i < kHeadBytes; ++i)
    size = size << 8 | static_cast<std::uint8_t>(received[i]);
  if (size > max_message_bytes) {
    return Error(
        Reason::RequestEntityTooLarge,
        fmt::format("grpc: received message larger than max ({} vs. {})", size, max_message_bytes));
  }
  if (received.size() - kHeadBytes < size) return std::nullopt;
  std::string message = received.substr(kHeadBytes, size);
  received.erase(0, kHeadBytes + size);
  return message;
}

std::string grpc_timeout(std::chrono::milliseconds timeout) {
  if (timeout.count() <= kMaxTimeoutDigits)
    return fmt::format("{}m", std::max<std::int64_t>(timeout.count(), 1));
  const std::int64_t seconds = timeout.count() / 1000;
  return fmt::format("{}S", std::min(seconds, kMaxTimeoutDigits));
}

std::string decode_grpc_message(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
        hex_value(text[i + 2]) >= 0) {
      plain += static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

}  // namespace knarr::net
