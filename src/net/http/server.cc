// SPDX-License-Identifier: Apache-2.0
// Accepting connections and finding out which HTTP they speak.
#include "base/log.h"
#include "net/http/server_shared.h"
#include "net/http1/server_connection.h"
#include "net/http2/server_connection.h"

#include <array>

#include <fmt/format.h>

namespace knarr::net {
namespace {

using namespace std::chrono_literals;

constexpr log::Logger kLog("net");
constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";  // RFC 9113 3.4

// Reads until it is clear whether the client opens with HTTP/2's preface; gives what it read.
Task<Result<std::string>> read_opening(Stream* stream) {
  std::string opening;
  std::array<char, kHttp2Preface.size()> buffer;
  while (opening.size() < kHttp2Preface.size() && kHttp2Preface.starts_with(opening)) {
    const std::size_t got =
        CO_TRY(co_await stream->read({buffer.data(), kHttp2Preface.size() - opening.size()}));
    if (got == 0) break;
    opening.append(buffer.data(), got);
  }
  co_return opening;
}

class Registration {
 public:
  Registration(HttpServer::Shared& shared, HttpServerConnection* connection)
      : shared_(shared), connection_(connection) {
    shared_.connections.insert(connection);
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;
  ~Registration() { shared_.connections.erase(connection_); }

 private:
  HttpServer::Shared& shared_;
  HttpServerConnection* connection_;
};

}  // namespace

std::string http_date(SystemTime time) {
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format(
      "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[std::chrono::weekday(day).c_encoding()],
      static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
      static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
      clock.seconds().count());
}

std::string_view HttpServer::Shared::date() {
  const SystemTime now = loop.system_now();
  const std::int64_t second =
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  if (second != date_second) {
    date_second = second;
    date_text = http_date(now);
  }
  return date_text;
}

HttpServer::HttpServer(Loop& loop, std::unique_ptr<Listener> listener,
                       std::shared_ptr<TlsServerContext> tls, HttpHandler& handler,
                       HttpServerOptions options)
    : shared_(
          std::make_unique<Shared>(loop, std::move(listener), std::move(tls), handler, options)) {}

HttpServer::~HttpServer() = default;

void HttpServer::start() {
  if (shared_->listener != nullptr)
    shared_->tasks.spawn("accept", [this] { return accept_loop(); });
}

Task<> HttpServer::accept_loop() {
  while (true) {
    Result<std::unique_ptr<Stream>> stream = co_await shared_->listener->accept();
    if (!stream) co_return;  // Closed or cancelled.
    shared_->tasks.spawn("connection", [this, accepted = std::move(*stream)]() mutable {
      return serve_connection(std::move(accepted), shared_->tls != nullptr);
    });
  }
}

bool HttpServer::serve(std::unique_ptr<Stream> stream) {
  if (shared_->draining) return false;
  return shared_->tasks.spawn("connection", [this, given = std::move(stream)]() mutable {
    return serve_connection(std::move(given), false);
  });
}

Task<> HttpServer::serve_connection(std::unique_ptr<Stream> stream, bool with_tls) {
  Shared& shared = *shared_;
  const auto timeout = shared.options.handshake_timeout;
  if (with_tls) {
    const Address from = stream->peer_address();
    Result<std::unique_ptr<Stream>> secured =
        co_await with_deadline(shared.loop, timeout, tls_accept(shared.tls, std::move(stream)));
    if (!secured) {
      kLog.debug("TLS handshake failed", {{"peer", from.to_string()}, {"error", secured.error()}});
      co_return;
    }
    stream = std::move(*secured);
  }
  auto peer = std::make_shared<HttpPeer>();
  peer->address = stream->peer_address();
  peer->local_address = stream->local_address();
  peer->tls = stream->tls();

  std::string opening;
  bool is_http2 = peer->tls != nullptr && peer->tls->alpn == "h2";
  if (peer->tls == nullptr) {
    Result<std::string> read = co_await with_deadline(shared.loop, shared.options.idle_timeout,
                                                      read_opening(stream.get()));
    if (!read || read->empty()) co_return;
    opening = std::move(*read);
    is_http2 = opening == kHttp2Preface;
  }
  std::unique_ptr<HttpServerConnection> connection;
  if (is_http2) {
    connection = std::make_unique<Http2ServerConnection>(shared, *stream, std::move(opening),
                                                         std::move(peer));
  } else {
    connection = std::make_unique<Http1ServerConnection>(shared, *stream, std::move(opening),
                                                         std::move(peer));
  }
  {
    const Registration registration(shared, connection.get());
    if (shared.draining) connection->drain();
    co_await connection->run();
  }
  stream->close();
}

Task<> HttpServer::stop(std::chrono::milliseconds drain) {
  shared_->draining = true;
  if (shared_->listener != nullptr) shared_->listener->close();
  for (HttpServerConnection* connection :
       std::vector(shared_->connections.begin(), shared_->connections.end())) {
    connection->drain();
  }
  const TimerId timer = shared_->loop.start_timer(drain, [this] { shared_->tasks.cancel(); });
  co_await shared_->tasks.join();
  shared_->loop.cancel_timer(timer);
}

Address HttpServer::address() const {
  return shared_->listener != nullptr ? shared_->listener->address() : Address();
}

std::size_t HttpServer::connections() const {
  return shared_->connections.size();
}

}  // namespace knarr::net
