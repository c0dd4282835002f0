// SPDX-License-Identifier: Apache-2.0
// Requests out, responses in, one after the other.
#include "net/http1/client_connection.h"

#include <cstring>

#include <fmt/format.h>

namespace knarr::net {
namespace {

constexpr std::size_t kHighWaterBytes = std::size_t{64} << 10;

void append_field(std::string& head, std::string_view name, std::string_view value) {
  head += name;
  head += ": ";
  for (const char c : value) head += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
  head += "\r\n";
}

bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE";
}

}  // namespace

class Http1ClientConnection::Call final : public RetriableCall, private BodyReader {
 public:
  Call(std::shared_ptr<Http1ClientConnection> connection, const HttpClientRequest& request,
       bool whole)
      : loop_(connection->stream_->loop()),
        connection_(std::move(connection)),
        parser_(Http1Parser::Kind::Response, connection_->shared_.options.max_header_bytes),
        repeatable_(whole && is_idempotent(request.method) && connection_->reused_) {
    if (request.method == "HEAD") parser_.expect_no_body();
    send_head(request, whole);
  }
  ~Call() override {
    if (connection_ == nullptr) return;
    if (loop_.is_current()) {
      connection_->close();
    } else {
      loop_.post([connection = std::move(connection_)] { connection->close(); });
    }
  }

  Task<Result<>> write(Chunk chunk) override {
    co_await switch_to(loop_);
    if (connection_ == nullptr || ended_) co_return closed_error();
    if (chunk.empty()) co_return ok();
    StreamWriter& writer = connection_->writer_;
    if (chunked_) writer.append(fmt::format("{:x}\r\n", chunk.size()));
    writer.append(chunk.bytes());
    if (chunked_) writer.append("\r\n");
    co_return co_await writer.drained(kHighWaterBytes);
  }
  Task<Result<>> finish(Headers trailers) override {
    co_await switch_to(loop_);
    if (connection_ == nullptr || ended_) co_return ok();
    ended_ = true;
    if (!chunked_) co_return ok();
    std::string end = "0\r\n";
    for (const auto& [name, value] : trailers) append_field(end, name, value);
    connection_->writer_.append(end + "\r\n");
    co_return ok();
  }
  Task<Result<>> wait_response() override {
    co_await switch_to(loop_);
    while (true) {
      while (!parser_->is_head_done()) CO_TRY(co_await read_more());
      const int status = parser_->head().status;
      if (status == 101 || status < 100 || status >= 200) break;
      parser_.emplace(Http1Parser::Kind::Response,
                      connection_->shared_.options.max_header_bytes);  // 1xx
    }
    maybe_release();
    co_return ok();
  }

  [[nodiscard]] int status() const override { return parser_->head().status; }
  [[nodiscard]] const Headers& headers() const override { return parser_->head().headers; }
  [[nodiscard]] BodyReader& body() override { return *this; }
  [[nodiscard]] bool may_retry() const override { return repeatable_ && !answered_; }
  Result<std::unique_ptr<Stream>> upgraded() override;

 private:
  // The parser is replaced after each 1xx.
  class ParserSlot {
   public:
    ParserSlot(Http1Parser::Kind kind, std::uint32_t limit) { emplace(kind, limit); }
    void emplace(Http1Parser::Kind kind, std::uint32_t limit) {
      parser_ = std::make_unique<Http1Parser>(kind, limit);
      if (no_body_) parser_->expect_no_body();
    }
    void expect_no_body() {
      no_body_ = true;
      parser_->expect_no_body();
    }
    Http1Parser* operator->() const { return parser_.get(); }
    [[nodiscard]] Http1Parser* get() const { return parser_.get(); }

   private:
    std::unique_ptr<Http1Parser> parser_;
    bool no_body_ = false;
  };

  void send_head(const HttpClientRequest& request, bool whole) {
    std::string head = fmt::format("{} {} HTTP/1.1\r\n", request.method, request.target);
    if (!request.headers.has("Host"))
      append_field(head, "Host", connection_->shared_.options.authority);
    for (const auto& [name, value] : request.headers) append_field(head, name, value);
    const bool has_length = request.headers.has("Content-Length");
    const bool is_upgrade = request.headers.has("Upgrade");
    if (whole) {
      const bool may_have_body = request.method != "GET" && request.method != "HEAD";
      if (!has_length && (may_have_body || !request.body.empty())) {
        append_field(head, "Content-Length", std::to_string(request.body.size()));
      }
      ended_ = true;
    } else if (!has_length && !is_upgrade) {
      head += "Transfer-Encoding: chunked\r\n";
      chunked_ = true;
    }
    head += "\r\n";
    connection_->writer_.append(head);
    if (whole) connection_->writer_.append(request.body.bytes());
  }

  Task<Result<>> read_more() {
    if (connection_ == nullptr) co_return closed_error();
    const Result<> more = co_await connection_->read_more(parser_.get());
    answered_ = answered_ || parser_->is_head_done() || !connection_->received_.empty();
    if (!more) {
      connection_->close();
      co_return more;
    }
    co_return ok();
  }

