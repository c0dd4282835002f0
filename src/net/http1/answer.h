// SPDX-License-Identifier: Apache-2.0
// The two halves of one HTTP/1.x exchange as a handler sees them. Private to server_connection.cc
// and answer.cc.
#pragma once

#include "net/http1/server_connection.h"

namespace knarr::net {

// So much of a body that the handler did not want is read to keep the connection, as Go does.
constexpr std::size_t kDiscardBytes = std::size_t{256} << 10;

/// Everything of one request, in the frame that serves it.
struct Http1ServerConnection::Exchange {
  Exchange(Http1ServerConnection& owner, Http1Parser& p, const CancelToken& parent)
      : connection(owner), parser(p), closed(parent) {}

  Http1ServerConnection& connection;
  Http1Parser& parser;
  CancelSource closed;
  CancelSource watch_stop;
  Event body_done;
  BodyReader* body = nullptr;
  Answer* answer = nullptr;
  bool is_head = false;
  HttpVersion version = HttpVersion::Http11;
  bool keep_alive = false;
  bool expects_continue = false;
  bool upgraded = false;
  bool gone = false;
};

class Http1ServerConnection::Body final : public BodyReader {
 public:
  explicit Body(Exchange& exchange) : exchange_(exchange) {}
  Task<Result<std::string>> read() override;
  [[nodiscard]] std::optional<std::uint64_t> content_length() const override {
    return exchange_.parser.head().content_length;
  }
  [[nodiscard]] const Headers& trailers() const override { return exchange_.parser.trailers(); }

 private:
  Exchange& exchange_;
};

class Http1ServerConnection::Answer final : public Responder {
 public:
  explicit Answer(Exchange& exchange) : exchange_(exchange) {}
  Task<Result<>> start(int status, Headers headers) override;
  Task<Result<>> write(Chunk chunk) override;
  Task<Result<>> finish(Headers trailers) override;
  void abort() override;
  Task<Result<std::unique_ptr<Stream>>> upgrade(int status, Headers headers) override;
  [[nodiscard]] bool is_started() const override { return framing_ != Framing::NotStarted; }
  [[nodiscard]] CancelToken closed() const override { return exchange_.closed.token(); }
  /// The answer's last byte is queued, or the connection must end without it.
  [[nodiscard]] bool is_finished() const { return finished_; }

 private:
  enum class Framing : std::uint8_t { NotStarted, NoBody, Length, Chunked, UntilClose };

  void choose_framing(int status, const Headers& headers);
  StreamWriter& writer() { return exchange_.connection.writer_; }

  Exchange& exchange_;
  Framing framing_ = Framing::NotStarted;
  std::uint64_t left_bytes_ = 0;
  bool finished_ = false;
};

/// The raw bytes after an upgrade: what was read too far, then the connection itself.
class Http1ServerConnection::Upgraded final : public Stream {
 public:
  Upgraded(Stream& below, std::string received) : below_(below), received_(std::move(received)) {}
  Result<std::optional<std::size_t>> try_read(std::span<char> buffer) override;
  Result<std::size_t> try_write(std::string_view bytes) override { return below_.try_write(bytes); }
  Task<Result<>> readable() override;
  Task<Result<>> writable() override { return below_.writable(); }
  Task<Result<>> shutdown_write() override { return below_.shutdown_write(); }
  void close() override { below_.close(); }
  [[nodiscard]] Address local_address() const override { return below_.local_address(); }
  [[nodiscard]] Address peer_address() const override { return below_.peer_address(); }
  [[nodiscard]] std::shared_ptr<const TlsInfo> tls() const override { return below_.tls(); }
  [[nodiscard]] Loop& loop() const override { return below_.loop(); }

 private:
  Stream& below_;
  std::string received_;
};

}  // namespace knarr::net
