// SPDX-License-Identifier: Apache-2.0
#include "net/grpc.h"

#include "net/grpc/wire.h"
#include "net/testing/http_fixture.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace knarr::net {
namespace {

using namespace std::chrono_literals;

TEST(GrpcWire, FramesTimeoutsAndMessages) {
  std::string bytes = grpc_frame("abc") + grpc_frame("");
  EXPECT_EQ(bytes.size(), 13U);
  EXPECT_EQ(**take_grpc_message(bytes, 10), "abc");
  EXPECT_EQ(**take_grpc_message(bytes, 10), "");
  EXPECT_EQ(*take_grpc_message(bytes, 10), std::nullopt);
  std::string compressed("\x01\0\0\0\0", 5);
  EXPECT_TRUE(take_grpc_message(compressed, 10).error().is(Reason::BadRequest));
  std::string large("\0\0\0\0\x0b", 5);
  EXPECT_TRUE(take_grpc_message(large, 10).error().is(Reason::RequestEntityTooLarge));
  EXPECT_EQ(grpc_timeout(250ms), "250m");
  EXPECT_EQ(grpc_timeout(std::chrono::hours(48)), "172800S");
  EXPECT_EQ(decode_grpc_message("not%20found%3A 100%"), "not found: 100%");
  EXPECT_EQ(decode_grpc_message("%zz%4"), "%zz%4");
}

// What a gRPC server does, with the means of HttpServer.
class GrpcHandler final : public HttpHandler {
 public:
  explicit GrpcHandler(Loop& loop) : loop_(loop) {}
  Task<> handle(HttpRequest request, BodyReader& body, Responder& responder) override {
    EXPECT_EQ(request.headers.get("content-type"), "application/grpc");
    EXPECT_EQ(request.headers.get("te"), "trailers");
    timeout = request.headers.get_or("grpc-timeout", "");
    const Headers head = {{"Content-Type", "application/grpc"}};
    if (request.target == "/s/Fail") {  // A reply of trailers only.
      Headers fail = head;
      fail.add("grpc-status", "5");
      fail.add("grpc-message", "no%20such%20pod");
      (void)co_await responder.respond(200, fail, {});
      co_return;
    }
    if (request.target == "/s/Plain") {
      (void)co_await responder.respond(503, {}, "busy");
      co_return;
    }
    if (request.target == "/s/Slow") (void)co_await loop_.sleep(1h);
    (void)co_await responder.start(200, head);
    std::string received;
    while (true) {
      if (const auto message = MUST(take_grpc_message(received, 1 << 20))) {
        for (int i = 0; i < (request.target == "/s/Twice" ? 2 : 1); ++i) {
          (void)co_await responder.write(grpc_frame("re: " + *message));
        }
        continue;
      }
      const auto bytes = co_await body.read();
      if (!bytes || bytes->empty()) break;
      received += *bytes;
    }
    (void)co_await responder.finish(
        {{"grpc-status", request.target == "/s/Late" ? "11" : "0"}, {"grpc-message", "compacted"}});
  }
  std::string timeout;

 private:
  Loop& loop_;
};

Task<> make_calls(Loop* loop, GrpcHandler* handler, HttpClient* http) {
  GrpcClient client(*http);
  EXPECT_EQ(MUST(co_await client.call("/s/Echo", "hello", {.timeout = 5s})), "re: hello");
  EXPECT_EQ(handler->timeout, "5000m");
  EXPECT_EQ(MUST(co_await client.call("/s/Echo", std::string(300'000, 'x'), {})).size(), 300'004U);

  const auto missing = co_await client.call("/s/Fail", "x", {});
  EXPECT_TRUE(missing.error().is(Reason::NotFound));
  EXPECT_EQ(missing.error().message(), "no such pod");
  EXPECT_TRUE((co_await client.call("/s/Plain", "x", {})).error().is(Reason::ServiceUnavailable));
  EXPECT_TRUE((co_await client.call("/s/Late", "x", {})).error().is(Reason::Expired));
  EXPECT_TRUE((co_await client.call("/s/Twice", "x", {})).error().is(Reason::InternalError));
  EXPECT_TRUE(
      (co_await client.call("/s/Slow", "x", {.timeout = 20ms})).error().is(Reason::Timeout));
  EXPECT_TRUE((co_await client.call("/s/Echo", "0123456789", {.max_message_bytes = 10}))
                  .error()
                  .is(Reason::RequestEntityTooLarge));

  const auto stream = MUST(co_await client.server_stream("/s/Twice", "a", {}));
  EXPECT_EQ(*MUST(co_await stream->read()), "re: a");
  EXPECT_EQ(*MUST(co_await stream->read()), "re: a");
  EXPECT_EQ(MUST(co_await stream->read()), std::nullopt);
  EXPECT_EQ(MUST(co_await stream->read()), std::nullopt);

  const auto chat = MUST(co_await client.open("/s/Echo", {}));
  for (const char* word : {"one", "two", "three"}) {
    EXPECT_TRUE(co_await chat->write(word));
    EXPECT_EQ(*MUST(co_await chat->read()), std::string("re: ") + word);
  }
  EXPECT_TRUE(co_await chat->finish_writes());
  EXPECT_EQ(MUST(co_await chat->read()), std::nullopt);
  EXPECT_EQ(chat->status()->code, GrpcCode::Ok);
}

Task<> run_calls(Loop* loop, GrpcHandler* handler, HttpServer* server) {
  HttpClientOptions options = direct(*loop, server->address());
  options.http2_prior_knowledge = true;
  HttpClient http(*loop, options);
  co_await make_calls(loop, handler, &http);
  co_await http.stop();
  co_await server->stop(0ms);
}

TEST(Grpc, CallsStreamsAndTellsStatuses) {
  Loop loop;
  GrpcHandler handler(loop);
  const Address address = Address::unix_socket("/tmp/knarr_grpc_test_" + std::to_string(getpid()));
  HttpServer server(loop, MUST(listen(loop, address)), nullptr, handler);
  server.start();
  run_sync(loop, run_calls(&loop, &handler, &server));
}

}  // namespace
}  // namespace knarr::net
