// SPDX-License-Identifier: Apache-2.0
// One HTTP/1.x connection of the server: reads a request, runs its handler while watching for the
// client to go away, answers, and goes on if the connection may be kept.
#pragma once

#include "base/event.h"
#include "net/http/server_shared.h"
#include "net/http/stream_writer.h"
#include "net/http1/parser.h"

namespace knarr::net {

class Http1ServerConnection final : public HttpServerConnection {
 public:
  /// `received`: what was read from the stream already.
  Http1ServerConnection(HttpServer::Shared& shared, Stream& stream, std::string received,
                        std::shared_ptr<const HttpPeer> peer);
  ~Http1ServerConnection() override;
  Task<> run() override;
  void drain() override;

 private:
  class Body;
  class Answer;
  class Upgraded;
  struct Exchange;

  Task<> request_loop();
  Task<Result<bool>> read_head(Http1Parser* parser);
  Task<Result<>> read_more(Http1Parser* parser);
  Task<bool> serve_request(Http1Parser* parser);
  Task<> run_handler(Exchange* exchange, HttpRequest request);
  Task<> watch_disconnect(Exchange* exchange);
  Task<bool> complete(Exchange* exchange);
  Task<Result<>> discard_body(Exchange* exchange);
  Task<> linger();
  void refuse(const Error& error);
  Result<HttpRequest> make_request(Http1Parser::Head& head) const;

  HttpServer::Shared& shared_;
  Stream& stream_;
  std::string received_;
  std::shared_ptr<const HttpPeer> peer_;
  StreamWriter writer_;
  bool idle_ = false;
  bool draining_ = false;
  bool unread_input_ = false;  // Closing at once would reset the connection under our last answer.
};

}  // namespace knarr::net
