// SPDX-License-Identifier: Apache-2.0
// Calls of loops as requests of the API server beside them.
#include "server/local_transport.h"

namespace knarr::server {

using apiserver::ApiReply;
using apiserver::ApiRequest;
using client::Target;
using object::Document;
using object::Draft;

namespace {

std::string path_of(const Target& target) {
  std::string path = target.resource.group.empty() ? "/api" : "/apis/";
  path.append(target.resource.group).append("/").append(target.resource.version);
  if (target.resource.namespaced && !target.namespace_.empty()) {
    path.append("/namespaces/").append(target.namespace_);
  }
  path.append("/").append(target.resource.plural);
  if (!target.name.empty()) path.append("/").append(target.name);
  if (!target.subresource.empty()) path.append("/").append(target.subresource);
  return path;
}

std::string_view content_type(client::PatchType type) {
  switch (type) {
    case client::PatchType::Json: return "application/json-patch+json";
    case client::PatchType::Merge: return "application/merge-patch+json";
    case client::PatchType::StrategicMerge: return "application/strategic-merge-patch+json";
    case client::PatchType::Apply: return "application/apply-patch+yaml";
  }
  return "";
}

void add_write_options(ApiRequest& request, const client::WriteOptions& options) {
  if (!options.field_manager.empty()) request.query.add("fieldManager", options.field_manager);
  if (options.dry_run) request.query.add("dryRun", "All");
  if (options.force) request.query.add("force", "true");
}

// What is neither the answer that was asked for nor an Error: a path that does not exist.
Error no_such_resource() {
  return {Reason::NotFound, "the server could not find the requested resource"};
}

class LocalWatch final : public client::Watch {
 public:
  explicit LocalWatch(std::unique_ptr<apiserver::WatchStream> stream) : stream_(std::move(stream)) {}

  Task<Result<client::WatchEvent>> next() override {
    auto item = co_await stream_->next();
    if (!item) {
      const TaskContext context = co_await current_context();
      if (context.cancel.is_cancelled()) co_return Error::cancelled();
      co_return Error(Reason::Gone, "the watch has ended");
    }
    if (item->error) co_return std::move(*item->error);
    client::WatchEvent event;
    event.revision = item->object.resource_version();
    switch (item->type) {
      case apiserver::WatchItem::Type::Added: event.type = client::WatchEvent::Type::Added; break;
      case apiserver::WatchItem::Type::Modified: event.type = client::WatchEvent::Type::Modified; break;
      case apiserver::WatchItem::Type::Deleted: event.type = client::WatchEvent::Type::Deleted; break;
      default:
        event.type = client::WatchEvent::Type::Bookmark;
        event.initial_events_end = item->initial_events_end;
        co_return event;
    }
    event.object = std::move(item->object);
    co_return event;
  }

 private:
  std::unique_ptr<apiserver::WatchStream> stream_;
};

}  // namespace

ApiRequest LocalTransport::request(std::string method, const Target& target) const {
  ApiRequest request;
  request.method = std::move(method);
  request.user = user_;
  request.user_agent = user_agent_;
  request.info.path = path_of(target);  // The rest is read once the query is complete.
  return request;
}

Task<Result<Document>> LocalTransport::call(ApiRequest request) {
  request.info = apiserver::parse_request_info(request.method, request.info.path, request.query);
  ApiReply reply = co_await server_.serve(std::move(request));
  if (auto* error = std::get_if<Error>(&reply.body)) co_return std::move(*error);
  if (auto* object = std::get_if<apiserver::ObjectReply>(&reply.body)) {
    co_return std::move(object->object);
  }
  if (std::holds_alternative<apiserver::RawReply>(reply.body)) co_return no_such_resource();
  co_return Document();
}

Task<Result<Document>> LocalTransport::get(Target target) {
  co_return co_await call(request("GET", target));
}

Task<Result<client::List>> LocalTransport::list(Target target, client::ListOptions options) {
  ApiRequest list = request("GET", target);
  if (!options.label_selector.empty()) list.query.add("labelSelector", options.label_selector);
  if (!options.field_selector.empty()) list.query.add("fieldSelector", options.field_selector);
  if (options.limit > 0) list.query.add("limit", std::to_string(options.limit));
  if (!options.continue_token.empty()) list.query.add("continue", options.continue_token);
  if (!options.resource_version.empty()) {
    list.query.add("resourceVersion", options.resource_version);
  }
  list.info = apiserver::parse_request_info(list.method, list.info.path, list.query);
  ApiReply reply = co_await server_.serve(std::move(list));
  if (auto* error = std::get_if<Error>(&reply.body)) co_return std::move(*error);
  auto* body = std::get_if<apiserver::ListReply>(&reply.body);
  if (body == nullptr) co_return no_such_resource();
  co_return client::List{std::move(body->items), body->revision, std::move(body->continue_token)};
}

Task<Result<std::unique_ptr<client::Watch>>> LocalTransport::watch(Target target,
                                                                   client::WatchOptions options) {
  ApiRequest watch = request("GET", target);
  watch.query.add("watch", "true");
  watch.query.add("allowWatchBookmarks", "true");
  if (!options.label_selector.empty()) watch.query.add("labelSelector", options.label_selector);
  if (!options.field_selector.empty()) watch.query.add("fieldSelector", options.field_selector);
  if (options.since != 0) watch.query.add("resourceVersion", std::to_string(options.since));
  if (options.initial_events) {
    watch.query.add("sendInitialEvents", "true");
    watch.query.add("resourceVersionMatch", "NotOlderThan");
  }
  watch.info = apiserver::parse_request_info(watch.method, watch.info.path, watch.query);
  ApiReply reply = co_await server_.serve(std::move(watch));
  if (auto* error = std::get_if<Error>(&reply.body)) co_return std::move(*error);
  auto* body = std::get_if<apiserver::WatchReply>(&reply.body);
  if (body == nullptr) co_return no_such_resource();
  co_return std::make_unique<LocalWatch>(std::move(body->stream));
}

Task<Result<Document>> LocalTransport::create(Target target, Draft object,
                                              client::WriteOptions options) {
  ApiRequest create = request("POST", target);
  add_write_options(create, options);
  create.body = std::move(object);
  co_return co_await call(std::move(create));
}

Task<Result<Document>> LocalTransport::update(Target target, Draft object,
                                              client::WriteOptions options) {
  ApiRequest update = request("PUT", target);
  add_write_options(update, options);
  update.body = std::move(object);
  co_return co_await call(std::move(update));
}

Task<Result<Document>> LocalTransport::patch(Target target, client::PatchType type, Draft patch,
                                             client::WriteOptions options) {
  ApiRequest request_ = request("PATCH", target);
  add_write_options(request_, options);
  request_.content_type = content_type(type);
  request_.body = std::move(patch);
  co_return co_await call(std::move(request_));
}

Task<Result<Document>> LocalTransport::remove(Target target, client::DeleteOptions options) {
  ApiRequest remove = request("DELETE", target);
  if (options.grace_seconds) {
    remove.query.add("gracePeriodSeconds", std::to_string(*options.grace_seconds));
  }
  if (!options.propagation.empty()) remove.query.add("propagationPolicy", options.propagation);
  if (!options.uid.empty()) remove.query.add("uid", options.uid);
  if (!options.resource_version.empty()) {
    remove.query.add("resourceVersion", options.resource_version);
  }
  co_return co_await call(std::move(remove));
}

}  // namespace knarr::server
