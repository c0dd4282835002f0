// SPDX-License-Identifier: Apache-2.0
// Requests, bodies and answers on HTTP/2 streams.
#include "net/http2/server_connection.h"

#include <charconv>

#include <nghttp2/nghttp2.h>

namespace knarr::net {
namespace {

// Handlers of streams that the client reset are still winding up: so many times the stream limit
// may run before the client is told to calm down (CVE-2023-44487).
constexpr std::size_t kHandlersPerStream = 4;

}  // namespace

class Http2ServerConnection::Request final : public Http2Stream {
 public:
  using Http2Stream::Http2Stream;
  HttpRequest request;
  std::string cookie;
  std::optional<std::uint64_t> content_length;
  bool refused = false;
};

class Http2ServerConnection::Body final : public BodyReader {
 public:
  Body(Request& stream, Loop& loop) : stream_(stream), loop_(loop) {}
  Task<Result<std::string>> read() override {
    co_await switch_to(loop_);
    co_return co_await stream_.read();
  }
  [[nodiscard]] std::optional<std::uint64_t> content_length() const override {
    return stream_.content_length;
  }
  [[nodiscard]] const Headers& trailers() const override { return stream_.trailers(); }

 private:
  Request& stream_;
  Loop& loop_;
};

class Http2ServerConnection::Answer final : public Responder {
 public:
  Answer(Http2ServerConnection& connection, Request& stream, bool is_head)
      : connection_(connection), stream_(stream), is_head_(is_head) {}

  Task<Result<>> start(int status, Headers headers) override {
    co_await switch_to(connection_.shared_.loop);
    CHECK(!started_);
    started_ = true;
    if (stream_.is_closed()) co_return stream_.failure().value_or(closed_error());
    Http2Fields fields;
    fields.add(":status", std::to_string(status));
    fields.add_all(headers);
    if (!headers.has("Date")) fields.add("date", connection_.shared_.date());
    has_body_ = !has_no_body(is_head_ ? "HEAD" : "GET", status) &&
                headers.get_or("Content-Length", "") != "0";
    connection_.submit_response(stream_, fields, has_body_);
    if (!has_body_) stream_.end_output({});
    co_return ok();
  }
  Task<Result<>> write(Chunk chunk) override {
    co_await switch_to(connection_.shared_.loop);
    if (!started_) CO_TRY(co_await start(200, {}));
    if (!has_body_) co_return ok();
    co_return co_await stream_.write(std::move(chunk));
  }
  Task<Result<>> finish(Headers trailers) override {
    co_await switch_to(connection_.shared_.loop);
    if (!started_) CO_TRY(co_await start(200, {{"Content-Length", "0"}}));
    stream_.end_output(std::move(trailers));
    if (stream_.failure()) co_return *stream_.failure();
    co_return ok();
  }
  void abort() override {
    started_ = true;
    aborted_ = true;
    stream_.reset(NGHTTP2_INTERNAL_ERROR);
    stream_.cancel();
  }
  Task<Result<std::unique_ptr<Stream>>> upgrade(int /*status*/, Headers /*headers*/) override {
    co_return Error(Reason::BadRequest, "HTTP/2 connections cannot be upgraded");
  }
  [[nodiscard]] bool is_started() const override { return started_; }
  [[nodiscard]] CancelToken closed() const override { return stream_.closed(); }
  [[nodiscard]] bool is_finished() const { return aborted_ || stream_.is_output_ended(); }

