// SPDX-License-Identifier: Apache-2.0
// What an HttpClient's connections share.
#pragma once

#include "base/semaphore.h"
#include "net/http_client.h"

#include <vector>

namespace knarr::net {

class Http1ClientConnection;
class Http2ClientConnection;

struct HttpClient::Shared {
  Shared(Loop& l, HttpClientOptions o) : loop(l), options(std::move(o)), tasks(l) {}

  /// A call on a kept or new connection, its head (and, if `whole`, its body) under way.
  Task<Result<std::unique_ptr<HttpCall>>> start(HttpClientRequest* request, bool whole, bool fresh);
  void keep(std::shared_ptr<Http1ClientConnection> connection);

  Loop& loop;
  const HttpClientOptions options;
  bool stopped = false;
  bool is_http1 = false;  // Learned from the first connection.
  Semaphore dialing{1};
  std::shared_ptr<Http2ClientConnection> http2;
  std::vector<std::shared_ptr<Http1ClientConnection>> idle;
  TaskGroup tasks;

 private:
  Task<Result<std::unique_ptr<Stream>>> dial();
  std::shared_ptr<Http1ClientConnection> take_idle();
  Task<Result<std::unique_ptr<HttpCall>>> start_http1(HttpClientRequest* request, bool whole,
                                                      std::unique_ptr<Stream> stream);
};

/// A call that may tell that the server never saw it.
class RetriableCall : public HttpCall {
 public:
  /// After wait_response() failed: the request was surely not processed, or is safe to repeat.
  [[nodiscard]] virtual bool may_retry() const = 0;
};

}  // namespace knarr::net
