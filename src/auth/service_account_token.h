// SPDX-License-Identifier: Apache-2.0
// Service account tokens: making them (TokenRequest, and the older kind in Secrets), checking them,
// and publishing the keys they can be checked with (BEHAVIOURS 81-83).
// Source: k8s.io/kubernetes pkg/serviceaccount, pkg/registry/core/serviceaccount/storage/token.go.
#pragma once

#include "auth/certificates.h"
#include "auth/user.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/rng.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::auth {

/// The issuer and the only audience of a cluster, unless configured otherwise.
inline constexpr std::string_view kDefaultIssuer = "https://kubernetes.default.svc.cluster.local";

// ---- what tokens are bound to

enum class TokenObject : std::uint8_t { ServiceAccount, Pod, Secret, Node };

/// What the API server knows of an object that a token is about.
struct TokenSubject {
  std::string uid;
  std::optional<SystemTime> deletion;  // metadata.deletionTimestamp
  std::string service_account;         // Pod: spec.serviceAccountName.
  std::string node;                    // Pod: spec.nodeName.
  std::string token;                   // Secret: data.token.
};

/// Looks objects up in memory; the API server implements it. Any thread.
class TokenSubjects {
 public:
  virtual ~TokenSubjects() = default;
  /// Nothing when there is no such object. `namespace_` is "" for a Node.
  [[nodiscard]] virtual std::optional<TokenSubject> find(TokenObject kind,
                                                         std::string_view namespace_,
                                                         std::string_view name) const = 0;
};

// ---- keys

/// The key that signs tokens, and those that tokens may be signed with. Immutable; any thread.
class TokenKeys {
 public:
  /// `others` only verify: keys of earlier times, or of other servers. Errors: BadRequest for a key
  /// that is neither RSA nor EC.
  static Result<TokenKeys> create(PrivateKey signing, std::vector<PublicKey> others = {});

  [[nodiscard]] const PrivateKey& signing() const { return signing_; }
  /// Those with this id, or all for "".
  [[nodiscard]] std::vector<const PublicKey*> find(std::string_view id) const;
  /// GET /openid/v1/jwks: application/jwk-set+json.
  [[nodiscard]] std::string jwks_json() const;
  /// GET /.well-known/openid-configuration.
  [[nodiscard]] std::string discovery_json(std::string_view issuer,
                                           std::string_view jwks_uri) const;

 private:
  struct Known {
    std::string id;
    PublicKey key;
  };
  TokenKeys(PrivateKey signing, std::vector<Known> known)
      : signing_(std::move(signing)), known_(std::move(known)) {}
  PrivateKey signing_;
  std::vector<Known> known_;
};

// ---- making

struct TokenIssuerOptions {
  std::string issuer = std::string(kDefaultIssuer);
  std::vector<std::string> api_audiences = {std::string(kDefaultIssuer)};
  /// Tokens of kubelets for pods (3607 s) live for a year, marked with the time after which their
  /// use is warned about, for clients that never read a token again.
  bool extend_pod_tokens = true;
  std::chrono::seconds max_lifetime{0};  // 0: no limit but 2^32 s.
};

/// spec.boundObjectRef of a TokenRequest.
struct BoundObject {
  std::string kind;
  std::string api_version;
  std::string name;
  std::string uid;
};

struct TokenRequest {
  std::string namespace_;
  std::string service_account;
  std::vector<std::string> audiences;  // Empty: those of the API server.
  std::int64_t expiration_seconds = 3600;
  std::optional<BoundObject> bound_object;
};

struct IssuedToken {
  std::string token;
  std::vector<std::string> audiences;  // For the answer's spec.
  SystemTime expires;                  // For status.expirationTimestamp.
  std::string id;                      // The credential id, for the audit log.
};

class TokenIssuer {
 public:
  /// All outlive the issuer.
  TokenIssuer(TokenIssuerOptions options, const TokenKeys& keys, const TokenSubjects& subjects,
              Rng& rng);

  /// Serves the token subresource. Errors: NotFound for the service account or the bound object,
  /// Invalid for the expiry, BadRequest for an object that cannot be bound to, Conflict for another
  /// uid. Source: BEHAVIOURS F, golden "a TokenRequest ...".
  [[nodiscard]] Result<IssuedToken> issue(const TokenRequest& request, SystemTime now) const;

  /// A token without an end, for a Secret of type kubernetes.io/service-account-token.
  [[nodiscard]] std::string issue_for_secret(std::string_view namespace_, std::string_view secret,
                                             std::string_view service_account,
                                             std::string_view service_account_uid) const;

 private:
  TokenIssuerOptions options_;
  const TokenKeys& keys_;
  const TokenSubjects& subjects_;
  Rng& rng_;
};

// ---- checking

struct TokenVerdict {
  User user;                           // Without system:authenticated.
  std::vector<std::string> audiences;  // Those accepted that the token is for.
  /// The pod should have read a newer token by now: a warning and a metric.
  bool stale = false;
};

class TokenAuthenticator {
 public:
  /// All outlive the authenticator.
  TokenAuthenticator(TokenIssuerOptions options, const TokenKeys& keys,
                     const TokenSubjects& subjects);
  ~TokenAuthenticator();
  TokenAuthenticator(const TokenAuthenticator&) = delete;
  TokenAuthenticator& operator=(const TokenAuthenticator&) = delete;

  /// Checks a token; nothing when it is not one of ours. `audiences`: which it must be for one of;
  /// empty: the API server's. Signatures that were good are remembered, everything else is looked
  /// at each time. Errors: Unauthorized, saying why. Any thread.
  [[nodiscard]] Result<std::optional<TokenVerdict>> authenticate(
      std::string_view token, const std::vector<std::string>& audiences, SystemTime now) const;

 private:
  class Verified;
  struct Claims;
  [[nodiscard]] Result<std::shared_ptr<const Claims>> read(std::string_view token) const;
  [[nodiscard]] Result<> check_subjects(const Claims& claims, std::string_view token,
                                        SystemTime now) const;

  TokenIssuerOptions options_;
  const TokenKeys& keys_;
  const TokenSubjects& subjects_;
  std::unique_ptr<Verified> verified_;
};

/// status.error of a TokenReview for a token that was refused: "" stands for no reason.
std::string token_review_error(std::string_view reason);

}  // namespace knarr::auth
