// SPDX-License-Identifier: Apache-2.0
// WebSocket (RFC 6455), both sides: kubectl exec, attach, port-forward and watches from browsers.
#pragma once

#include "base/semaphore.h"
#include "net/http.h"
#include "net/http_client.h"

#include <memory>
#include <optional>
#include <span>
#include <string>

namespace knarr::net {

struct WebSocketMessage {
  bool is_text = false;
  std::string data;
};

/// Close codes of RFC 6455 7.4.1.
enum class WebSocketClose : std::uint16_t {
  Normal = 1000,
  GoingAway = 1001,
  ProtocolError = 1002,
  InvalidData = 1007,
  TooBig = 1009,
  InternalError = 1011,
};

class WebSocket {
 public:
  enum class Side : std::uint8_t { Server, Client };

  /// On an upgraded stream. Messages above `max_message_bytes` end the connection.
  WebSocket(std::unique_ptr<Stream> stream, Side side, std::string protocol,
            std::size_t max_message_bytes);
  ~WebSocket();
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  /// The next message, fragments joined; pings are answered on the way. nullopt: the peer closed.
  /// One reader at a time. Errors: BadRequest (the peer broke the protocol and was told so),
  /// RequestEntityTooLarge, ServiceUnavailable (the connection broke), Cancelled.
  Task<Result<std::optional<WebSocketMessage>>> receive();
  /// Sends one message; several tasks may send. Errors: ServiceUnavailable, Cancelled.
  Task<Result<>> send(bool is_text, std::string_view data);
  Task<Result<>> ping();
  /// Says goodbye and ends the connection; the peer's answer is not waited for.
  Task<Result<>> close(WebSocketClose code, std::string reason);
  /// Ends the connection at once.
  void abort();
  /// What was agreed on; "" for none.
  [[nodiscard]] const std::string& protocol() const { return protocol_; }
  /// Why the peer closed, after receive() gave nullopt: its code, or 1005 when it gave none.
  [[nodiscard]] std::uint16_t close_code() const { return close_code_; }

 private:
  struct Decoder;
  Task<Result<>> send_frame(std::uint8_t opcode, std::string payload);
  Task<Result<>> fail(WebSocketClose code, Error error);

  std::unique_ptr<Stream> stream_;
  const Side side_;
  const std::string protocol_;
  const std::size_t max_message_bytes_;
  std::unique_ptr<Decoder> decoder_;
  Semaphore sending_{1};
  std::uint16_t close_code_ = 1005;
  bool close_sent_ = false;
};

constexpr std::size_t kWebSocketMessageBytes = std::size_t{1} << 20;

/// Whether a request asks for WebSocket.
[[nodiscard]] bool is_websocket_request(const HttpRequest& request);

/// Answers the handshake. `protocols`: ours, in order of preference; "" among them accepts a client
/// that asks for none. Errors: BadRequest (not a handshake, or no protocol in common): nothing was
/// sent then.
[[nodiscard]] Task<Result<std::unique_ptr<WebSocket>>> websocket_accept(
    const HttpRequest& request, Responder& responder, std::vector<std::string> protocols,
    std::size_t max_message_bytes = kWebSocketMessageBytes);

/// Asks for an upgrade of `request` (its target and headers; the client must speak HTTP/1.1).
/// Errors: ServiceUnavailable, or what the server's answer means (its status and body).
[[nodiscard]] Task<Result<std::unique_ptr<WebSocket>>> websocket_connect(
    HttpClient& client, HttpClientRequest request, std::vector<std::string> protocols,
    std::size_t max_message_bytes = kWebSocketMessageBytes);

}  // namespace knarr::net
