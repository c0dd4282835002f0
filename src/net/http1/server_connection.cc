// SPDX-License-Identifier: Apache-2.0
// The life of a kept connection.
#include "net/http1/answer.h"

#include <fmt/format.h>

namespace knarr::net {
namespace {

using namespace std::chrono_literals;

// A client that sends the next request early is read this far while the current one is served.
constexpr std::size_t kPipelineBytes = std::size_t{64} << 10;
constexpr auto kDiscardTime = 2s;
constexpr auto kLingerTime = 500ms;

// "http://host/path" is a legal target; handlers see its path.
void strip_absolute_form(HttpRequest& request) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!request.target.starts_with(scheme)) continue;
    const std::size_t slash = request.target.find('/', scheme.size());
    request.authority = request.target.substr(
        scheme.size(), slash == std::string::npos ? slash : slash - scheme.size());
    request.target = slash == std::string::npos ? "/" : request.target.substr(slash);
    return;
  }
}

// What a failed head means: an answer for malformed ones, else the silent end of the connection.
Result<bool> head_error(Error error) {
  if (error.is(Reason::BadRequest) || error.is(Reason::RequestEntityTooLarge)) return error;
  return false;
}

}  // namespace

Http1ServerConnection::Http1ServerConnection(HttpServer::Shared& shared, Stream& stream,
                                             std::string received,
                                             std::shared_ptr<const HttpPeer> peer)
    : shared_(shared),
      stream_(stream),
      received_(std::move(received)),
      peer_(std::move(peer)),
      writer_(stream) {}

Http1ServerConnection::~Http1ServerConnection() = default;

Task<> Http1ServerConnection::run() {
  co_await all(writer_.run(), request_loop());
  if (unread_input_ && !writer_.failure()) co_await linger();
}

void Http1ServerConnection::drain() {
  draining_ = true;
  if (idle_) stream_.close();
}

Task<> Http1ServerConnection::request_loop() {
  bool keep = true;
  while (keep && !draining_) {
    Http1Parser parser(Http1Parser::Kind::Request, shared_.options.max_header_bytes);
    Result<bool> got = co_await read_head(&parser);
    if (!got) {
      if (got.error().is(Reason::BadRequest) || got.error().is(Reason::RequestEntityTooLarge))
        refuse(got.error());
      break;
    }
    if (!*got) break;
    keep = co_await serve_request(&parser);
  }
  writer_.finish();
}

// False: the client has ended the connection between two requests.
Task<Result<bool>> Http1ServerConnection::read_head(Http1Parser* parser) {
  if (received_.empty()) {
    idle_ = true;
    Result<> first =
        co_await with_deadline(shared_.loop, shared_.options.idle_timeout, read_more(parser));
    idle_ = false;
    if (!first) co_return head_error(std::move(first).error());
  } else {
    const std::size_t used = CO_TRY(parser->feed(received_));
    received_.erase(0, used);
  }
  const SteadyTime until = shared_.loop.steady_now() + shared_.options.read_header_timeout;
  while (!parser->is_head_done()) {
    const auto left = until - shared_.loop.steady_now();
    Result<> more = co_await with_deadline(shared_.loop, left, read_more(parser));
    if (!more) co_return head_error(std::move(more).error());
  }
  co_return true;
}

Task<Result<>> Http1ServerConnection::read_more(Http1Parser* parser) {
  while (true) {
    const std::span<char> buffer = scratch_buffer();
    const auto got = CO_TRY(stream_.try_read(buffer));
    if (!got) {
      CO_TRY(co_await stream_.readable());
      continue;
    }
    if (*got == 0) co_return Error(Reason::ServiceUnavailable, "unexpected EOF");
    std::string_view bytes(buffer.data(), *got);
    if (!received_.empty()) {
      received_ += bytes;
      bytes = received_;
    }
    const std::size_t used = CO_TRY(parser->feed(bytes));
    received_ = std::string(bytes.substr(used));
    co_return ok();
  }
}

void Http1ServerConnection::refuse(const Error& error) {
  const std::string_view words = error.is(Reason::RequestEntityTooLarge)
                                     ? "431 Request Header Fields Too Large"
                                     : "400 Bad Request";
  const std::string_view missing =
      error.message() == "missing required Host header" ? ": missing required Host header" : "";
  // Go's very words.
  writer_.append(fmt::format(
      "HTTP/1.1 {0}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n{0}{1}",
      words, missing));
  unread_input_ = true;
}

