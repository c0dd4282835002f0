// SPDX-License-Identifier: Apache-2.0
// Frames of RFC 6455 5.2, bytes in and out.
#pragma once

#include "base/result.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace knarr::net {

enum WebSocketOpcode : std::uint8_t {
  kContinuation = 0x0,
  kText = 0x1,
  kBinary = 0x2,
  kClose = 0x8,
  kPing = 0x9,
  kPong = 0xa,
};

struct WebSocketFrame {
  bool is_final = true;
  std::uint8_t opcode = kBinary;
  std::string payload;
};

/// Cuts frames out of a stream of bytes. Checks what a frame alone can get wrong.
class WebSocketFrameParser {
 public:
  /// `masked`: what the peer must do; clients mask.
  WebSocketFrameParser(bool masked, std::size_t max_payload_bytes)
      : masked_(masked), max_payload_bytes_(max_payload_bytes) {}
  void append(std::string_view bytes) { buffer_ += bytes; }
  /// The next whole frame, if there is one. Errors: BadRequest, RequestEntityTooLarge; for good.
  Result<std::optional<WebSocketFrame>> next();

 private:
  const bool masked_;
  const std::size_t max_payload_bytes_;
  std::string buffer_;
  std::size_t start_ = 0;
};

/// The bytes of a frame, masked with `mask` if given.
[[nodiscard]] std::string encode_frame(std::uint8_t opcode, std::string_view payload,
                                       std::optional<std::array<std::uint8_t, 4>> mask);

/// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace knarr::net
