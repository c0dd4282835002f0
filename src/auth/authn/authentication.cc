// SPDX-License-Identifier: Apache-2.0
#include "auth/authentication.h"

#include "auth/crypto/openssl.h"

#include <mutex>
#include <unordered_map>

namespace knarr::auth {

namespace {

constexpr std::chrono::minutes kRememberFor{10};

std::string_view authorization_of(const Headers& headers) {
  for (const auto& [name, value] : headers) {
    if (name == "authorization") return value;
  }
  return {};
}

}  // namespace

/// Users by the SHA-256 of their certificate: verifying a chain costs 100 to 300 us.
class RequestAuthenticator::VerifiedChains {
 public:
  std::optional<User> find(const std::string& hash, SystemTime now) {
    const std::lock_guard lock(mutex_);
    const auto at = users_.find(hash);
    if (at == users_.end() || now > at->second.until) return std::nullopt;
    return at->second.user;
  }

  void add(std::string hash, User user, SystemTime until) {
    const std::lock_guard lock(mutex_);
    if (users_.size() >= kSize) users_.clear();
    users_[std::move(hash)] = {std::move(user), until};
  }

 private:
  static constexpr std::size_t kSize = 1000;
  struct Entry {
    User user;
    SystemTime until;
  };
  std::mutex mutex_;
  std::unordered_map<std::string, Entry> users_;
};

RequestAuthenticator::RequestAuthenticator(AuthenticationOptions options)
    : options_(std::move(options)),
      clients_(options_.client_authorities),
      proxies_(options_.request_header_authorities),
      verified_(std::make_unique<VerifiedChains>()) {}

RequestAuthenticator::~RequestAuthenticator() = default;

Result<std::optional<User>> RequestAuthenticator::by_certificate(
    const std::vector<std::string>& certificates, SystemTime now) const {
  if (certificates.empty()) return std::optional<User>();
  std::string hash = crypto::sha256(certificates.front());
  if (auto known = verified_->find(hash, now)) return known;
  const Certificate certificate = TRY(clients_.verify(certificates, now));
  std::optional<User> user = user_of(certificate);
  if (user) {
    const SystemTime until = std::min<SystemTime>(now + kRememberFor, certificate.not_after());
    verified_->add(std::move(hash), *user, until);
  }
  return user;
}

Result<Authenticated> RequestAuthenticator::authenticate(
    const std::vector<std::string>& certificates, const Headers& headers, SystemTime now) const {
  std::optional<Error> refused;  // A later method may still know the caller.
  const auto accept = [](User user) {
    add_authenticated_group(user);
    return Authenticated{std::move(user), {}, false};
  };
  if (!options_.request_header_authorities.empty()) {
    auto user = request_header_user(proxies_, options_.request_header, certificates, headers, now);
    if (user && *user) return accept(std::move(**user));
    if (!user) refused = std::move(user).error();
  }
  if (auto user = by_certificate(certificates, now)) {
    if (*user) return accept(std::move(**user));
  } else if (!refused) {
    refused = std::move(user).error();
  }
  if (const auto token = bearer_token(authorization_of(headers))) {
    Result<std::optional<TokenVerdict>> verdict{std::optional<TokenVerdict>()};
    if (options_.tokens != nullptr) verdict = options_.tokens->authenticate(*token, {}, now);
    if (verdict && *verdict) {
      Authenticated result = accept(std::move((*verdict)->user));
      result.audiences = std::move((*verdict)->audiences);
      result.stale_token = (*verdict)->stale;
      return result;
    }
    if (!verdict) return std::move(verdict).error();
    return Error(Reason::Unauthorized, "invalid bearer token");
  }
  if (refused) return std::move(*refused);
  if (!options_.anonymous) return Error(Reason::Unauthorized, "no credentials");
  return Authenticated{anonymous_user(), {}, false};
}

}  // namespace knarr::auth
