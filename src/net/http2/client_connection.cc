// SPDX-License-Identifier: Apache-2.0
// Calls on HTTP/2 streams.
#include "net/http2/client_connection.h"

#include <charconv>

#include <nghttp2/nghttp2.h>

namespace knarr::net {

class Http2ClientConnection::Exchange final : public Http2Stream {
 public:
  Exchange(Http2ClientConnection* connection, Loop& home)
      : Http2Stream(connection, 0, {}), loop(home) {}
  void changed() override { arrival.wake_all(); }
  [[nodiscard]] bool is_head_done() const { return is_head_done_; }

  Loop& loop;
  int status = 0;
  Headers headers;
  WaitQueue arrival;
};

class Http2ClientConnection::Call final : public RetriableCall, private BodyReader {
 public:
  explicit Call(std::shared_ptr<Exchange> stream) : stream_(std::move(stream)) {}
  ~Call() override {
    const auto give_up = [](Exchange& stream) {
      if (!stream.is_closed()) stream.reset(NGHTTP2_CANCEL);
    };
    if (stream_->loop.is_current()) {
      give_up(*stream_);
    } else {
      Loop& loop = stream_->loop;
      loop.post([stream = std::move(stream_), give_up] { give_up(*stream); });
    }
  }

  Task<Result<>> write(Chunk chunk) override {
    co_await switch_to(stream_->loop);
    co_return co_await stream_->write(std::move(chunk));
  }
  Task<Result<>> finish(Headers trailers) override {
    co_await switch_to(stream_->loop);
    stream_->end_output(std::move(trailers));
    co_return ok();
  }
  Task<Result<>> wait_response() override {
    co_await switch_to(stream_->loop);
    CO_TRY(co_await stream_->arrival.wait(
        [this] { return stream_->is_head_done() || stream_->is_closed(); }));
    if (stream_->is_head_done()) co_return ok();
    co_return stream_->failure().value_or(closed_error());
  }
  [[nodiscard]] int status() const override { return stream_->status; }
  [[nodiscard]] const Headers& headers() const override { return stream_->headers; }
  [[nodiscard]] BodyReader& body() override { return *this; }
  Result<std::unique_ptr<Stream>> upgraded() override {
    return Error(Reason::BadRequest, "HTTP/2 connections cannot be upgraded");
  }
  [[nodiscard]] bool may_retry() const override { return stream_->is_refused(); }

 private:
  Task<Result<std::string>> read() override {
    co_await switch_to(stream_->loop);
    co_return co_await stream_->read();
  }
  [[nodiscard]] std::optional<std::uint64_t> content_length() const override {
    const auto text = stream_->headers.get("content-length");
    std::uint64_t length = 0;
    if (!text ||
        std::from_chars(text->data(), text->data() + text->size(), length).ec != std::errc())
      return {};
    return length;
  }
  [[nodiscard]] const Headers& trailers() const override { return stream_->trailers(); }

  std::shared_ptr<Exchange> stream_;
};

Http2ClientConnection::Http2ClientConnection(HttpClient::Shared& shared,
                                             std::unique_ptr<Stream> stream)
    : Http2Connection(*stream, false,
                      {.stream_window_bytes = shared.options.stream_window_bytes,
                       .connection_window_bytes = shared.options.connection_window_bytes,
                       .max_header_bytes = shared.options.max_header_bytes}),
      shared_(shared),
      owned_(std::move(stream)) {}

Http2ClientConnection::~Http2ClientConnection() = default;

Task<> Http2ClientConnection::run(std::shared_ptr<Http2ClientConnection> connection) {
  co_await connection->run_session("");
  if (connection->shared_.http2 == connection) connection->shared_.http2 = nullptr;
}

Result<std::unique_ptr<HttpCall>> Http2ClientConnection::start(const HttpClientRequest& request,
                                                               bool whole) {
  auto stream = std::make_shared<Exchange>(this, shared_.loop);
  Http2Fields fields;
  fields.add(":method", request.method);
  fields.add(":scheme", shared_.options.tls != nullptr ? "https" : "http");
  fields.add(":authority", request.headers.get_or("Host", shared_.options.authority));
  fields.add(":path", request.target);
  fields.add_all(request.headers);
  const bool may_have_body = request.method != "GET" && request.method != "HEAD";
  if (whole && !request.headers.has("Content-Length") && (may_have_body || !request.body.empty())) {
    fields.add("content-length", std::to_string(request.body.size()));
  }
  const bool has_body = !whole || !request.body.empty();
  TRY(submit_request(stream, fields, has_body));
  if (whole) {
    stream->queue(request.body);
    stream->end_output({});
  }
  return std::make_unique<Call>(std::move(stream));
}

void Http2ClientConnection::on_header(Http2Stream& stream, std::string_view name,
                                      std::string_view value) {
  auto& in = static_cast<Exchange&>(stream);
  if (name == ":status") {
    std::from_chars(value.data(), value.data() + value.size(), in.status);
  } else {
    in.headers.add(name, value);
  }
}

void Http2ClientConnection::on_head_end(Http2Stream& stream) {
  auto& in = static_cast<Exchange&>(stream);
  if (in.status >= 100 && in.status < 200) {  // The real head follows.
    in.headers = {};
    return;
  }
  in.set_head_done();
  in.arrival.wake_all();
}

void Http2ClientConnection::on_headers_too_large(Http2Stream& stream) {
  stream.reset(NGHTTP2_CANCEL);
}

}  // namespace knarr::net
