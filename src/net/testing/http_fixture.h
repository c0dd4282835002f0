// SPDX-License-Identifier: Apache-2.0
// A handler that does on demand what servers do, and a server around it, for the tests of net.
#pragma once

#include "base/event.h"
#include "base/run_sync.h"
#include "net/http.h"
#include "net/testing/certificates.h"

#include <memory>
#include <string>

#include <fmt/core.h>

namespace knarr::net::testing {

class DemoHandler final : public HttpHandler {
 public:
  explicit DemoHandler(Loop& loop) : loop_(loop) {}

  Task<> handle(HttpRequest request, BodyReader& body, Responder& responder) override {
    ++requests;
    const std::string path(request.path());
    if (path == "/hello") {
      (void)co_await responder.respond(200, {{"Content-Type", "text/plain"}}, "hello\n");
    } else if (path == "/echo") {
      const Result<std::string> all = co_await body.read_all(10'000'000);
      if (!all) {
        (void)co_await responder.respond(all.error().code(), {}, all.error().message());
      } else {
        (void)co_await responder.respond(
            200, {{"X-Method", request.method}, {"Connection", "keep-alive"}}, *all);
      }
    } else if (path == "/large") {
      co_await send_large(responder);
    } else if (path == "/watch") {
      co_await watch(responder);
    } else if (path == "/hang") {
      (void)co_await responder.start(200, {});
      hanging.notify();
      (void)co_await loop_.sleep(std::chrono::hours(1));
      ++cancelled;
      gone.notify();
    } else if (path == "/abort") {
      (void)co_await responder.start(200, {});
      (void)co_await responder.write("partial");
      responder.abort();
    } else if (path == "/trailers") {
      (void)co_await responder.start(200, {{"Trailer", "X-Sum"}});
      (void)co_await responder.write("body");
      (void)co_await responder.finish({{"X-Sum", "42"}});
    } else if (path == "/refuse") {  // Answers without reading the body.
      (void)co_await responder.respond(413, {}, "no\n");
    } else if (path == "/peer") {
      const auto& tls = request.peer->tls;
      (void)co_await responder.respond(
          200, {},
          fmt::format("{} {} {} {}", request.authority, static_cast<int>(request.version),
                      tls ? tls->peer_certificates.size() : 0, tls ? tls->verify_error : "none"));
    } else if (path == "/upgrade") {
      co_await upgrade(responder);
    }  // Else nothing: the server answers 500.
  }

  int requests = 0;
  int cancelled = 0;
  std::size_t written = 0;
  Notify hanging;
  Notify gone;
  Notify next_event;

 private:
  Task<> send_large(Responder& responder) {
    (void)co_await responder.start(200, {});
    const Chunk block(std::make_shared<const std::string>(10'000, 'x'));
    for (int i = 0; i < 500; ++i) {
      if (!co_await responder.write(block)) co_return;
      written += block.size();
    }
  }
  // An event for every notify(), flushed at once.
  Task<> watch(Responder& responder) {
    std::uint64_t seen = next_event.generation();
    (void)co_await responder.start(200, {{"Content-Type", "application/json"}});
    hanging.notify();
    while (true) {
      const auto now = co_await next_event.changed(seen);
      if (!now) break;
      seen = *now;
      if (!co_await responder.write(fmt::format("event {}\n", seen))) break;
    }
    ++cancelled;
    gone.notify();
  }
  Task<> upgrade(Responder& responder) {
    auto stream = co_await responder.upgrade(101, {{"Connection", "Upgrade"}, {"Upgrade", "echo"}});
    if (!stream) {
      (void)co_await responder.respond(stream.error().code(), {}, stream.error().message());
      co_return;
    }
    std::string buffer(100, '\0');
    while (true) {
      const auto got = co_await (*stream)->read(buffer);
      if (!got || *got == 0) break;
      if (!co_await (*stream)->write(std::string_view(buffer).substr(0, *got))) break;
    }
  }

  Loop& loop_;
};

/// A CA, a server for localhost and a client named jane.
struct TestPki {
  Identity ca = make_certificate({.common_name = "ca", .is_ca = true});
  Identity server =
      make_certificate({.common_name = "server", .names = {"DNS:localhost", "IP:127.0.0.1"}}, &ca);
  Identity client = make_certificate({.common_name = "jane", .organization = "dev"}, &ca);
  Identity stranger = make_certificate({.common_name = "eve"});

  static const TestPki& get() {
    static const TestPki pki;
    return pki;
  }
};

struct TestServer {
  explicit TestServer(bool with_tls, HttpServerOptions options = {})
      : handler(loop),
        server(
            loop, MUST(listen(loop, MUST(Address::parse("127.0.0.1:0")))),
            with_tls
                ? MUST(TlsServerContext::create({.certificate = TestPki::get().server.certificate,
                                                 .key = TestPki::get().server.key,
                                                 .client_ca = TestPki::get().ca.certificate}))
                : nullptr,
            handler, options) {
    server.start();
  }
  ~TestServer() { run_sync(loop, server.stop(std::chrono::milliseconds(0))); }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  Loop loop;
  DemoHandler handler;
  HttpServer server;
};

}  // namespace knarr::net::testing
