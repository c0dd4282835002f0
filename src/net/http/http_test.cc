// SPDX-License-Identifier: Apache-2.0
// Our client against our server, over every version and carrier: they must behave alike.
#include "net/http_client.h"
#include "net/testing/http_fixture.h"

#include <gtest/gtest.h>

namespace knarr::net {
namespace {

using namespace std::chrono_literals;
using testing::TestPki;
using testing::TestServer;

enum class Carrier { Http1, Http1Tls, Http2, Http2Tls };

class Http : public ::testing::TestWithParam<Carrier> {
 public:
  [[nodiscard]] static bool is_http2() {
    return GetParam() == Carrier::Http2 || GetParam() == Carrier::Http2Tls;
  }
  [[nodiscard]] static bool is_tls() {
    return GetParam() == Carrier::Http1Tls || GetParam() == Carrier::Http2Tls;
  }

  [[nodiscard]] HttpClientOptions client_options() {
    HttpClientOptions options = direct(server_.loop, server_.server.address());
    options.http2_prior_knowledge = GetParam() == Carrier::Http2;
    if (is_tls()) {
      options.tls = MUST(
          TlsClientContext::create({.ca = TestPki::get().ca.certificate,
                                    .certificate = TestPki::get().client.certificate,
                                    .key = TestPki::get().client.key,
                                    .alpn = is_http2() ? std::vector<std::string>{"h2"}
                                                       : std::vector<std::string>{"http/1.1"}}));
    }
    return options;
  }

  // Runs `scenario(client)` and stops the client.
  template <typename Scenario>
  void run(Scenario scenario) {
    run_sync(server_.loop, run_with_client(this, std::move(scenario)));
  }
  template <typename Scenario>
  static Task<> run_with_client(Http* self, Scenario scenario) {
    HttpClient client(self->server_.loop, self->client_options());
    co_await scenario(self, &client);
    co_await client.stop();
  }

