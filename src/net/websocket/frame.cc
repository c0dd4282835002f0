// SPDX-License-Identifier: Apache-2.0
#include "net/websocket/frame.h"

#include <fmt/core.h>

namespace knarr::net {
namespace {

constexpr std::size_t kMaxControlBytes = 125;
constexpr std::size_t kCompactBytes = std::size_t{64} << 10;

Error broken(std::string_view what) {
  return {Reason::BadRequest, fmt::format("websocket: {}", what)};
}

bool is_known(std::uint8_t opcode) {
  return opcode <= kBinary || (opcode >= kClose && opcode <= kPong);
}

}  // namespace

Result<std::optional<WebSocketFrame>> WebSocketFrameParser::next() {
  const std::string_view bytes = std::string_view(buffer_).substr(start_);
  const auto byte = [bytes](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  if (bytes.size() < 2) return std::nullopt;
  WebSocketFrame frame;
  frame.is_final = (byte(0) & 0x80) != 0;
  frame.opcode = byte(0) & 0x0f;
  if ((byte(0) & 0x70) != 0) return broken("reserved bits are set");
  if (!is_known(frame.opcode)) return broken("unknown opcode");
  if (((byte(1) & 0x80) != 0) != masked_)
    return broken(masked_ ? "frame is not masked" : "frame is masked");

  std::uint64_t size = byte(1) & 0x7f;
  std::size_t at = 2;
  if (frame.opcode >= kClose && (size > kMaxControlBytes || !frame.is_final))
    return broken("bad control frame");
  const std::size_t length_bytes = size == 126 ? 2 : size == 127 ? 8 : 0;
  if (length_bytes > 0) {
    if (bytes.size() < at + length_bytes) return std::nullopt;
    size = 0;
    for (std::size_t i = 0; i < length_bytes; ++i) size = size << 8 | byte(at + i);
    at += length_bytes;
  }
  if (size > max_payload_bytes_)
    return Error(Reason::RequestEntityTooLarge, "websocket: frame is too large");
  const std::size_t mask_at = at;
  if (masked_) at += 4;
  if (bytes.size() < at + size) return std::nullopt;
  frame.payload = bytes.substr(at, size);
  if (masked_) {
    for (std::size_t i = 0; i < frame.payload.size(); ++i) {
      frame.payload[i] = static_cast<char>(frame.payload[i] ^ bytes[mask_at + i % 4]);
    }
  }
  start_ += at + size;
  if (start_ == buffer_.size() || start_ > kCompactBytes) {
    buffer_.erase(0, start_);
    start_ = 0;
    if (buffer_.empty()) buffer_.shrink_to_fit();
  }
  return frame;
}

std::string encode_frame(std::uint8_t opcode, std::string_view payload,
                         std::optional<std::array<std::uint8_t, 4>> mask) {
  std::string frame;
  frame.reserve(payload.size() + 14);
  frame += static_cast<char>(0x80 | opcode);
  const std::uint8_t mask_bit = mask ? 0x80 : 0;
  int length_bytes = 0;
  if (payload.size() < 126) {
    frame += static_cast<char>(mask_bit | payload.size());
  } else if (payload.size() < 65536) {
    frame += static_cast<char>(mask_bit | 126);
    length_bytes = 2;
  } else {
    frame += static_cast<char>(mask_bit | 127);
    length_bytes = 8;
  }
  for (int i = length_bytes - 1; i >= 0; --i) {
    frame += static_cast<char>(static_cast<std::uint64_t>(payload.size()) >> (8 * i));
  }
  if (!mask) return frame += payload;
  for (const std::uint8_t each : *mask) frame += static_cast<char>(each);
  for (std::size_t i = 0; i < payload.size(); ++i)
    frame += static_cast<char>(payload[i] ^ (*mask)[i % 4]);
  return frame;
}

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<std::uint8_t>(text[i]);
    std::size_t more = 0;
    std::uint32_t point = lead;
    std::uint32_t least = 0;
    if (lead < 0x80) {
      ++i;
      continue;
    }
    if ((lead & 0xe0) == 0xc0) {
      more = 1, point = lead & 0x1f, least = 0x80;
    } else if ((lead & 0xf0) == 0xe0) {
      more = 2, point = lead & 0x0f, least = 0x800;
    } else if ((lead & 0xf8) == 0xf0) {
      more = 3, point = lead & 0x07, least = 0x10000;
    } else {
      return false;
    }
    if (i + more >= text.size()) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<std::uint8_t>(text[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      point = point << 6 | (next & 0x3f);
    }
    if (point < least || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
    i += more + 1;
  }
  return true;
}

}  // namespace knarr::net
