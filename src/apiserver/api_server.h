// SPDX-License-Identifier: Apache-2.0
// ApiServer: everything behind the front door. It takes an authenticated request as a value and
// gives the reply as a value; HTTP (front/) and the loops of this process (client's in-process
// transport) are its two kinds of callers. All on the API strand.
#pragma once

#include "apiserver/api.h"
#include "apiserver/endpoints/endpoint.h"
#include "apiserver/registry/registry.h"
#include "auth/authorizer.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace knarr::apiserver {

/// Answers paths that are no resources: discovery, OpenAPI, health, metrics, version.
class PathHandler {
 public:
  virtual ~PathHandler() = default;
  /// Nothing when the path is not this handler's.
  virtual std::optional<ApiReply> handle(const ApiRequest& request) = 0;
};

/// Serves a resource or subresource that is not stored as it is written: tokens, reviews, binding,
/// eviction, scale, logs. Found by "group/version/resource[/subresource]"; "*" as version serves all.
class SpecialEndpoint {
 public:
  virtual ~SpecialEndpoint() = default;
  virtual Task<ApiReply> serve(Call* call) = 0;
};

class ApiServer {
 public:
  ApiServer(Registry& registry, const auth::Authorizer& authorizer);

  void add_paths(std::unique_ptr<PathHandler> handler) { paths_.push_back(std::move(handler)); }
  /// `where`: "/pods/binding", "authentication.k8s.io/tokenreviews".
  void add_special(std::string where, std::unique_ptr<SpecialEndpoint> endpoint);

  /// Authorizes and serves one request. Never fails: refusals are replies.
  Task<ApiReply> serve(ApiRequest request);

  [[nodiscard]] const auth::Authorizer& authorizer() const { return authorizer_; }
  Registry& registry() { return registry_; }

 private:
  Task<ApiReply> serve_resource(ApiRequest* request);
  Task<ApiReply> serve_verb(Call* call);
  [[nodiscard]] SpecialEndpoint* find_special(const RequestInfo& info) const;

  Registry& registry_;
  const auth::Authorizer& authorizer_;
  EndpointParts parts_;
  std::vector<std::unique_ptr<PathHandler>> paths_;
  std::map<std::string, std::unique_ptr<SpecialEndpoint>, std::less<>> special_;
};

/// What an authorizer is asked about a request.
auth::Attributes attributes_of(const ApiRequest& request);

}  // namespace knarr::apiserver
