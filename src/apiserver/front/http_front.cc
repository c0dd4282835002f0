// SPDX-License-Identifier: Apache-2.0
// HTTP requests in, HTTP replies out.
#include "apiserver/front/http_front.h"

#include "api/types.h"
#include "apiserver/endpoints/respond.h"
#include "apiserver/front/gzip.h"
#include "base/log.h"
#include "base/rng.h"
#include "codec/json.h"
#include "codec/yaml.h"

#include <fmt/core.h>

#include <cctype>

namespace knarr::apiserver {

using net::Chunk;
using net::Headers;
using object::Document;

namespace {

constexpr std::size_t kGzipFrom = 128UL * 1024;  // As Kubernetes: smaller answers are not worth it.
constexpr std::size_t kPiece = 64UL * 1024;      // Of a streamed list.
constexpr std::size_t kWarningBytes = 4UL * 1024;

// A Warning header of agent "-" (RFC 7234 5.5): quoted, without control characters.
std::string warning_header(std::string_view text) {
  std::string quoted = "299 - \"";
  for (char c : text.substr(0, kWarningBytes)) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) quoted += c;
  }
  return quoted + '"';
}

Headers reply_headers(const ApiReply& reply, std::string_view type) {
  Headers headers;
  headers.add("Cache-Control", "no-cache, private");
  if (!type.empty()) headers.add("Content-Type", type);
  for (const std::string& warning : reply.warnings) {
    headers.add("Warning", warning_header(warning));
  }
  return headers;
}

bool takes_gzip(const net::HttpRequest& request) {
  return request.headers.has_token("Accept-Encoding", "gzip");
}

ApiReply error_reply(Error error) {
  ApiReply reply;
  reply.code = error.code();
  reply.body = std::move(error);
  return reply;
}

// Partial objects of a list are asked for as a list, and the other way round.
Result<> form_mismatch(const Accepted& accepted, const ApiReply& reply) {
  if (accepted.as != As::PartialMetadata) return ok();
  if (const auto* list = std::get_if<ListReply>(&reply.body); list != nullptr && !accepted.partial_list) {
    return Error(Reason::NotAcceptable,
                 fmt::format("you requested PartialObjectMetadata, but the requested object is a list ({}List)",
                             list->kind));
  }
  if (const auto* object = std::get_if<ObjectReply>(&reply.body); object != nullptr && accepted.partial_list) {
    return Error(Reason::NotAcceptable,
                 fmt::format("you requested PartialObjectMetadataList, but the requested object is not a "
                             "list ({})",
                             object->kind));
  }
  return ok();
}

// Tables are written as JSON; the rare client that wants YAML gets them turned.
void finish_table(std::string& body, Format format) {
  if (format != Format::Yaml) return;
  auto tree = codec::parse_json(body);
  if (!tree) return;
  body.clear();
  codec::write_yaml(body, tree->root());
}

// Whether every % begins an escape.
bool has_good_escapes(std::string_view path) {
  for (std::size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
    if (at + 2 >= path.size() || std::isxdigit(static_cast<unsigned char>(path[at + 1])) == 0 ||
        std::isxdigit(static_cast<unsigned char>(path[at + 2])) == 0) {
      return false;
    }
  }
  return true;
}

}  // namespace

HttpFront::HttpFront(ApiServer& server, FrontAuthenticator& authenticator, FrontLimits limits)
    : server_(server), authenticator_(authenticator), limits_(limits) {}

Task<> HttpFront::handle(net::HttpRequest request, net::BodyReader& body,
                         net::Responder& responder) {
  // The handler contract keeps both alive until we return.
  net::BodyReader* const reader = &body;
  net::Responder* const out = &responder;
  ApiRequest shape;
  ApiReply reply;
  if (!has_good_escapes(request.path())) {
    reply.code = 400;
    reply.body = RawReply{"text/plain; charset=utf-8",
                          std::make_shared<const std::string>("400 Bad Request"), {}};
    co_await send(&request, &shape, &reply, out);
    co_return;
  }
  auto api_request = co_await read_request(&request, reader);
  if (!api_request) {
    if (api_request.error().is(Reason::Cancelled)) co_return;
    shape.accept = request.headers.get_or("Accept", "");
    reply = error_reply(std::move(api_request).error());
  } else {
    shape.accept = api_request->accept;
    shape.info = api_request->info;
    shape.query = api_request->query;
    reply = co_await server_.serve(std::move(*api_request));
  }
  co_await send(&request, &shape, &reply, out);
}

