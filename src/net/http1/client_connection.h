// SPDX-License-Identifier: Apache-2.0
// One HTTP/1.1 connection of a client: one call at a time, kept between calls.
#pragma once

#include "net/http/client_shared.h"
#include "net/http/stream_writer.h"
#include "net/http1/parser.h"

namespace knarr::net {

class Http1ClientConnection : public std::enable_shared_from_this<Http1ClientConnection> {
 public:
  Http1ClientConnection(HttpClient::Shared& shared, std::unique_ptr<Stream> stream);
  ~Http1ClientConnection();
  Http1ClientConnection(const Http1ClientConnection&) = delete;
  Http1ClientConnection& operator=(const Http1ClientConnection&) = delete;

  /// Sends what calls write; a task of the client's group.
  static Task<> run(std::shared_ptr<Http1ClientConnection> connection);
  [[nodiscard]] std::unique_ptr<HttpCall> start(const HttpClientRequest& request, bool whole);
  /// Whether the server still holds its end.
  [[nodiscard]] bool is_usable();
  void close();

 private:
  class Call;
  class Upgraded;
  Task<Result<>> read_more(Http1Parser* parser);

  HttpClient::Shared& shared_;
  std::unique_ptr<Stream> stream_;
  StreamWriter writer_;
  std::string received_;
  bool reused_ = false;
  bool closed_ = false;
  TimerId idle_timer_ = 0;
  friend struct HttpClient::Shared;
};

}  // namespace knarr::net
