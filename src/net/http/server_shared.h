// SPDX-License-Identifier: Apache-2.0
// What the connections of one HttpServer share, and what the server knows of a connection.
#pragma once

#include "base/task_group.h"
#include "net/http.h"

#include <set>

namespace knarr::net {

/// A connection being served; http1/ and http2/ each have one.
class HttpServerConnection {
 public:
  HttpServerConnection() = default;
  HttpServerConnection(const HttpServerConnection&) = delete;
  HttpServerConnection& operator=(const HttpServerConnection&) = delete;
  virtual ~HttpServerConnection() = default;
  /// Serves until the connection ends.
  virtual Task<> run() = 0;
  /// Takes no more requests, ends when the running ones have.
  virtual void drain() = 0;
};

struct HttpServer::Shared {
  Shared(Loop& l, std::unique_ptr<Listener> from, std::shared_ptr<TlsServerContext> context,
         HttpHandler& h, HttpServerOptions o)
      : loop(l),
        listener(std::move(from)),
        tls(std::move(context)),
        handler(h),
        options(o),
        tasks(l) {}

  /// The Date of an answer, made once a second.
  std::string_view date();

  Loop& loop;
  std::unique_ptr<Listener> listener;
  std::shared_ptr<TlsServerContext> tls;
  HttpHandler& handler;
  const HttpServerOptions options;
  std::set<HttpServerConnection*> connections;
  bool draining = false;
  std::int64_t date_second = 0;
  std::string date_text;
  TaskGroup tasks;
};

/// Whether an answer has no body whatever its headers say.
[[nodiscard]] inline bool has_no_body(std::string_view method, int status) {
  return method == "HEAD" || status == 204 || status == 304 || (status >= 100 && status < 200);
}

/// "Sun, 06 Nov 1994 08:49:37 GMT"
[[nodiscard]] std::string http_date(SystemTime time);

}  // namespace knarr::net
