// SPDX-License-Identifier: Apache-2.0
// Messages out of frames, control frames, and the closing handshake.
#include "net/websocket.h"

#include "base/rng.h"
#include "net/websocket/frame.h"

namespace knarr::net {
namespace {

using namespace std::chrono_literals;

constexpr auto kFarewellTime = 5s;

bool is_valid_close_code(std::uint16_t code) {
  return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
         (code >= 3000 && code < 5000);
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  std::string payload = {static_cast<char>(code >> 8), static_cast<char>(code)};
  payload += reason.substr(0, 123);
  return payload;
}

}  // namespace

struct WebSocket::Decoder {
  Decoder(bool masked, std::size_t limit) : frames(masked, limit) {}
  WebSocketFrameParser frames;
  std::optional<WebSocketMessage> partial;
};

WebSocket::WebSocket(std::unique_ptr<Stream> stream, Side side, std::string protocol,
                     std::size_t max_message_bytes)
    : stream_(std::move(stream)),
      side_(side),
      protocol_(std::move(protocol)),
      max_message_bytes_(max_message_bytes),
      decoder_(std::make_unique<Decoder>(side == Side::Server, max_message_bytes)) {}

WebSocket::~WebSocket() {
  abort();
}

void WebSocket::abort() {
  stream_->close();
}

Task<Result<>> WebSocket::send_frame(std::uint8_t opcode, std::string payload) {
  std::optional<std::array<std::uint8_t, 4>> mask;
  if (side_ == Side::Client) {
    SecureRng rng;
    rng.fill(mask.emplace().data(), 4);
  }
  const std::string frame = encode_frame(opcode, payload, mask);
  const Semaphore::Permit permit = CO_TRY(co_await sending_.acquire());
  if (close_sent_) co_return closed_error();
  if (opcode == kClose) close_sent_ = true;
  // A frame that was begun is finished or the connection ends: the next would be read as its rest.
  Result<> written = co_await stream_->write(frame);
  if (!written) stream_->close();
  co_return written;
}

Task<Result<>> WebSocket::send(bool is_text, std::string_view data) {
  return send_frame(is_text ? kText : kBinary, std::string(data));
}

Task<Result<>> WebSocket::ping() {
  return send_frame(kPing, "");
}

Task<Result<>> WebSocket::close(WebSocketClose code, std::string reason) {
  Result<> sent =
      co_await send_frame(kClose, close_payload(static_cast<std::uint16_t>(code), reason));
  if (sent) (void)co_await stream_->shutdown_write();
  co_return sent;
}

Task<Result<>> WebSocket::fail(WebSocketClose code, Error error) {
  (void)co_await with_deadline(
      stream_->loop(), kFarewellTime,
      send_frame(kClose, close_payload(static_cast<std::uint16_t>(code), error.message())));
  stream_->close();
  co_return error;
}

Task<Result<std::optional<WebSocketMessage>>> WebSocket::receive() {
  while (true) {
    Result<std::optional<WebSocketFrame>> next = decoder_->frames.next();
    if (!next) {
      const bool too_big = next.error().is(Reason::RequestEntityTooLarge);
      CO_TRY(co_await fail(too_big ? WebSocketClose::TooBig : WebSocketClose::ProtocolError,
                           next.error()));
    }
    if (!*next) {
      const std::span<char> buffer = scratch_buffer();
      const auto got = CO_TRY(stream_->try_read(buffer));
      if (!got) {
        CO_TRY(co_await stream_->readable());
      } else if (*got == 0) {
        co_return Error(Reason::ServiceUnavailable, "websocket: unexpected EOF");
      } else {
        decoder_->frames.append({buffer.data(), *got});
      }
      continue;
    }
    WebSocketFrame& frame = **next;
    std::optional<WebSocketMessage>& partial = decoder_->partial;
    switch (frame.opcode) {
      case kPing:
        CO_TRY(co_await send_frame(kPong, std::move(frame.payload)));
        continue;
      case kPong:
        continue;
      case kClose: {
        if (frame.payload.size() >= 2) {
          close_code_ =
              static_cast<std::uint16_t>(static_cast<std::uint8_t>(frame.payload[0]) << 8 |
                                         static_cast<std::uint8_t>(frame.payload[1]));
        }
        const bool valid = frame.payload.empty() ||
                           (frame.payload.size() >= 2 && is_valid_close_code(close_code_) &&
                            is_utf8(std::string_view(frame.payload).substr(2)));
        if (!valid)
          CO_TRY(co_await fail(WebSocketClose::ProtocolError,
                               Error(Reason::BadRequest, "websocket: bad close frame")));
        if (!close_sent_) {
          frame.payload.resize(std::min<std::size_t>(frame.payload.size(), 2));
          (void)co_await send_frame(kClose, std::move(frame.payload));
          (void)co_await stream_->shutdown_write();
        }
        co_return std::nullopt;
      }
      case kContinuation:
        if (!partial)
          CO_TRY(co_await fail(WebSocketClose::ProtocolError,
                               Error(Reason::BadRequest, "websocket: nothing to continue")));
        break;
      default:
        if (partial)
          CO_TRY(co_await fail(WebSocketClose::ProtocolError,
                               Error(Reason::BadRequest, "websocket: message within a message")));
        partial.emplace().is_text = frame.opcode == kText;
    }
    if (partial->data.size() + frame.payload.size() > max_message_bytes_) {
      CO_TRY(co_await fail(WebSocketClose::TooBig, Error(Reason::RequestEntityTooLarge,
                                                         "websocket: message is too large")));
    }
    if (partial->data.empty()) {
      partial->data = std::move(frame.payload);
    } else {
      partial->data += frame.payload;
    }
    if (!frame.is_final) continue;
    WebSocketMessage message = std::move(*partial);
    partial.reset();
    if (message.is_text && !is_utf8(message.data)) {
      CO_TRY(co_await fail(WebSocketClose::InvalidData,
                           Error(Reason::BadRequest, "websocket: text is not UTF-8")));
    }
    co_return message;
  }
}

}  // namespace knarr::net