  TestServer server_{is_tls()};
};

HttpClientRequest get(std::string target) {
  return {.method = "GET", .target = std::move(target)};
}

std::string name_of(const ::testing::TestParamInfo<Carrier>& info) {
  switch (info.param) {
    case Carrier::Http1:
      return "http1";
    case Carrier::Http1Tls:
      return "http1_tls";
    case Carrier::Http2:
      return "http2";
    case Carrier::Http2Tls:
      return "http2_tls";
  }
  return "";
}

INSTANTIATE_TEST_SUITE_P(All, Http,
                         ::testing::Values(Carrier::Http1, Carrier::Http1Tls, Carrier::Http2,
                                           Carrier::Http2Tls),
                         name_of);

TEST_P(Http, AnswersWithStatusHeadersAndBody) {
  run([](Http* test, HttpClient* client) -> Task<> {
    const HttpResponse response = MUST(co_await client->fetch(get("/hello"), 100));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.headers.get("content-type"), "text/plain");
    EXPECT_TRUE(response.headers.has("DATE"));
    EXPECT_EQ(response.body, "hello\n");
    const HttpResponse peer = MUST(co_await client->fetch(get("/peer"), 100));
    EXPECT_EQ(peer.body, test->server_.server.address().to_string() + (is_http2() ? " 2 " : " 1 ") +
                             (is_tls() ? "1 " : "0 none"));
  });
}

TEST_P(Http, CarriesLargeBodiesBothWays) {
  run([](Http* /*test*/, HttpClient* client) -> Task<> {
    const std::string large(5'000'000, 'b');
    for (int i = 0; i < 2; ++i) {
      const HttpResponse response = MUST(
          co_await client->fetch({.method = "POST", .target = "/echo", .body = large}, 10'000'000));
      EXPECT_EQ(response.status, 200);
      EXPECT_EQ(response.headers.get("x-method"), "POST");
      EXPECT_EQ(response.headers.has("Connection"), false);  // BEHAVIOURS 5
      EXPECT_TRUE(response.body == large);
    }
    const Result<HttpResponse> limited = co_await client->fetch(get("/large"), 1000);
    EXPECT_TRUE(limited.error().is(Reason::RequestEntityTooLarge));
    const HttpResponse refused = MUST(co_await client->fetch(
        {.method = "POST", .target = "/echo", .body = std::string(11'000'000, 'c')}, 1000));
    EXPECT_EQ(refused.status, 413);
    EXPECT_EQ(refused.body, "Request entity too large: limit is 10000000");
  });
}

TEST_P(Http, StreamsTheRequestBody) {
  run([](Http* /*test*/, HttpClient* client) -> Task<> {
    const auto call = MUST(co_await client->open({.method = "PUT", .target = "/echo"}));
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(co_await call->write(std::string(10'000, 'd')));
    EXPECT_TRUE(co_await call->finish());
    EXPECT_TRUE(co_await call->wait_response());
    EXPECT_EQ(call->status(), 200);
    EXPECT_EQ(MUST(co_await call->body().read_all(2'000'000)).size(), 1'000'000U);
  });
}

TEST_P(Http, FlushesEachEventAtOnce) {  // BEHAVIOURS 4
  run([](Http* test, HttpClient* client) -> Task<> {
    std::vector<std::unique_ptr<HttpCall>> watches;
    for (int i = 0; i < 20; ++i) watches.push_back(MUST(co_await client->send(get("/watch"))));
    for (int i = 1; i <= 3; ++i) {
      test->server_.handler.next_event.notify();
      for (const auto& watch : watches)
        EXPECT_EQ(MUST(co_await watch->body().read()), fmt::format("event {}\n", i));
    }
  });
}

Task<> cancel_after(Notify* event, CancelSource* source) {
  (void)co_await event->changed(event->generation());
  source->cancel();
}

TEST_P(Http, AClientThatGoesAwayCancelsTheHandler) {
  run([](Http* test, HttpClient* client) -> Task<> {
    auto& handler = test->server_.handler;
    const std::uint64_t before = handler.gone.generation();
    {
      const auto call = MUST(co_await client->send(get("/hang")));
      EXPECT_EQ(call->status(), 200);
    }
    (void)MUST(co_await handler.gone.changed(before));
    EXPECT_EQ(handler.cancelled, 1);
    // The same for a call that is cancelled while it waits for the body.
    const std::uint64_t again = handler.gone.generation();
    CancelSource source;
    const auto [late, nothing] =
        co_await all(with_token(source.token(), client->fetch(get("/hang"), 100)),
                     cancel_after(&handler.hanging, &source));
    EXPECT_TRUE(late.error().is(Reason::Cancelled));
    (void)MUST(co_await handler.gone.changed(again));
    EXPECT_EQ(handler.cancelled, 2);
    EXPECT_EQ(MUST(co_await client->fetch(get("/hello"), 100)).body, "hello\n");
  });
}

TEST_P(Http, ASlowReaderHoldsTheWriterBack) {
  run([](Http* test, HttpClient* client) -> Task<> {
    const auto call = MUST(co_await client->send(get("/large")));
    (void)co_await test->server_.loop.sleep(
        100ms);  // Nothing can be awaited: that it does not go on is the point.
    // HTTP/2 is held back by our window; HTTP/1.1 by what the kernel buffers.
    if (is_http2()) EXPECT_LT(test->server_.handler.written, 2'000'000U);
    EXPECT_EQ(MUST(co_await call->body().read_all(10'000'000)).size(), 5'000'000U);
  });
}

TEST_P(Http, ACutOffAnswerIsNotTakenForComplete) {
  run([](Http* /*test*/, HttpClient* client) -> Task<> {
    const auto call = co_await client->send(get("/abort"));
    if (call) EXPECT_FALSE(co_await (*call)->body().read_all(100));
    EXPECT_EQ(MUST(co_await client->fetch(get("/hello"), 100)).body, "hello\n");
  });
}

TEST_P(Http, CarriesTrailers) {
  run([](Http* /*test*/, HttpClient* client) -> Task<> {
    const auto call = MUST(co_await client->send(get("/trailers")));
    EXPECT_EQ(MUST(co_await call->body().read_all(100)), "body");
    EXPECT_EQ(call->body().trailers().get("X-Sum"), "42");
  });
}

TEST_P(Http, AHandlerWithoutAnAnswerGivesA500) {
  run([](Http* /*test*/, HttpClient* client) -> Task<> {
    EXPECT_EQ(MUST(co_await client->fetch(get("/nothing"), 100)).status, 500);
    const auto head = MUST(co_await client->fetch({.method = "HEAD", .target = "/hello"}, 100));
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.body, "");
    EXPECT_EQ(head.headers.get("Content-Length"), "6");
  });
}

TEST_P(Http, AnswersWithoutReadingTheBody) {
  run([](Http* /*test*/, HttpClient* client) -> Task<> {
    for (const std::size_t size : {10U, 100'000U, 3'000'000U}) {
      const auto response = co_await client->fetch(
          {.method = "POST", .target = "/refuse", .body = std::string(size, 'e')}, 100);
      EXPECT_TRUE(response) << response.error().message();
      if (response) EXPECT_EQ(response->status, 413);
    }
  });
}

TEST_P(Http, KeepsConnectionsAndReplacesDeadOnes) {
  run([](Http* test, HttpClient* client) -> Task<> {
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(co_await client->fetch(get("/hello"), 100));
    EXPECT_EQ(test->server_.server.connections(), 1U);
    std::vector<Task<Result<HttpResponse>>> many;
    for (int i = 0; i < 25; ++i) many.push_back(client->fetch(get("/hello"), 100));
    for (const auto& response : co_await all(std::move(many))) EXPECT_TRUE(response);
    // HTTP/1.1 keeps some and closes the rest, which the server notices a little later.
    for (int i = 0; i < 1000 && test->server_.server.connections() > 16; ++i) {
      (void)co_await test->server_.loop.sleep(1ms);
    }
    EXPECT_EQ(test->server_.server.connections(), is_http2() ? 1U : 16U);
  });
}

TEST_P(Http, StoppingLetsRunningRequestsEndAndIsBounded) {
  run([](Http* test, HttpClient* client) -> Task<> {
    auto& server = test->server_.server;
    auto& handler = test->server_.handler;
    EXPECT_TRUE(co_await client->fetch(get("/hello"), 100));
    const auto watch = MUST(co_await client->send(get("/watch")));
    const SteadyTime before = test->server_.loop.steady_now();
    handler.next_event.notify();
    const auto [nothing, event] = co_await all(server.stop(50ms), watch->body().read());
    EXPECT_EQ(*event, "event 1\n");
    EXPECT_LT(test->server_.loop.steady_now() - before, 5s);
    EXPECT_EQ(handler.cancelled, 1);
    EXPECT_EQ(server.connections(), 0U);
    EXPECT_FALSE(co_await watch->body().read());
    EXPECT_FALSE(co_await client->fetch(get("/hello"), 100));
  });
}

TEST_P(Http, UpgradesOnHttp11Only) {
  run([](Http* /*test*/, HttpClient* client) -> Task<> {
    const auto call =
        MUST(co_await client->open({.method = "GET",
                                    .target = "/upgrade",
                                    .headers = {{"Connection", "Upgrade"}, {"Upgrade", "echo"}}}));
    if (is_http2()) EXPECT_TRUE(co_await call->finish());
    EXPECT_TRUE(co_await call->wait_response());
    if (is_http2()) {
      EXPECT_EQ(call->status(), 400);
      co_return;
    }
    EXPECT_EQ(call->status(), 101);
    EXPECT_EQ(call->headers().get("Upgrade"), "echo");
    const auto stream = MUST(call->upgraded());
    std::string buffer(10, '\0');
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(co_await stream->write("ping"));
      EXPECT_EQ(MUST(co_await stream->read(buffer)), 4U);
      EXPECT_EQ(buffer.substr(0, 4), "ping");
    }
  });
}

TEST_P(Http, RefusesHeadersAboveTheLimit) {
  run([](Http* /*test*/, HttpClient* client) -> Task<> {
    HttpClientRequest request = get("/hello");
    for (int i = 0; i < 25; ++i) request.headers.add("X-Filler", std::string(40'000, 'f'));
    EXPECT_EQ(MUST(co_await client->fetch(request, 100)).status, 200);
    request.headers = {};
    for (int i = 0; i < 30; ++i) request.headers.add("X-Filler", std::string(40'000, 'f'));
    const auto response = co_await client->fetch(request, 100);
    if (response) EXPECT_EQ(response->status, 431);
  });
}

}  // namespace
}  // namespace knarr::net