Task<Result<ApiRequest>> HttpFront::read_request(net::HttpRequest* http, net::BodyReader* body) {
  ApiRequest request;
  request.method = http->method;
  request.query = Query::parse(http->query());
  request.info =
      parse_request_info(http->method, percent_decode(http->path(), false), request.query);
  request.user_agent = http->headers.get_or("User-Agent", "");
  request.accept = http->headers.get_or("Accept", "");
  request.if_none_match = http->headers.get_or("If-None-Match", "");
  request.user = CO_TRY(co_await authenticator_.authenticate(http));
  request.user = CO_TRY(
      co_await authenticator_.impersonate(http, std::move(request.user), &request.info));
  if (http->method == "GET" || http->method == "HEAD") co_return request;
  auto bytes = co_await body->read_all(limits_.body_bytes);
  if (!bytes && bytes.error().is(Reason::RequestEntityTooLarge)) {
    co_return Error(Reason::RequestEntityTooLarge,
                    fmt::format("Request entity too large: limit is {}", limits_.body_bytes));
  }
  WireBody wire{std::string(http->headers.get_or("Content-Type", "")), CO_TRY(std::move(bytes))};
  request.content_type = wire.content_type;
  request.body = std::move(wire);
  co_return request;
}

Task<Result<>> HttpFront::send_whole(net::Responder* responder, int code, Headers headers,
                                     std::string body, bool gzip) {
  if (gzip && body.size() >= kGzipFrom) {
    std::string packed;
    Gzip packer;
    packer.add(packed, body);
    packer.finish(packed);
    body = std::move(packed);
    headers.add("Content-Encoding", "gzip");
    headers.add("Vary", "Accept-Encoding");
  }
  co_return co_await responder->respond(code, std::move(headers), Chunk(std::move(body)));
}

// A long list goes out in pieces while it is encoded: memory does not grow with it.
Task<Result<>> HttpFront::send_list(net::Responder* responder, Headers headers,
                                    const ListReply* list, Format format, bool gzip) {
  const ListEncoder encoder(*list, format);
  std::string piece;
  encoder.begin(piece);
  std::unique_ptr<Gzip> packer;
  bool started = false;
  for (std::size_t i = 0; i <= list->items.size(); ++i) {
    if (i < list->items.size()) {
      encoder.item(piece, i);
    } else {
      encoder.end(piece);
    }
    const bool last = i == list->items.size();
    if (!last && piece.size() < (started ? kPiece : kGzipFrom)) continue;
    if (!started && last) {
      co_return co_await send_whole(responder, 200, std::move(headers), std::move(piece), gzip);
    }
    if (!started) {
      started = true;
      if (gzip) {
        packer = std::make_unique<Gzip>();
        headers.add("Content-Encoding", "gzip");
        headers.add("Vary", "Accept-Encoding");
      }
      CO_TRY(co_await responder->start(200, std::move(headers)));
    }
    std::string bytes;
    if (packer) {
      packer->add(bytes, piece);
      if (last) packer->finish(bytes);
    } else {
      bytes = std::move(piece);
    }
    piece.clear();
    if (!bytes.empty()) CO_TRY(co_await responder->write(Chunk(std::move(bytes))));
  }
  co_return co_await responder->finish();
}

Task<Result<>> HttpFront::send_watch(net::Responder* responder, Headers headers, WatchReply* watch,
                                     Accepted accepted, TableOptions table) {
  headers.set("Content-Type", accepted.format == Format::Protobuf
                                  ? "application/vnd.kubernetes.protobuf;stream=watch"
                                  : "application/json");
  CO_TRY(co_await responder->start(200, std::move(headers)));
  for (;;) {
    auto item = co_await watch->stream->next();
    if (!item) break;  // Its time is over, or the client is gone.
    std::string frames;
    std::optional<WatchItem> ready = std::move(*item);
    while (ready) {
      if (accepted.as == As::Table && ready->type != WatchItem::Type::Error) {
        encode_table_event(frames, *watch, *ready, table);
        table.headers = false;
      } else {
        encode_watch_event(frames, *watch, *ready, accepted);
      }
      ready = frames.size() < kPiece ? watch->stream->poll() : std::nullopt;
    }
    CO_TRY(co_await responder->write(Chunk(std::move(frames))));
  }
  co_return co_await responder->finish();
}

