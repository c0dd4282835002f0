// SPDX-License-Identifier: Apache-2.0
// What HTTP/1.1 peers send byte by byte.
#include "net/testing/http_fixture.h"

#include <array>

#include <gtest/gtest.h>

namespace knarr::net {
namespace {

using namespace std::chrono_literals;
using testing::TestServer;

Task<std::string> read_to_end(Stream* stream) {
  std::string all;
  std::array<char, 4096> buffer;
  while (true) {
    const auto got = co_await stream->read(buffer);
    if (!got || *got == 0) co_return all;
    all.append(buffer.data(), *got);
  }
}

Task<std::string> converse(TestServer* server, std::vector<std::string> pieces) {
  const auto stream = MUST(co_await connect(server->loop, server->server.address()));
  for (const std::string& piece : pieces) {
    (void)co_await stream->write(piece);
    co_await yield();
  }
  co_return co_await read_to_end(stream.get());
}

std::string exchange(TestServer& server, std::vector<std::string> pieces) {
  return run_sync(server.loop, converse(&server, std::move(pieces)));
}

int count(const std::string& text, std::string_view what) {
  int found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++found;
  return found;
}

TEST(Http1Server, RefusesMalformedRequestsInGosWords) {
  const std::string bad =
      "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: "
      "close\r\n\r\n400 Bad Request";
  TestServer server(false);
  for (const char* request :
       {"nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost : x\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"}) {
    EXPECT_EQ(exchange(server, {request}), bad) << request;
  }
  EXPECT_EQ(exchange(server, {"GET /hello HTTP/1.1\r\n\r\n"}),
            bad + ": missing required Host header");
  EXPECT_TRUE(exchange(server, {"GET /hello HTTP/1.1\r\nHost: x\r\nX: " +
                                std::string(1'100'000, 'x') + "\r\n\r\n"})
                  .starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"));
  EXPECT_EQ(server.handler.requests, 0);
}

TEST(Http1Server, ServesPipelinedAndDribbledRequestsInOrder) {
  TestServer server(false);
  const std::string answer =
      exchange(server, {"GET /hello HTTP/1.1\r\nHost: x\r\n\r\nPOST /echo HTTP/1.1\r\nHost: "
                        "x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
                        "c\r\n2\r\nde\r\n", "0\r\n\r\nGET /peer HTTP/1.1\r\nConn",
                        "ection: close\r\nHost: me\r\n\r\n"});
  EXPECT_EQ(count(answer, "HTTP/1.1 200 OK"), 3) << answer;
  EXPECT_NE(answer.find("\r\n\r\nabcde"), std::string::npos) << answer;
  EXPECT_LT(answer.find("hello\n"), answer.find("abcde"));
  EXPECT_EQ(count(answer, "Connection: close"), 1) << answer;
  EXPECT_TRUE(answer.ends_with("me 1 0 none")) << answer;
}

TEST(Http1Server, AsksForTheBodyOnlyWhenTheHandlerDoes) {
  TestServer server(false);
  const std::string head =
      "Host: x\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 3\r\n\r\n";
  const std::string wanted = exchange(server, {"POST /echo HTTP/1.1\r\n" + head, "abc"});
  EXPECT_TRUE(wanted.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")) << wanted;
  const std::string refused = exchange(server, {"POST /refuse HTTP/1.1\r\n" + head});
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 413 ")) << refused;
}

TEST(Http1Server, SpeaksHttp10AndAbsoluteTargets) {
  TestServer server(false);
  const std::string old = exchange(server, {"GET /watchless HTTP/1.0\r\n\r\n"});
  EXPECT_TRUE(old.starts_with("HTTP/1.1 500 Internal Server Error\r\n")) << old;
  EXPECT_NE(old.find("Connection: close"), std::string::npos);
  const std::string absolute = exchange(
      server, {"GET http://other:8080/peer?x=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"});
  EXPECT_TRUE(absolute.ends_with("other:8080 1 0 none")) << absolute;
  const std::string kept = exchange(
      server, {"GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /hello HTTP/1.0\r\n\r\n"});
  EXPECT_EQ(count(kept, "hello\n"), 2) << kept;
  EXPECT_EQ(count(kept, "Connection: keep-alive"), 1) << kept;
}

TEST(Http1Server, ClosesIdleAndSlowConnections) {
  TestServer server(false, {.read_header_timeout = 0s, .idle_timeout = 0s});
  EXPECT_EQ(exchange(server, {}), "");
  EXPECT_EQ(exchange(server, {"GET /hello HTTP/1.1\r\n"}), "");
}

TEST(Http1Server, ServesAPipe) {
  TestServer server(false);
  auto [left, right] = make_pipe(server.loop);
  ASSERT_TRUE(server.server.serve(std::move(left)));
  const auto answer = run_sync(server.loop, [](Stream* stream) -> Task<std::string> {
    EXPECT_TRUE(
        co_await stream->write("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    co_return co_await read_to_end(stream);
  }(right.get()));
  EXPECT_TRUE(answer.ends_with("hello\n")) << answer;
}

}  // namespace
}  // namespace knarr::net
