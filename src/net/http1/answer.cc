// SPDX-License-Identifier: Apache-2.0
// Bodies and answers of HTTP/1.x: framing by length, by chunks or by the end of the connection.
#include "net/http1/answer.h"

#include <charconv>
#include <cstring>

#include <fmt/format.h>

namespace knarr::net {
namespace {

constexpr std::size_t kHighWaterBytes = std::size_t{64} << 10;

// These are the server's to say.
bool is_connection_field(std::string_view name) {
  for (const char* ours :
       {"Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Date"}) {
    if (equal_fold(name, ours)) return true;
  }
  return false;
}

void append_field(std::string& head, std::string_view name, std::string_view value) {
  head += name;
  head += ": ";
  for (const char c : value)
    head += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;  // No second field sneaks in.
  head += "\r\n";
}

}  // namespace

Task<Result<std::string>> Http1ServerConnection::Body::read() {
  co_await switch_to(exchange_.connection.shared_.loop);
  Http1Parser& parser = exchange_.parser;
  while (parser.body_size() == 0 && !parser.is_done()) {
    if (exchange_.expects_continue) {
      exchange_.expects_continue = false;
      exchange_.connection.writer_.append("HTTP/1.1 100 Continue\r\n\r\n");
    }
    CO_TRY(co_await exchange_.connection.read_more(&parser));
  }
  if (parser.is_done()) exchange_.body_done.set();
  co_return parser.take_body();
}

void Http1ServerConnection::Answer::choose_framing(int status, const Headers& headers) {
  if (has_no_body(exchange_.is_head ? "HEAD" : "GET", status)) {
    framing_ = Framing::NoBody;
    return;
  }
  if (const auto length = headers.get("Content-Length")) {
    const auto [end, error] =
        std::from_chars(length->data(), length->data() + length->size(), left_bytes_);
    CHECK(error == std::errc() && end == length->data() + length->size());
    framing_ = Framing::Length;
  } else if (exchange_.version == HttpVersion::Http11) {
    framing_ = Framing::Chunked;
  } else {
    framing_ = Framing::UntilClose;
    exchange_.keep_alive = false;
  }
}

Task<Result<>> Http1ServerConnection::Answer::start(int status, Headers headers) {
  co_await switch_to(exchange_.connection.shared_.loop);
  CHECK(!is_started());
  if (exchange_.gone) co_return closed_error();
  choose_framing(status, headers);
  if (headers.has_token("Connection", "close") || exchange_.connection.draining_)
    exchange_.keep_alive = false;
  // A large body that nobody asked for will not be read to keep the connection.
  const bool unwanted = exchange_.expects_continue ||
                        exchange_.parser.head().content_length.value_or(0) > kDiscardBytes;
  if (!exchange_.parser.is_done() && unwanted) exchange_.keep_alive = false;
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", status, status_text(status));
  for (const auto& [name, value] : headers) {
    if (!is_connection_field(name)) append_field(head, name, value);
  }
  append_field(head, "Date", exchange_.connection.shared_.date());
  if (framing_ == Framing::Chunked) head += "Transfer-Encoding: chunked\r\n";
  if (!exchange_.keep_alive) {
    head += "Connection: close\r\n";
  } else if (exchange_.version == HttpVersion::Http10) {
    head += "Connection: keep-alive\r\n";
  }
  head += "\r\n";
  writer().append(head);
  co_return ok();
}

Task<Result<>> Http1ServerConnection::Answer::write(Chunk chunk) {
  co_await switch_to(exchange_.connection.shared_.loop);
  if (!is_started()) CO_TRY(co_await start(200, {}));
  if (exchange_.gone) co_return closed_error();
  if (finished_) co_return Error(Reason::InternalError, "write after the end of the answer");
  switch (framing_) {
    case Framing::NotStarted:
    case Framing::NoBody:
      co_return ok();
    case Framing::Length:
      if (chunk.size() > left_bytes_) {
        abort();
        co_return Error(Reason::InternalError, "wrote more than the declared Content-Length");
      }
      left_bytes_ -= chunk.size();
      writer().append(chunk.bytes());
      break;
    case Framing::Chunked:
      if (chunk.empty()) co_return ok();
      writer().append(fmt::format("{:x}\r\n", chunk.size()));
      writer().append(chunk.bytes());
      writer().append("\r\n");
      break;
    case Framing::UntilClose:
      writer().append(chunk.bytes());
      break;
  }
  if (!writer().failure() && writer().unsent() <= kHighWaterBytes) co_return ok();
  co_return co_await writer().drained(kHighWaterBytes);
}

Task<Result<>> Http1ServerConnection::Answer::finish(Headers trailers) {
  co_await switch_to(exchange_.connection.shared_.loop);
  if (!is_started()) CO_TRY(co_await start(200, {{"Content-Length", "0"}}));
  if (finished_) co_return ok();
  if (framing_ == Framing::Length && left_bytes_ > 0) {
    abort();
    co_return Error(Reason::InternalError, "wrote less than the declared Content-Length");
  }
  finished_ = true;
  if (framing_ == Framing::Chunked) {
    std::string end = "0\r\n";
    for (const auto& [name, value] : trailers) append_field(end, name, value);
    end += "\r\n";
    writer().append(end);
  }
  if (writer().failure()) co_return *writer().failure();
  co_return ok();
}

void Http1ServerConnection::Answer::abort() {
  finished_ = true;
  exchange_.keep_alive = false;
  exchange_.closed.cancel();
  if (!is_started()) framing_ = Framing::UntilClose;
}

Task<Result<std::unique_ptr<Stream>>> Http1ServerConnection::Answer::upgrade(int status,
                                                                             Headers headers) {
  co_await switch_to(exchange_.connection.shared_.loop);
  CHECK(!is_started());
  if (exchange_.gone) co_return closed_error();
  framing_ = Framing::UntilClose;
  finished_ = true;
  exchange_.keep_alive = false;
  exchange_.upgraded = true;
  exchange_.watch_stop.cancel();  // It looks at `upgraded` before it reads on.
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", status, status_text(status));
  for (const auto& [name, value] : headers) append_field(head, name, value);
  head += "\r\n";
  writer().append(head);
  CO_TRY(co_await writer().drained(0));
  co_return std::make_unique<Upgraded>(exchange_.connection.stream_,
                                       std::exchange(exchange_.connection.received_, {}));
}

Result<std::optional<std::size_t>> Http1ServerConnection::Upgraded::try_read(
    std::span<char> buffer) {
  if (received_.empty()) return below_.try_read(buffer);
  const std::size_t count = std::min(buffer.size(), received_.size());
  std::memcpy(buffer.data(), received_.data(), count);
  received_.erase(0, count);
  return count;
}

Task<Result<>> Http1ServerConnection::Upgraded::readable() {
  if (received_.empty()) co_return co_await below_.readable();
  co_return ok();
}

}  // namespace knarr::net