Result<HttpRequest> Http1ServerConnection::make_request(Http1Parser::Head& head) const {
  HttpRequest request;
  request.method = std::move(head.method);
  request.target = std::move(head.target);
  request.version = head.version;
  request.authority = head.headers.get_or("Host", "");
  if (head.version == HttpVersion::Http11 && !head.headers.has("Host")) {
    return Error(Reason::BadRequest, "missing required Host header");
  }
  if (head.headers.get_all("Host").size() > 1)
    return Error(Reason::BadRequest, "too many Host headers");
  request.headers = std::move(head.headers);
  request.peer = peer_;
  strip_absolute_form(request);
  return request;
}

Task<bool> Http1ServerConnection::serve_request(Http1Parser* parser) {
  Http1Parser::Head& head = parser->head();
  Exchange exchange(*this, *parser, (co_await current_context()).cancel);
  exchange.is_head = head.method == "HEAD";
  exchange.version = head.version;
  exchange.keep_alive = head.keep_alive;
  exchange.expects_continue = head.version == HttpVersion::Http11 &&
                              head.headers.has_token("Expect", "100-continue") &&
                              !parser->is_done();
  Result<HttpRequest> request = make_request(head);
  if (!request) {
    refuse(request.error());
    co_return false;
  }
  Body body(exchange);
  Answer answer(exchange);
  exchange.body = &body;
  exchange.answer = &answer;
  if (parser->is_done()) exchange.body_done.set();
  writer_.on_failure([&exchange] {
    exchange.gone = true;
    exchange.closed.cancel();
  });
  co_await all(run_handler(&exchange, std::move(*request)),
               with_token(exchange.watch_stop.token(), watch_disconnect(&exchange)));
  const bool keep = co_await complete(&exchange);
  writer_.on_failure(nullptr);
  co_return keep;
}

Task<> Http1ServerConnection::run_handler(Exchange* exchange, HttpRequest request) {
  co_await with_token(
      exchange->closed.token(),
      shared_.handler.handle(std::move(request), *exchange->body, *exchange->answer));
  exchange->watch_stop.cancel();
}

Task<> Http1ServerConnection::watch_disconnect(Exchange* exchange) {
  if (!co_await exchange->body_done.wait()) co_return;
  while (!exchange->upgraded && received_.size() < kPipelineBytes) {
    const std::span<char> buffer = scratch_buffer();
    const auto got = stream_.try_read(buffer);
    if (!got || (got->has_value() && **got == 0)) {
      exchange->gone = true;
      exchange->closed.cancel();
      co_return;
    }
    if (got->has_value()) {
      received_.append(buffer.data(), **got);
    } else if (!co_await stream_.readable()) {
      co_return;
    }
  }
}

// After the handler: whether the connection can carry another request.
Task<bool> Http1ServerConnection::complete(Exchange* exchange) {
  Answer& answer = *exchange->answer;
  if (exchange->upgraded || exchange->gone) {
    stream_.close();
    co_return false;
  }
  const bool cancelled = (co_await current_context()).cancel.is_cancelled();
  if (!answer.is_started() && !cancelled) {
    (void)co_await answer.respond(500, {{"Content-Type", "text/plain; charset=utf-8"}},
                                  "Internal Server Error\n");
  } else if (!answer.is_finished() && !exchange->closed.is_cancelled()) {
    (void)co_await answer.finish({});
  }
  if (!answer.is_finished() || exchange->closed.is_cancelled()) {  // Cut off, visibly.
    (void)co_await with_deadline(shared_.loop, kLingerTime, writer_.drained(0));
    stream_.close();
    co_return false;
  }
  if (!exchange->parser.is_done()) {
    if (exchange->expects_continue ||
        !co_await with_deadline(shared_.loop, kDiscardTime, discard_body(exchange))) {
      unread_input_ = true;
      co_return false;
    }
  }
  if (!co_await writer_.drained(kPipelineBytes)) co_return false;
  co_return exchange->keep_alive;
}

Task<Result<>> Http1ServerConnection::discard_body(Exchange* exchange) {
  std::size_t total = 0;
  while (total <= kDiscardBytes) {
    const std::string piece = CO_TRY(co_await exchange->body->read());
    if (piece.empty()) co_return ok();
    total += piece.size();
  }
  co_return Error(Reason::RequestEntityTooLarge, "body is too large to discard");
}

// Lets the client read our last words before the connection is reset for what it still sends.
Task<> Http1ServerConnection::linger() {
  if (!co_await stream_.shutdown_write()) co_return;
  const SteadyTime until = shared_.loop.steady_now() + kLingerTime;
  while (shared_.loop.steady_now() < until) {
    const auto got = stream_.try_read(scratch_buffer());
    if (!got || (got->has_value() && **got == 0)) co_return;
    if (got->has_value()) continue;
    const auto left = until - shared_.loop.steady_now();
    if (!co_await with_deadline(shared_.loop, left, stream_.readable())) co_return;
  }
}

}  // namespace knarr::net
