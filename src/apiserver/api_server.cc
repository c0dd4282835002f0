// SPDX-License-Identifier: Apache-2.0
// From a request to the endpoint of its verb: authorization, look-up, method.
#include "apiserver/api_server.h"

#include "apiserver/endpoints/route.h"
#include "apiserver/identity/access.h"

#include <fmt/core.h>

namespace knarr::apiserver {

namespace {

ApiReply error_reply(Error error) {
  ApiReply reply;
  reply.code = error.code();
  reply.body = std::move(error);
  return reply;
}

// Subresources that are the object itself, of which they write a part: status, resize, approval.
bool is_own_kind(const Served& served, const RequestInfo& info) {
  const api::SubresourceRow* subresource = served.row->find_subresource(info.subresource);
  return subresource != nullptr && !subresource->is_connect() &&
         subresource->group() == served.row->group() &&
         subresource->version() == served.row->version() &&
         subresource->kind() == served.row->kind();
}

}  // namespace

auth::Attributes attributes_of(const ApiRequest& request) {
  const RequestInfo& info = request.info;
  auth::Attributes attributes;
  attributes.user = &request.user;
  attributes.verb = info.verb;
  attributes.is_resource = info.is_resource;
  attributes.path = info.path;
  if (!info.is_resource) return attributes;
  attributes.group = info.group;
  attributes.version = info.version;
  attributes.resource = info.resource;
  attributes.subresource = info.subresource;
  attributes.namespace_ = info.namespace_;
  attributes.name = info.name;
  if (info.verb == "list" || info.verb == "watch" || info.verb == "deletecollection") {
    // What cannot be read is refused later; here it is as if it were not there.
    identity::read_field_selector(request.query.get("fieldSelector"), attributes);
    identity::read_label_selector(request.query.get("labelSelector"), attributes);
  }
  return attributes;
}

ApiServer::ApiServer(Registry& registry, const auth::Authorizer& authorizer)
    : registry_(registry), authorizer_(authorizer), parts_{registry, authorizer} {}

void ApiServer::add_special(std::string where, std::unique_ptr<SpecialEndpoint> endpoint) {
  special_[std::move(where)] = std::move(endpoint);
}

SpecialEndpoint* ApiServer::find_special(const RequestInfo& info) const {
  std::string where = fmt::format("{}/{}", info.group, info.resource);
  if (!info.subresource.empty()) where += "/" + info.subresource;
  const auto found = special_.find(where);
  return found == special_.end() ? nullptr : found->second.get();
}

Task<ApiReply> ApiServer::serve(ApiRequest request) {
  auto allowed = auth::require(authorizer_, attributes_of(request));
  if (!allowed) co_return error_reply(std::move(allowed).error());
  if (request.info.is_resource) co_return co_await serve_resource(&request);
  for (const auto& handler : paths_) {
    if (auto reply = handler->handle(request)) co_return std::move(*reply);
  }
  ApiReply reply;
  reply.code = 404;
  reply.body = RawReply{"text/plain; charset=utf-8",
                        std::make_shared<const std::string>("404 page not found\n"),
                        {{"X-Content-Type-Options", "nosniff"}}};
  co_return reply;
}

Task<ApiReply> ApiServer::serve_resource(ApiRequest* request) {
  const RequestInfo& info = request->info;
  Call call{.parts = &parts_, .request = request, .served = nullptr, .warnings = {}};
  call.served = registry_.find(info.group, info.version, info.resource);
  if (call.served == nullptr) {
    // An unknown group is no Status but the plain 404 of a path (BEHAVIOURS 137).
    if (!registry_.has_group(info.group)) {
      ApiReply reply;
      reply.code = 404;
      reply.body = RawReply{"text/plain; charset=utf-8",
                            std::make_shared<const std::string>("404 page not found\n"),
                            {{"X-Content-Type-Options", "nosniff"}}};
      co_return reply;
    }
    co_return error_reply(no_such_path());
  }
  const Served& served = *call.served;
  if (auto checked = check_route(served, info, request->method); !checked) {
    co_return error_reply(std::move(checked).error());
  }
  std::string deprecated = deprecation_warning(*served.row);
  ApiReply reply;
  if (auto checked = check_request(*request); checked) {
    reply = co_await serve_verb(&call);
  } else {
    reply = error_reply(std::move(checked).error());
  }
  if (!deprecated.empty()) reply.warnings.insert(reply.warnings.begin(), std::move(deprecated));
  co_return reply;
}

Task<ApiReply> ApiServer::serve_verb(Call* call) {
  const RequestInfo& info = call->request->info;
  const Served& served = *call->served;
  if (SpecialEndpoint* special = find_special(info)) co_return co_await special->serve(call);
  if (!info.subresource.empty() && !is_own_kind(served, info)) {
    co_return error_reply(Error(Reason::NotImplemented,
                                fmt::format("{}/{} is not served by this version of Knarr yet",
                                            info.resource, info.subresource)));
  }
  if (served.collection->cache == nullptr) {
    co_return error_reply(Error(Reason::NotImplemented,
                                fmt::format("{} is not served by this version of Knarr yet",
                                            served.collection->qualified_resource())));
  }
  if (info.verb == "get") co_return co_await serve_get(call);
  if (info.verb == "list") co_return co_await serve_list(call);
  if (info.verb == "watch") co_return co_await serve_watch(call);
  if (info.verb == "create") co_return co_await serve_create(call);
  if (info.verb == "update") co_return co_await serve_update(call);
  if (info.verb == "patch") co_return co_await serve_patch(call);
  if (info.verb == "delete") co_return co_await serve_delete(call);
  if (info.verb == "deletecollection") co_return co_await serve_delete_collection(call);
  co_return error_reply(method_not_allowed());
}

}  // namespace knarr::apiserver