Task<> HttpFront::send(const net::HttpRequest* http, const ApiRequest* request, ApiReply* reply,
                       net::Responder* responder) {
  const bool watching = std::holds_alternative<WatchReply>(reply->body);
  auto negotiated = negotiate(request->accept, watching);
  Accepted accepted = negotiated ? *negotiated : Accepted{};
  if (!negotiated && !reply->failed() && !std::holds_alternative<RawReply>(reply->body)) {
    *reply = error_reply(negotiated.error());
  }
  TableOptions table;
  table.now = server_.registry().clock().system_now();
  table.version = accepted.meta_version;
  if (accepted.as == As::Table && !reply->failed()) {
    auto include = parse_include(request->query.get("includeObject"));
    if (include) {
      table.include = *include;
    } else {
      *reply = error_reply(std::move(include).error());
    }
  }
  if (auto mismatch = form_mismatch(accepted, *reply); !mismatch) {
    *reply = error_reply(std::move(mismatch).error());
  }
  const bool gzip = takes_gzip(*http);
  std::string body;
  Result<> sent;
  if (auto* error = std::get_if<Error>(&reply->body)) {
    if (error->is(Reason::Cancelled)) {
      responder->abort();
      co_return;
    }
    // A Status has no other form than its own.
    const Format format = negotiate_path(request->accept, PathMatch::Any).value_or(Format::Json);
    Headers headers = reply_headers(*reply, content_type(format));
    if (error->retry_after()) {
      headers.add("Retry-After", std::to_string(error->retry_after()->count()));
    }
    encode_object(body, format, status_document(error, nullptr),
                  api::types().find("meta/v1.Status"), "v1", "Status");
    sent = co_await send_whole(responder, error->code(), std::move(headers), std::move(body), gzip);
  } else if (auto* status = std::get_if<StatusReply>(&reply->body)) {
    encode_object(body, accepted.format, status_document(nullptr, &status->details),
                  api::types().find("meta/v1.Status"), "v1", "Status");
    sent = co_await send_whole(responder, reply->code,
                               reply_headers(*reply, content_type(accepted.format)),
                               std::move(body), gzip);
  } else if (auto* object = std::get_if<ObjectReply>(&reply->body)) {
    const std::string_view type = content_type(accepted.format);
    if (accepted.as == As::Table && object->served != nullptr) {
      write_table(body, *object->served, table, std::span(&object->object, 1),
                  {object->object.resource_version(), {}, {}});
      finish_table(body, accepted.format);
    } else if (accepted.as == As::PartialMetadata) {
      encode_object(body, accepted.format, partial_metadata(object->object, accepted.meta_version),
                    api::types().find("meta/v1.PartialObjectMetadata"),
                    accepted.meta_version == "v1beta1" ? "meta.k8s.io/v1beta1" : "meta.k8s.io/v1",
                    "PartialObjectMetadata");
    } else {
      encode_object(body, accepted.format, object->object, object->type, object->api_version,
                    object->kind);
    }
    sent = co_await send_whole(responder, reply->code, reply_headers(*reply, type), std::move(body), gzip);
  } else if (auto* list = std::get_if<ListReply>(&reply->body)) {
    if (accepted.as == As::Table && list->served != nullptr) {
      write_table(body, *list->served, table, list->items,
                  {list->revision, list->continue_token, list->remaining});
      finish_table(body, accepted.format);
      sent = co_await send_whole(responder, reply->code,
                                 reply_headers(*reply, content_type(accepted.format)),
                                 std::move(body), gzip);
    } else {
      if (accepted.as == As::PartialMetadata) as_partial_list(*list, accepted.meta_version);
      sent = co_await send_list(responder, reply_headers(*reply, content_type(accepted.format)), list,
                                accepted.format, gzip);
    }
  } else if (auto* watch = std::get_if<WatchReply>(&reply->body)) {
    sent = co_await send_watch(responder, reply_headers(*reply, {}), watch, accepted, table);
  } else if (auto* raw = std::get_if<RawReply>(&reply->body)) {
    Headers headers = reply_headers(*reply, raw->content_type);
    for (const auto& [name, value] : raw->headers) headers.set(name, value);
    if (raw->bytes != nullptr && (!gzip || raw->bytes->size() < kGzipFrom)) {
      sent = co_await responder->respond(reply->code, std::move(headers), Chunk(raw->bytes));
    } else {
      sent = co_await send_whole(responder, reply->code, std::move(headers),
                                 raw->bytes ? *raw->bytes : std::string(), gzip);
    }
  }
  // A client that left is no error of ours; the responder has cut the stream off.
}

}  // namespace knarr::apiserver
