// SPDX-License-Identifier: Apache-2.0
// Choosing a connection for a call, and dialling when there is none.
#include "net/http/client_shared.h"
#include "net/http1/client_connection.h"
#include "net/http2/client_connection.h"

#include <fmt/core.h>

namespace knarr::net {

HttpClientOptions direct(Loop& loop, const Address& address) {
  HttpClientOptions options;
  options.dial = [&loop, address] { return connect(loop, address); };
  options.authority = address.is_ip() ? address.to_string() : "localhost";
  options.server_name = address.is_ip() ? address.ip().to_string() : "localhost";
  return options;
}

HttpClient::HttpClient(Loop& loop, HttpClientOptions options)
    : shared_(std::make_unique<Shared>(loop, std::move(options))) {}

HttpClient::~HttpClient() = default;

Task<Result<std::unique_ptr<Stream>>> HttpClient::Shared::dial() {
  std::unique_ptr<Stream> stream =
      CO_TRY(co_await with_deadline(loop, options.dial_timeout, options.dial()));
  if (options.tls == nullptr) co_return stream;
  co_return co_await with_deadline(
      loop, options.dial_timeout, tls_connect(options.tls, std::move(stream), options.server_name));
}

std::shared_ptr<Http1ClientConnection> HttpClient::Shared::take_idle() {
  while (!idle.empty()) {
    const std::shared_ptr<Http1ClientConnection> connection = std::move(idle.back());
    idle.pop_back();
    loop.cancel_timer(std::exchange(connection->idle_timer_, 0));
    if (connection->is_usable()) return connection;
    connection->close();
  }
  return nullptr;
}

void HttpClient::Shared::keep(std::shared_ptr<Http1ClientConnection> connection) {
  if (stopped || idle.size() >= options.max_idle) {
    connection->close();
    return;
  }
  connection->reused_ = true;
  connection->idle_timer_ = loop.start_timer(options.idle_timeout, [this, raw = connection.get()] {
    const auto found = std::find_if(idle.begin(), idle.end(),
                                    [raw](const auto& each) { return each.get() == raw; });
    if (found == idle.end()) return;
    raw->idle_timer_ = 0;
    (*found)->close();
    idle.erase(found);
  });
  idle.push_back(std::move(connection));
}

Task<Result<std::unique_ptr<HttpCall>>> HttpClient::Shared::start_http1(
    HttpClientRequest* request, bool whole, std::unique_ptr<Stream> stream) {
  auto connection = std::make_shared<Http1ClientConnection>(*this, std::move(stream));
  if (!tasks.spawn("connection", [connection] { return Http1ClientConnection::run(connection); })) {
    co_return closed_error();
  }
  co_return connection->start(*request, whole);
}

Task<Result<std::unique_ptr<HttpCall>>> HttpClient::Shared::start(HttpClientRequest* request,
                                                                  bool whole, bool fresh) {
  if (stopped) co_return closed_error();
  if (is_http1) {
    const auto kept = fresh ? nullptr : take_idle();
    if (kept != nullptr) co_return kept->start(*request, whole);
    co_return co_await start_http1(request, whole, CO_TRY(co_await dial()));
  }
  if (http2 != nullptr && http2->is_usable()) co_return http2->start(*request, whole);
  // One dials, the others wait: with HTTP/2 they share what it brings.
  Semaphore::Permit permit = CO_TRY(co_await dialing.acquire());
  if (http2 != nullptr && http2->is_usable()) co_return http2->start(*request, whole);
  if (is_http1) {
    permit.release();
    co_return co_await start_http1(request, whole, CO_TRY(co_await dial()));
  }
  std::unique_ptr<Stream> stream = CO_TRY(co_await dial());
  const bool is_http2 =
      stream->tls() != nullptr ? stream->tls()->alpn == "h2" : options.http2_prior_knowledge;
  if (!is_http2) {
    is_http1 = true;
    permit.release();
    co_return co_await start_http1(request, whole, std::move(stream));
  }
  auto connection = std::make_shared<Http2ClientConnection>(*this, std::move(stream));
  if (!tasks.spawn("connection", [connection] { return Http2ClientConnection::run(connection); })) {
    co_return closed_error();
  }
  http2 = connection;
  co_return connection->start(*request, whole);
}

Task<Result<std::unique_ptr<HttpCall>>> HttpClient::send(HttpClientRequest request) {
  co_await switch_to(shared_->loop);
  for (bool again = false;; again = true) {
    std::unique_ptr<HttpCall> call = CO_TRY(co_await shared_->start(&request, true, again));
    Result<> answered = co_await call->wait_response();
    if (answered) co_return call;
    if (again || !static_cast<RetriableCall&>(*call).may_retry())
      co_return std::move(answered).error();
  }
}

Task<Result<HttpResponse>> HttpClient::fetch(HttpClientRequest request, std::size_t limit_bytes) {
  co_await switch_to(shared_->loop);
  const std::unique_ptr<HttpCall> call = CO_TRY(co_await send(std::move(request)));
  HttpResponse response{call->status(), call->headers(), {}};
  response.body = CO_TRY(co_await call->body().read_all(limit_bytes));
  co_return response;
}

Task<Result<std::unique_ptr<HttpCall>>> HttpClient::open(HttpClientRequest request) {
  co_await switch_to(shared_->loop);
  co_return co_await shared_->start(&request, false, false);
}

Loop& HttpClient::loop() const {
  return shared_->loop;
}

Task<> HttpClient::stop() {
  co_await switch_to(shared_->loop);
  shared_->stopped = true;
  for (const auto& connection : std::exchange(shared_->idle, {})) connection->close();
  co_await shared_->tasks.stop();
}

}  // namespace knarr::net
