// SPDX-License-Identifier: Apache-2.0
#include "net/websocket.h"

#include "net/testing/http_fixture.h"
#include "net/websocket/frame.h"

#include <gtest/gtest.h>

namespace knarr::net {
namespace {

TEST(WebSocketFrame, SurvivesTheRoundTripAtEveryLengthForm) {
  for (const std::size_t size : {0U, 1U, 125U, 126U, 65535U, 65536U, 100000U}) {
    for (const bool masked : {false, true}) {
      const std::string payload(size, 'p');
      const std::string bytes = encode_frame(
          kBinary, payload,
          masked ? std::optional(std::array<std::uint8_t, 4>{1, 2, 3, 4}) : std::nullopt);
      WebSocketFrameParser parser(masked, 1 << 20);
      parser.append(std::string_view(bytes).substr(0, bytes.size() - 1));
      EXPECT_FALSE(*parser.next());
      parser.append(std::string_view(bytes).substr(bytes.size() - 1));
      const auto frame = parser.next();
      ASSERT_TRUE(frame && *frame);
      EXPECT_EQ((*frame)->payload, payload);
      EXPECT_FALSE(*parser.next());
    }
  }
  WebSocketFrameParser rfc(true, 100);  // RFC 6455 5.7
  rfc.append("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
  EXPECT_EQ((*rfc.next())->payload, "Hello");
}

TEST(WebSocketFrame, RefusesBrokenFrames) {
  for (const std::string& bytes :
       {std::string("\xc2\x80", 2), std::string("\x83\x80", 2), std::string("\x82\x01", 2),
        std::string("\x09\x80", 2), std::string("\x89\xfe", 2), std::string("\x8b\x80", 2)}) {
    WebSocketFrameParser parser(true, 100);
    parser.append(bytes);
    EXPECT_TRUE(parser.next().error().is(Reason::BadRequest));
  }
  WebSocketFrameParser small(false, 100);
  small.append("\x82\x7e\x01");
  EXPECT_FALSE(*small.next());
  small.append(std::string_view("\x00", 1));
  EXPECT_TRUE(small.next().error().is(Reason::RequestEntityTooLarge));
}

TEST(WebSocketFrame, KnowsUtf8) {
  for (const char* good : {"", "abc", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"})
    EXPECT_TRUE(is_utf8(good));
  for (const char* bad :
       {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

class SocketHandler final : public HttpHandler {
 public:
  Task<> handle(HttpRequest request, BodyReader& /*body*/, Responder& responder) override {
    auto socket = co_await websocket_accept(
        request, responder, {"v5.channel.k8s.io", "v4.channel.k8s.io", ""}, 100'000);
    if (!socket) {
      (void)co_await responder.respond(socket.error().code(), {}, socket.error().message());
      co_return;
    }
    (void)co_await (*socket)->send(true, "protocol " + (*socket)->protocol());
    while (true) {
      auto message = co_await (*socket)->receive();
      if (!message || !*message) {
        close_code = (*socket)->close_code();
        if (!message) failure = message.error().message();
        break;
      }
      if (!co_await (*socket)->send((*message)->is_text, (*message)->data)) break;
    }
  }
  int close_code = 0;
  std::string failure;
};

struct SocketServer {
  SocketServer()
      : server(loop, MUST(listen(loop, MUST(Address::parse("127.0.0.1:0")))), nullptr, handler) {
    server.start();
  }
  ~SocketServer() { run_sync(loop, server.stop(std::chrono::milliseconds(0))); }
  SocketServer(const SocketServer&) = delete;
  SocketServer& operator=(const SocketServer&) = delete;

  Loop loop;
  SocketHandler handler;
  HttpServer server;
};

Task<> talk(SocketServer* server, HttpClient* client) {
  auto socket = MUST(co_await websocket_connect(*client, {.target = "/exec"},
                                                {"v4.channel.k8s.io", "v5.channel.k8s.io"}));
  EXPECT_EQ(socket->protocol(), "v5.channel.k8s.io");  // The server's preference.
  EXPECT_EQ(MUST(co_await socket->receive())->data, "protocol v5.channel.k8s.io");
  EXPECT_TRUE(co_await socket->ping());
  for (const std::size_t size : {0U, 5U, 90'000U}) {
    EXPECT_TRUE(co_await socket->send(false, std::string(size, 's')));
    const auto echo = MUST(co_await socket->receive());
    EXPECT_EQ(echo->data.size(), size);
    EXPECT_FALSE(echo->is_text);
  }
  EXPECT_TRUE(co_await socket->close(WebSocketClose::Normal, "bye"));
  EXPECT_EQ(MUST(co_await socket->receive()), std::nullopt);
  EXPECT_EQ(server->handler.close_code, 1000);

  const auto plain = MUST(co_await websocket_connect(*client, {.target = "/exec"}, {}));
  EXPECT_EQ(plain->protocol(), "");
  (void)MUST(co_await plain->receive());
  EXPECT_TRUE(co_await plain->send(false, std::string(100'001, 'x')));
  EXPECT_EQ(MUST(co_await plain->receive()), std::nullopt);
  EXPECT_EQ(plain->close_code(), 1009);
  EXPECT_EQ(server->handler.failure, "websocket: frame is too large");

  const auto refused = co_await websocket_connect(*client, {.target = "/exec"}, {"v9"});
  EXPECT_EQ(refused.error().code(), 400);
}

Task<> talk_with_client(SocketServer* server) {
  HttpClient client(server->loop, direct(server->loop, server->server.address()));
  co_await talk(server, &client);
  const auto not_a_handshake = MUST(co_await client.fetch({.target = "/exec"}, 100));
  EXPECT_EQ(not_a_handshake.status, 400);
  co_await client.stop();
}

TEST(WebSocket, ExchangesMessagesNegotiatesAndCloses) {
  SocketServer server;
  run_sync(server.loop, talk_with_client(&server));
}

Task<std::string> raw(SocketServer* server, std::string frames) {
  HttpClient client(server->loop, direct(server->loop, server->server.address()));
  const auto call =
      MUST(co_await client.open({.target = "/",
                                 .headers = {{"Connection", "keep-alive, Upgrade"},
                                             {"Upgrade", "WebSocket"},
                                             {"Sec-WebSocket-Version", "13"},
                                             {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}}}));
  EXPECT_TRUE(co_await call->wait_response());
  EXPECT_EQ(call->headers().get("Sec-WebSocket-Accept"),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // RFC 6455 1.3
  auto stream = MUST(call->upgraded());
  EXPECT_TRUE(co_await stream->write(frames));
  std::string all;
  std::string buffer(1000, '\0');
  while (true) {
    const auto got = co_await stream->read(buffer);
    if (!got || *got == 0) break;
    all += buffer.substr(0, *got);
  }
  stream.reset();
  co_await client.stop();
  co_return all;
}

TEST(WebSocket, JoinsFragmentsAnswersPingsAndRefusesNonsense) {
  SocketServer server;
  const std::string zero(4, '\0');  // A mask that changes nothing.
  const std::string hello = std::string("\x81\x09protocol ", 11);
  const std::string answer =
      run_sync(server.loop, raw(&server, "\x01\x83" + zero + "abc" + "\x89\x81" + zero + "p" +
                                             "\x80\x82" + zero + "de" + "\x88\x80" + zero));
  EXPECT_EQ(answer, hello + "\x8a\x01p" + "\x81\x05" + "abcde" + std::string("\x88\x00", 2));
  for (const std::string& bad :
       {"\x80\x81" + zero + "x", "\x01\x81" + zero + "x\x01\x81" + zero + "y",
        "\x88\x82" + zero + std::string("\x03\xed", 2)}) {
    const std::string refusal = run_sync(server.loop, raw(&server, bad));
    EXPECT_EQ(refusal.substr(hello.size() + 2, 2), std::string("\x03\xea", 2));  // 1002
  }
  const std::string invalid = run_sync(server.loop, raw(&server, "\x81\x81" + zero + "\xff"));
  EXPECT_EQ(invalid.substr(hello.size() + 2, 2), std::string("\x03\xef", 2));  // 1007
}

}  // namespace
}  // namespace knarr::net
