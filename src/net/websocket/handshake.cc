// SPDX-License-Identifier: Apache-2.0
// The opening handshake (RFC 6455 4), both sides.
#include "base/base64.h"
#include "base/rng.h"
#include "net/tls/digest.h"
#include "net/websocket.h"

#include <algorithm>

#include <fmt/core.h>

namespace knarr::net {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::size_t kMaxErrorBodyBytes = 4096;

std::string accept_key(std::string_view key) {
  return base64_encode(sha1(std::string(key).append(kGuid)));
}

std::vector<std::string> requested_protocols(const Headers& headers) {
  std::vector<std::string> names;
  for (std::string_view value : headers.get_all("Sec-WebSocket-Protocol")) {
    while (!value.empty()) {
      const std::size_t comma = value.find(',');
      std::string_view name = value.substr(0, comma);
      while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
      while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
      if (!name.empty()) names.emplace_back(name);
      if (comma == std::string_view::npos) break;
      value.remove_prefix(comma + 1);
    }
  }
  return names;
}

std::string join(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ", ") + name;
  return joined;
}

struct Agreement {
  std::string key;
  std::string protocol;
};

Result<Agreement> agree(const HttpRequest& request, const std::vector<std::string>& ours) {
  if (!is_websocket_request(request) || request.method != "GET") {
    return Error(Reason::BadRequest, "websocket: not a handshake");
  }
  if (request.headers.get_or("Sec-WebSocket-Version", "") != "13") {
    return Error(Reason::BadRequest, "websocket: unsupported version");
  }
  const std::string_view key = request.headers.get_or("Sec-WebSocket-Key", "");
  const Result<std::string> decoded = base64_decode(key);
  if (!decoded || decoded->size() != 16)
    return Error(Reason::BadRequest, "websocket: bad Sec-WebSocket-Key");
  const std::vector<std::string> theirs = requested_protocols(request.headers);
  const auto has = [](const std::vector<std::string>& list, std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  if (theirs.empty()) {
    if (!ours.empty() && !has(ours, ""))
      return Error(Reason::BadRequest, "websocket: a protocol is required");
    return Agreement{std::string(key), ""};
  }
  for (const std::string& name : ours) {
    if (!name.empty() && has(theirs, name)) return Agreement{std::string(key), name};
  }
  return Error(Reason::BadRequest,
               fmt::format("websocket: none of the protocols {} is supported", join(theirs)));
}

Task<Result<std::unique_ptr<WebSocket>>> accept(Responder* responder, Agreement agreement,
                                                std::size_t limit) {
  Headers headers = {{"Upgrade", "websocket"},
                     {"Connection", "Upgrade"},
                     {"Sec-WebSocket-Accept", accept_key(agreement.key)}};
  if (!agreement.protocol.empty()) headers.add("Sec-WebSocket-Protocol", agreement.protocol);
  auto stream = CO_TRY(co_await responder->upgrade(101, std::move(headers)));
  co_return std::make_unique<WebSocket>(std::move(stream), WebSocket::Side::Server,
                                        std::move(agreement.protocol), limit);
}

Task<Result<std::unique_ptr<WebSocket>>> refuse(Error error) {
  co_return error;
}

}  // namespace

bool is_websocket_request(const HttpRequest& request) {
  return request.headers.has_token("Connection", "upgrade") &&
         request.headers.has_token("Upgrade", "websocket");
}

Task<Result<std::unique_ptr<WebSocket>>> websocket_accept(const HttpRequest& request,
                                                          Responder& responder,
                                                          std::vector<std::string> protocols,
                                                          std::size_t max_message_bytes) {
  Result<Agreement> agreement = agree(request, protocols);
  if (!agreement) return refuse(std::move(agreement).error());
  return accept(&responder, std::move(*agreement), max_message_bytes);
}

Task<Result<std::unique_ptr<WebSocket>>> websocket_connect(HttpClient& client,
                                                           HttpClientRequest request,
                                                           std::vector<std::string> protocols,
                                                           std::size_t max_message_bytes) {
  SecureRng rng;
  const std::string key = base64_encode(rng.bytes(16));
  request.method = "GET";
  request.headers.set("Connection", "Upgrade");
  request.headers.set("Upgrade", "websocket");
  request.headers.set("Sec-WebSocket-Version", "13");
  request.headers.set("Sec-WebSocket-Key", key);
  if (!protocols.empty()) request.headers.set("Sec-WebSocket-Protocol", join(protocols));
  const std::unique_ptr<HttpCall> call = CO_TRY(co_await client.open(std::move(request)));
  CO_TRY(co_await call->wait_response());
  if (call->status() != 101) {
    CO_TRY(co_await call->finish());
    const Result<std::string> body = co_await call->body().read_all(kMaxErrorBodyBytes);
    co_return Error(Reason::ServiceUnavailable, fmt::format("websocket: server answered {}: {}",
                                                            call->status(), body.value_or("")))
        .with_code(call->status());
  }
  const std::string protocol(call->headers().get_or("Sec-WebSocket-Protocol", ""));
  const bool asked = protocol.empty() ||
                     std::find(protocols.begin(), protocols.end(), protocol) != protocols.end();
  if (!asked || !call->headers().has_token("Upgrade", "websocket") ||
      call->headers().get_or("Sec-WebSocket-Accept", "") != accept_key(key)) {
    co_return Error(Reason::ServiceUnavailable, "websocket: bad handshake");
  }
  auto stream = CO_TRY(call->upgraded());
  co_return std::make_unique<WebSocket>(std::move(stream), WebSocket::Side::Client, protocol,
                                        max_message_bytes);
}

}  // namespace knarr::net
