// SPDX-License-Identifier: Apache-2.0
// One HTTP/2 connection of a client, shared by all its calls.
#pragma once

#include "net/http/client_shared.h"
#include "net/http2/connection.h"

namespace knarr::net {

class Http2ClientConnection final : public Http2Connection,
                                    public std::enable_shared_from_this<Http2ClientConnection> {
 public:
  Http2ClientConnection(HttpClient::Shared& shared, std::unique_ptr<Stream> stream);
  ~Http2ClientConnection() override;

  /// Reads and writes until the connection ends; a task of the client's group.
  static Task<> run(std::shared_ptr<Http2ClientConnection> connection);
  [[nodiscard]] Result<std::unique_ptr<HttpCall>> start(const HttpClientRequest& request,
                                                        bool whole);
  /// Whether it takes new calls.
  [[nodiscard]] bool is_usable() const { return !is_going_away(); }

 private:
  class Exchange;
  class Call;

  void on_header(Http2Stream& stream, std::string_view name, std::string_view value) override;
  void on_head_end(Http2Stream& stream) override;
  void on_headers_too_large(Http2Stream& stream) override;

  HttpClient::Shared& shared_;
  std::unique_ptr<Stream> owned_;
};

}  // namespace knarr::net
