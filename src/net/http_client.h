// SPDX-License-Identifier: Apache-2.0
// HttpClient: requests to one origin over HTTP/2 or HTTP/1.1, on kept connections. Callable from
// any executor: it hops to its loop and back.
#pragma once

#include "base/task_group.h"
#include "net/http.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace knarr::net {

struct HttpClientRequest {
  std::string method = "GET";
  /// Path and query, escaped.
  std::string target = "/";
  Headers headers = {};
  Chunk body = {};
};

struct HttpResponse;

/// One request under way. Destroying it before the response was read to its end gives it up (the
/// stream is reset, an HTTP/1.1 connection closed). Errors of all: ServiceUnavailable when the
/// connection fails, BadRequest for a malformed answer, Cancelled.
class HttpCall {
 public:
  HttpCall() = default;
  HttpCall(const HttpCall&) = delete;
  HttpCall& operator=(const HttpCall&) = delete;
  virtual ~HttpCall() = default;

  /// Sends some of the request's body; waits while much is unsent.
  virtual Task<Result<>> write(Chunk chunk) = 0;
  /// Ends the request's body.
  virtual Task<Result<>> finish(Headers trailers) = 0;
  Task<Result<>> finish() { return finish({}); }
  /// Waits for the head of the response; may be called before finish(). Once.
  virtual Task<Result<>> wait_response() = 0;

  /// After wait_response().
  [[nodiscard]] virtual int status() const = 0;
  [[nodiscard]] virtual const Headers& headers() const = 0;
  [[nodiscard]] virtual BodyReader& body() = 0;

  /// After a 101 on HTTP/1.1: the raw bytes both ways; the stream may outlive the call, not the
  /// client. Errors: BadRequest otherwise.
  virtual Result<std::unique_ptr<Stream>> upgraded() = 0;
};

/// A whole answer in memory.
struct HttpResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

struct HttpClientOptions {
  /// Makes a connection, without TLS. May be called concurrently.
  std::function<Task<Result<std::unique_ptr<Stream>>>()> dial;
  /// nullptr: plain text.
  std::shared_ptr<TlsClientContext> tls = nullptr;
  /// Checked against the server's certificate.
  std::string server_name = {};
  /// The Host header or :authority.
  std::string authority = {};
  /// Without TLS: speak HTTP/2 at once (gRPC).
  bool http2_prior_knowledge = false;
  std::chrono::milliseconds dial_timeout{30'000};  // TLS included.
  std::chrono::seconds idle_timeout{90};           // Of a kept HTTP/1.1 connection.
  std::size_t max_idle = 16;
  std::uint32_t max_header_bytes = 1U << 20;
  std::uint32_t stream_window_bytes = 1U << 20;
  std::uint32_t connection_window_bytes = 64U << 20;
};

/// Dials `address` directly, `authority` being its text.
[[nodiscard]] HttpClientOptions direct(Loop& loop, const Address& address);

class HttpClient {
 public:
  HttpClient(Loop& loop, HttpClientOptions options);
  /// stop() must have ended, and every call.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Sends a whole request and waits for the head of its response. A request that a kept connection
  /// lost before the server took it is sent once more, on a new one. Errors: as HttpCall, dialling.
  Task<Result<std::unique_ptr<HttpCall>>> send(HttpClientRequest request);
  /// The same and the body. Errors: RequestEntityTooLarge above `limit_bytes`.
  Task<Result<HttpResponse>> fetch(HttpClientRequest request, std::size_t limit_bytes);
  /// Sends the head of a request whose body the caller writes (`request.body` is not looked at).
  Task<Result<std::unique_ptr<HttpCall>>> open(HttpClientRequest request);

  /// Closes all connections; calls under way fail.
  Task<> stop();
  [[nodiscard]] Loop& loop() const;

  struct Shared;

 private:
  std::unique_ptr<Shared> shared_;
};

}  // namespace knarr::net
