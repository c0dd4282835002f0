// SPDX-License-Identifier: Apache-2.0
// One HTTP/2 connection of the server: a task for every stream.
#pragma once

#include "base/task_group.h"
#include "net/http/server_shared.h"
#include "net/http2/connection.h"

namespace knarr::net {

class Http2ServerConnection final : public HttpServerConnection, public Http2Connection {
 public:
  Http2ServerConnection(HttpServer::Shared& shared, Stream& stream, std::string received,
                        std::shared_ptr<const HttpPeer> peer);
  ~Http2ServerConnection() override;
  Task<> run() override;
  void drain() override { go_away(); }

 private:
  class Request;
  class Body;
  class Answer;

  void on_request_begin(std::int32_t id) override;
  void on_header(Http2Stream& stream, std::string_view name, std::string_view value) override;
  void on_head_end(Http2Stream& stream) override;
  void on_headers_too_large(Http2Stream& stream) override;
  void on_stream_removed() override;

  Task<> serve(std::shared_ptr<Request> stream);
  void refuse(Http2Stream& stream, int status);
  void watch_idle();
  void idle_check();

  HttpServer::Shared& shared_;
  std::string received_;
  std::shared_ptr<const HttpPeer> peer_;
  SteadyTime idle_since_;
  TimerId idle_timer_ = 0;
  std::unique_ptr<TaskGroup> handlers_;
};

}  // namespace knarr::net
