// SPDX-License-Identifier: Apache-2.0
// HTTP, one door for 1.1 and 2: messages, the server and its handlers. The client is in
// http_client.h. Everything of a connection happens on its loop's thread.
#pragma once

#include "base/cancel.h"
#include "base/result.h"
#include "base/task.h"
#include "net/stream.h"
#include "net/tls.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace knarr::net {

/// Header fields, in order, with repeats. Names are compared without case; HTTP/2 sends them
/// lowered.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string_view name, std::string_view value);
  /// Replaces all of that name.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  /// The first of that name.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  [[nodiscard]] std::string_view get_or(std::string_view name, std::string_view otherwise) const;
  [[nodiscard]] std::vector<std::string_view> get_all(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return get(name).has_value(); }
  /// Whether one of the comma-separated elements of these fields is `token`, without case:
  /// `has_token("Connection", "upgrade")`.
  [[nodiscard]] bool has_token(std::string_view name, std::string_view token) const;

  [[nodiscard]] bool empty() const { return fields_.empty(); }
  [[nodiscard]] std::size_t size() const { return fields_.size(); }
  [[nodiscard]] auto begin() const { return fields_.begin(); }
  [[nodiscard]] auto end() const { return fields_.end(); }

 private:
  std::vector<Field> fields_;
};

/// ASCII comparison without case.
[[nodiscard]] bool equal_fold(std::string_view left, std::string_view right);

/// Immutable bytes with a counted owner: many watchers send one copy.
class Chunk {
 public:
  Chunk() = default;
  Chunk(std::string bytes)  // NOLINT(google-explicit-constructor)
      : Chunk(std::make_shared<const std::string>(std::move(bytes))) {}
  Chunk(const char* bytes) : Chunk(std::string(bytes)) {}  // NOLINT(google-explicit-constructor)
  explicit Chunk(std::shared_ptr<const std::string> owner)
      : bytes_(*owner), owner_(std::move(owner)) {}
  /// `bytes` lie within what `owner` keeps alive.
  Chunk(std::shared_ptr<const void> owner, std::string_view bytes)
      : bytes_(bytes), owner_(std::move(owner)) {}

  [[nodiscard]] std::string_view bytes() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  void remove_prefix(std::size_t count) { bytes_.remove_prefix(count); }

 private:
  std::string_view bytes_;
  std::shared_ptr<const void> owner_;
};

enum class HttpVersion : std::uint8_t { Http10, Http11, Http2 };

/// Who is at the other end of a connection; shared by its requests.
struct HttpPeer {
  Address address;
  Address local_address;
  /// nullptr without TLS.
  std::shared_ptr<const TlsInfo> tls;
};

struct HttpRequest {
  std::string method;
  /// As sent: path and query, still escaped.
  std::string target;
  /// The Host header or :authority.
  std::string authority;
  Headers headers;
  HttpVersion version = HttpVersion::Http11;
  std::shared_ptr<const HttpPeer> peer;

  [[nodiscard]] std::string_view path() const {
    return std::string_view(target).substr(0, target.find('?'));
  }
  /// Without the question mark.
  [[nodiscard]] std::string_view query() const;
};

/// The body of a message as it comes. What is not read holds the sender back.
class BodyReader {
 public:
  BodyReader() = default;
  BodyReader(const BodyReader&) = delete;
  BodyReader& operator=(const BodyReader&) = delete;
  virtual ~BodyReader() = default;

  /// The next bytes, at least one; empty at the end. Errors: BadRequest (malformed),
  /// ServiceUnavailable (the connection or stream broke), Cancelled.
  virtual Task<Result<std::string>> read() = 0;
  /// The rest. Errors: RequestEntityTooLarge above `limit_bytes`; else as read().
  Task<Result<std::string>> read_all(std::size_t limit_bytes);
  /// As announced by Content-Length.
  [[nodiscard]] virtual std::optional<std::uint64_t> content_length() const = 0;
  /// What came after the body; complete once read() gave the end.
  [[nodiscard]] virtual const Headers& trailers() const = 0;
};