  // Gives the connection back once both directions are through.
  void maybe_release() {
    if (connection_ == nullptr || !parser_->is_done() || parser_->head().status == 101) return;
    const bool keep = ended_ && parser_->head().keep_alive && connection_->received_.empty();
    if (keep) {
      connection_->shared_.keep(std::exchange(connection_, nullptr));
    } else {
      std::exchange(connection_, nullptr)->close();
    }
  }

  Task<Result<std::string>> read() override {
    co_await switch_to(loop_);
    while (parser_->body_size() == 0 && !parser_->is_done()) CO_TRY(co_await read_more());
    std::string bytes = parser_->take_body();
    maybe_release();
    co_return bytes;
  }
  [[nodiscard]] std::optional<std::uint64_t> content_length() const override {
    return parser_->head().content_length;
  }
  [[nodiscard]] const Headers& trailers() const override { return parser_->trailers(); }

  Loop& loop_;
  std::shared_ptr<Http1ClientConnection> connection_;  // nullptr once given back.
  ParserSlot parser_;
  const bool repeatable_;
  bool answered_ = false;
  bool chunked_ = false;
  bool ended_ = false;
};

// The connection after a 101, kept alive by its stream.
class Http1ClientConnection::Upgraded final : public Stream {
 public:
  explicit Upgraded(std::shared_ptr<Http1ClientConnection> connection)
      : connection_(std::move(connection)) {}
  ~Upgraded() override { connection_->close(); }

  Result<std::optional<std::size_t>> try_read(std::span<char> buffer) override {
    std::string& received = connection_->received_;
    if (received.empty()) return below().try_read(buffer);
    const std::size_t count = std::min(buffer.size(), received.size());
    std::memcpy(buffer.data(), received.data(), count);
    received.erase(0, count);
    return count;
  }
  Result<std::size_t> try_write(std::string_view bytes) override {
    return below().try_write(bytes);
  }
  Task<Result<>> readable() override {
    if (connection_->received_.empty()) co_return co_await below().readable();
    co_return ok();
  }
  Task<Result<>> writable() override { return below().writable(); }
  Task<Result<>> shutdown_write() override { return below().shutdown_write(); }
  void close() override { connection_->close(); }
  [[nodiscard]] Address local_address() const override { return below().local_address(); }
  [[nodiscard]] Address peer_address() const override { return below().peer_address(); }
  [[nodiscard]] std::shared_ptr<const TlsInfo> tls() const override { return below().tls(); }
  [[nodiscard]] Loop& loop() const override { return below().loop(); }

 private:
  [[nodiscard]] Stream& below() const { return *connection_->stream_; }
  std::shared_ptr<Http1ClientConnection> connection_;
};

Result<std::unique_ptr<Stream>> Http1ClientConnection::Call::upgraded() {
  if (connection_ == nullptr || !parser_->is_head_done() || parser_->head().status != 101) {
    return Error(Reason::BadRequest, "the connection was not upgraded");
  }
  return std::make_unique<Upgraded>(std::exchange(connection_, nullptr));
}

Http1ClientConnection::Http1ClientConnection(HttpClient::Shared& shared,
                                             std::unique_ptr<Stream> stream)
    : shared_(shared), stream_(std::move(stream)), writer_(*stream_) {}

Http1ClientConnection::~Http1ClientConnection() = default;

Task<> Http1ClientConnection::run(std::shared_ptr<Http1ClientConnection> connection) {
  co_await connection->writer_.run();
  connection->close();
}

std::unique_ptr<HttpCall> Http1ClientConnection::start(const HttpClientRequest& request,
                                                       bool whole) {
  return std::make_unique<Call>(shared_from_this(), request, whole);
}

bool Http1ClientConnection::is_usable() {
  if (closed_ || writer_.failure()) return false;
  char unexpected = 0;
  const auto got = stream_->try_read({&unexpected, 1});
  return got && !got->has_value();  // Neither an end nor words we did not ask for.
}

void Http1ClientConnection::close() {
  if (std::exchange(closed_, true)) return;
  shared_.loop.cancel_timer(std::exchange(idle_timer_, 0));
  stream_->close();
  writer_.finish();
}

Task<Result<>> Http1ClientConnection::read_more(Http1Parser* parser) {
  if (!received_.empty()) {
    const std::size_t used = CO_TRY(parser->feed(received_));
    received_.erase(0, used);
    if (used > 0) co_return ok();
  }
  while (true) {
    const std::span<char> buffer = scratch_buffer();
    const auto got = CO_TRY(stream_->try_read(buffer));
    if (!got) {
      CO_TRY(co_await stream_->readable());
      continue;
    }
    if (*got == 0) {
      if (!parser->is_head_done()) co_return Error(Reason::ServiceUnavailable, "unexpected EOF");
      co_return parser->feed_end();
    }
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

}  // namespace knarr::net