 private:
  Http2ServerConnection& connection_;
  Request& stream_;
  const bool is_head_;
  bool started_ = false;
  bool has_body_ = false;
  bool aborted_ = false;
};

Http2ServerConnection::Http2ServerConnection(HttpServer::Shared& shared, Stream& stream,
                                             std::string received,
                                             std::shared_ptr<const HttpPeer> peer)
    : Http2Connection(stream, true,
                      {.max_streams = shared.options.max_streams,
                       .stream_window_bytes = shared.options.stream_window_bytes,
                       .connection_window_bytes = shared.options.connection_window_bytes,
                       .max_header_bytes = shared.options.max_header_bytes}),
      shared_(shared),
      received_(std::move(received)),
      peer_(std::move(peer)) {}

Http2ServerConnection::~Http2ServerConnection() = default;

Task<> Http2ServerConnection::run() {
  handlers_ = std::make_unique<TaskGroup>(shared_.loop, (co_await current_context()).cancel);
  idle_since_ = shared_.loop.steady_now();
  watch_idle();
  co_await run_session(std::move(received_));
  shared_.loop.cancel_timer(idle_timer_);
  co_await handlers_->stop();
}

void Http2ServerConnection::on_request_begin(std::int32_t id) {
  auto stream = std::make_shared<Request>(this, id, handlers_->token());
  stream->request.version = HttpVersion::Http2;
  stream->request.peer = peer_;
  add_stream(stream);
}

void Http2ServerConnection::on_header(Http2Stream& stream, std::string_view name,
                                      std::string_view value) {
  auto& in = static_cast<Request&>(stream);
  if (name == ":method") {
    in.request.method = value;
  } else if (name == ":path") {
    in.request.target = value;
  } else if (name == ":authority") {
    in.request.authority = value;
  } else if (name == "cookie") {  // RFC 9113 8.2.3
    if (!in.cookie.empty()) in.cookie += "; ";
    in.cookie += value;
  } else if (!name.starts_with(':')) {
    in.request.headers.add(name, value);
    if (name ==
        "content-length") {  // nghttp2 has checked that it is a number and matches the body.
      std::uint64_t length = 0;
      std::from_chars(value.data(), value.data() + value.size(), length);
      in.content_length = length;
    }
  }
}

void Http2ServerConnection::on_headers_too_large(Http2Stream& stream) {
  static_cast<Request&>(stream).refused = true;
}

void Http2ServerConnection::on_head_end(Http2Stream& stream) {
  stream.set_head_done();
  auto& in = static_cast<Request&>(stream);
  if (in.refused) {
    refuse(in, 431);
    return;
  }
  if (!in.cookie.empty()) in.request.headers.add("cookie", in.cookie);
  if (in.request.authority.empty()) in.request.authority = in.request.headers.get_or("host", "");
  if (handlers_->size() >= kHandlersPerStream * shared_.options.max_streams) {
    nghttp2_session_terminate_session(session(), NGHTTP2_ENHANCE_YOUR_CALM);
    return;
  }
  handlers_->spawn("request",
                   [this, kept = std::static_pointer_cast<Request>(find(in.id()))]() mutable {
                     return serve(std::move(kept));
                   });
}

Task<> Http2ServerConnection::serve(std::shared_ptr<Request> stream) {
  Body body(*stream, shared_.loop);
  Answer answer(*this, *stream, stream->request.method == "HEAD");
  co_await with_token(stream->closed(),
                      shared_.handler.handle(std::move(stream->request), body, answer));
  if (answer.is_finished() || stream->is_closed()) co_return;
  if (stream->closed().is_cancelled()) {
    answer.abort();  // Cut off, visibly.
  } else if (!answer.is_started()) {
    (void)co_await answer.respond(500, {{"Content-Type", "text/plain; charset=utf-8"}},
                                  "Internal Server Error\n");
  } else {
    (void)co_await answer.finish({});
  }
}

void Http2ServerConnection::refuse(Http2Stream& stream, int status) {
  Http2Fields fields;
  fields.add(":status", std::to_string(status));
  fields.add("content-length", "0");
  submit_response(stream, fields, false);
  stream.end_output({});
}

void Http2ServerConnection::on_stream_removed() {
  idle_since_ = shared_.loop.steady_now();
}

void Http2ServerConnection::watch_idle() {
  const auto due = idle_since_ + shared_.options.idle_timeout - shared_.loop.steady_now();
  idle_timer_ = shared_.loop.start_timer(due, [this] { idle_check(); });
}

// One timer, looked at when it fires: cheaper than one for every time the connection falls idle.
void Http2ServerConnection::idle_check() {
  if (stream_count() > 0) idle_since_ = shared_.loop.steady_now();
  if (shared_.loop.steady_now() - idle_since_ < shared_.options.idle_timeout) {
    watch_idle();
  } else {
    go_away();
  }
}

}  // namespace knarr::net