/// The answer to one request. Callable from any executor; abort() on the loop's thread. Errors of
/// all: ServiceUnavailable once the client is gone, Cancelled.
class Responder {
 public:
  Responder() = default;
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;
  virtual ~Responder() = default;

  /// Sends the head. Date is added; connection fields are the server's affair (BEHAVIOURS 5).
  virtual Task<Result<>> start(int status, Headers headers) = 0;
  /// Sends some of the body, at once (BEHAVIOURS 4). Waits while much is still to be sent: the
  /// client's window is full or its network slow. Writing to HEAD, 204 or 304 is dropped.
  virtual Task<Result<>> write(Chunk chunk) = 0;
  /// Ends the answer. A handler that returns without it, having started, gets the same, without
  /// trailers, unless its task was cancelled: then the answer is cut off, visibly to the client.
  virtual Task<Result<>> finish(Headers trailers) = 0;
  Task<Result<>> finish() { return finish({}); }
  /// Cuts the answer off, so that the client does not take it for complete. On the loop's thread.
  virtual void abort() = 0;
  /// A whole answer: start with Content-Length, write, finish.
  Task<Result<>> respond(int status, Headers headers, Chunk body);

  /// Takes over an HTTP/1.1 connection: sends `status` (101 as a rule) and `headers`, gives the raw
  /// bytes both ways. The stream belongs to the caller, who is done with it before handle()
  /// returns. Errors: BadRequest on HTTP/2.
  virtual Task<Result<std::unique_ptr<Stream>>> upgrade(int status, Headers headers) = 0;

  [[nodiscard]] virtual bool is_started() const = 0;
  /// Cancelled when the client goes away or the server stops the hard way. handle() runs under it.
  [[nodiscard]] virtual CancelToken closed() const = 0;
};

class HttpHandler {
 public:
  HttpHandler() = default;
  HttpHandler(const HttpHandler&) = delete;
  HttpHandler& operator=(const HttpHandler&) = delete;
  virtual ~HttpHandler() = default;

  /// Answers one request; `body` and `responder` live until it returns. Many run at a time, on the
  /// loops of their connections. Without start() the client gets a 500.
  virtual Task<> handle(HttpRequest request, BodyReader& body, Responder& responder) = 0;
};

struct HttpServerOptions {
  std::uint32_t max_streams = 250;                    // Per HTTP/2 connection.
  std::uint32_t stream_window_bytes = 256U << 10;     // BEHAVIOURS 2
  std::uint32_t connection_window_bytes = 25U << 20;  // BEHAVIOURS 2
  std::uint32_t max_header_bytes = 1U << 20;          // As Go's net/http.
  std::chrono::seconds handshake_timeout{10};
  std::chrono::seconds read_header_timeout{32};  // These two as kube-apiserver.
  std::chrono::seconds idle_timeout{90};
};

/// Serves the connections of a listener. Lives on `loop`; start(), stop() and serve() are called
/// there.
class HttpServer {
 public:
  /// `tls` may be nullptr. `handler` outlives the server.
  HttpServer(Loop& loop, std::unique_ptr<Listener> listener, std::shared_ptr<TlsServerContext> tls,
             HttpHandler& handler, HttpServerOptions options = {});
  /// stop() must have ended.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  void start();
  /// Serves one more connection that does not come from the listener (a pipe, a tunnel), without
  /// TLS; false when stopping. `peer_address`: what requests say in HttpPeer.
  bool serve(std::unique_ptr<Stream> stream);
  /// Takes no more connections, tells clients (GOAWAY, Connection: close), lets running requests
  /// end for `drain`, then cancels them; waits for all.
  Task<> stop(std::chrono::milliseconds drain);
  [[nodiscard]] Address address() const;
  [[nodiscard]] std::size_t connections() const;

  struct Shared;

 private:
  Task<> accept_loop();
  Task<> serve_connection(std::unique_ptr<Stream> stream, bool with_tls);

  std::unique_ptr<Shared> shared_;
};

/// "OK" for 200; "" for an unknown code.
[[nodiscard]] std::string_view status_text(int status);

}  // namespace knarr::net
