// SPDX-License-Identifier: Apache-2.0
// The front door: HTTP to ApiRequest and ApiReply to HTTP. chain: route -> authentication -> audit ->
// impersonation -> flow control -> authorization (in ApiServer) -> endpoint -> encoding
// (DESIGN section 2; audit and flow control are empty places for now).
#pragma once

#include "apiserver/api_server.h"
#include "apiserver/endpoints/negotiate.h"
#include "apiserver/table/table.h"
#include "net/http.h"

#include <memory>
#include <string>

namespace knarr::apiserver {

/// Finds out who sends a request. Errors: Unauthorized.
class FrontAuthenticator {
 public:
  virtual ~FrontAuthenticator() = default;
  virtual Task<Result<auth::User>> authenticate(const net::HttpRequest* request) = 0;
  /// The user a request is to run as, by its Impersonate-* headers. Errors: Forbidden, BadRequest.
  virtual Task<Result<auth::User>> impersonate(const net::HttpRequest* request, auth::User user,
                                               const RequestInfo* info) = 0;
};

struct FrontLimits {
  std::size_t body_bytes = 3UL * 1024 * 1024;  // As Kubernetes: 3 MiB.
};

class HttpFront final : public net::HttpHandler {
 public:
  HttpFront(ApiServer& server, FrontAuthenticator& authenticator, FrontLimits limits = {});
  Task<> handle(net::HttpRequest request, net::BodyReader& body,
                net::Responder& responder) override;

 private:
  Task<Result<ApiRequest>> read_request(net::HttpRequest* request, net::BodyReader* body);
  Task<> send(const net::HttpRequest* http, const ApiRequest* request, ApiReply* reply,
              net::Responder* responder);
  Task<Result<>> send_whole(net::Responder* responder, int code, net::Headers headers,
                            std::string body, bool gzip);
  Task<Result<>> send_list(net::Responder* responder, net::Headers headers, const ListReply* list,
                           Format format, bool gzip);
  Task<Result<>> send_watch(net::Responder* responder, net::Headers headers, WatchReply* watch,
                            Accepted accepted, TableOptions table);

  ApiServer& server_;
  FrontAuthenticator& authenticator_;
  FrontLimits limits_;
};

}  // namespace knarr::apiserver
