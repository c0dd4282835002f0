// SPDX-License-Identifier: Apache-2.0
// Where others find the keys of our tokens: OpenID Connect's discovery document and the key set
// (BEHAVIOURS 83). The key set is given only to clients that accept its own media type.
// Source: k8s.io/kubernetes pkg/routes/openidmetadata.go.
#include "apiserver/identity/endpoints.h"

#include <algorithm>

namespace knarr::apiserver::identity {

namespace {

constexpr std::string_view kDiscovery = "/.well-known/openid-configuration";
constexpr std::string_view kKeys = "/openid/v1/jwks";
constexpr std::string_view kKeysType = "application/jwk-set+json";

ApiReply error_reply(Error error) {
  ApiReply reply;
  reply.code = error.code();
  reply.body = std::move(error);
  return reply;
}

// Whether an Accept header takes a media type. Quality values are not looked at: there is one type.
bool accepts(std::string_view header, std::string_view type) {
  if (header.empty()) return true;
  const std::string_view major = type.substr(0, type.find('/'));
  while (!header.empty()) {
    const std::size_t end = std::min(header.find(','), header.size());
    std::string_view range = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    range = range.substr(0, range.find(';'));
    while (!range.empty() && range.front() == ' ') range.remove_prefix(1);
    while (!range.empty() && range.back() == ' ') range.remove_suffix(1);
    if (range == type || range == "*/*") return true;
    if (range.ends_with("/*") && range.substr(0, range.size() - 2) == major) return true;
  }
  return false;
}

class KeyPaths final : public PathHandler {
 public:
  explicit KeyPaths(const IdentityParts& parts)
      : discovery_(std::make_shared<const std::string>(
            parts.keys.discovery_json(parts.issuer, parts.jwks_uri))),
        keys_(std::make_shared<const std::string>(parts.keys.jwks_json())) {}

  std::optional<ApiReply> handle(const ApiRequest& request) override {
    std::string_view path = request.info.path;
    if (path.ends_with('/')) path.remove_suffix(1);
    if (path == kDiscovery) return answer(request, "application/json", discovery_);
    if (path == kKeys) return answer(request, kKeysType, keys_);
    return std::nullopt;
  }

 private:
  static ApiReply answer(const ApiRequest& request, std::string_view type,
                         const std::shared_ptr<const std::string>& bytes) {
    if (request.method != "GET") {
      return error_reply(Error(Reason::MethodNotAllowed,
                               "the server does not allow this method on the requested resource")
                             .with_empty_details());
    }
    if (!accepts(request.accept, type)) {
      return error_reply(
          Error(Reason::NotAcceptable,
                "406: Not Acceptable\n\nAvailable representations: " + std::string(type))
              .with_empty_details());
    }
    ApiReply reply;
    reply.body = RawReply{.content_type = std::string(type),
                          .bytes = bytes,
                          .headers = {{"Cache-Control", "public, max-age=3600"}}};
    return reply;
  }

  std::shared_ptr<const std::string> discovery_;
  std::shared_ptr<const std::string> keys_;
};

}  // namespace

std::unique_ptr<PathHandler> make_key_paths(const IdentityParts& parts) {
  return std::make_unique<KeyPaths>(parts);
}

}  // namespace knarr::apiserver::identity
