// SPDX-License-Identifier: Apache-2.0
// From HTTP headers and certificates to users.
#include "server/authentication.h"

#include "base/base64.h"
#include "base/log.h"
#include "object/time_text.h"

namespace knarr::server {

namespace atom = object::atom;

namespace {

auth::Headers lower_headers(const net::Headers& headers) {
  auth::Headers result;
  for (const auto& [name, value] : headers) {
    std::string lower = name;
    for (char& c : lower) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    result.emplace_back(std::move(lower), value);
  }
  return result;
}

auth::TokenSubject subject_of(const object::Document& object) {
  auth::TokenSubject subject;
  subject.uid = object::uid_of(object.root());
  if (const object::Value deleted = object[atom::metadata][atom::deletionTimestamp]) {
    if (auto time = object::parse_time(deleted.as_string())) subject.deletion = *time;
  }
  const object::Value spec = object[atom::spec];
  subject.service_account = spec[atom::serviceAccountName].as_string();
  subject.node = spec[atom::nodeName].as_string();
  if (auto token = base64_decode(object[atom::data]["token"].as_string())) subject.token = *token;
  return subject;
}

}  // namespace

Task<Result<auth::User>> Authentication::authenticate(const net::HttpRequest* request) {
  static const std::vector<std::string> kNone;
  const auto& tls = request->peer->tls;
  auto authenticated = authenticator_.authenticate(tls != nullptr ? tls->peer_certificates : kNone,
                                                   lower_headers(request->headers), clock_.system_now());
  if (!authenticated) {
    log::debug("refused a request", {{"error", authenticated.error()}});
    co_return Error(Reason::Unauthorized, "Unauthorized");
  }
  co_return std::move(authenticated->user);
}

Task<Result<auth::User>> Authentication::impersonate(const net::HttpRequest* request,
                                                     auth::User user,
                                                     const apiserver::RequestInfo* info) {
  const auto wanted = CO_TRY(auth::requested_user(lower_headers(request->headers)));
  if (!wanted) co_return user;
  apiserver::ApiRequest asked;
  asked.info = *info;
  asked.user = std::move(user);
  const auth::Attributes attributes = apiserver::attributes_of(asked);
  auth::Impersonated result = CO_TRY(impersonator_.impersonate(*wanted, attributes));
  co_return std::move(result.user);
}

std::optional<auth::TokenSubject> MemoryTokenSubjects::find(auth::TokenObject kind,
                                                            std::string_view namespace_,
                                                            std::string_view name) const {
  std::string_view resource;
  switch (kind) {
    case auth::TokenObject::ServiceAccount: resource = "serviceaccounts"; break;
    case auth::TokenObject::Pod: resource = "pods"; break;
    case auth::TokenObject::Secret: resource = "secrets"; break;
    case auth::TokenObject::Node: resource = "nodes"; break;
  }
  const apiserver::Collection* collection = registry_.find_stored("", resource);
  const auto object = registry_.get(*collection, namespace_, name);
  if (!object) return std::nullopt;
  return subject_of(*object);
}

Result<std::unique_ptr<ServiceAccountTokens>> ServiceAccountTokens::create(
    const auth::PrivateKey& key, apiserver::Registry& registry, Rng& rng) {
  auth::TokenKeys keys = TRY(auth::TokenKeys::create(key));
  return std::unique_ptr<ServiceAccountTokens>(
      new ServiceAccountTokens(std::move(keys), registry, rng));
}

}  // namespace knarr::server
