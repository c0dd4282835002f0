// SPDX-License-Identifier: Apache-2.0
// Checking tokens. The signature is the dear part (50 to 100 us): what was good once is remembered
// by the SHA-256 of the token. Times, audiences and bound objects are looked at with every request.
#include "auth/authn/jwt.h"
#include "auth/crypto/openssl.h"
#include "auth/service_account_token.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include <fmt/core.h>

namespace knarr::auth {

namespace {

using object::Value;

constexpr std::string_view kSecretIssuer = "kubernetes/serviceaccount";
// Clocks differ; and a pod may live this long past its deletion (its grace period is in there).
constexpr std::chrono::seconds kLeeway{60};

Error refuse(std::string text) {
  return {Reason::Unauthorized, std::move(text)};
}

struct Reference {
  std::string name;
  std::string uid;
  explicit operator bool() const { return !name.empty(); }
};

Reference read_reference(Value value) {
  return {std::string(value["name"].as_string()), std::string(value["uid"].as_string())};
}

std::vector<std::string> read_audiences(Value value) {
  std::vector<std::string> audiences;
  if (value.is_string()) audiences.emplace_back(value.as_string());
  for (Value item : value.items()) audiences.emplace_back(item.as_string());
  return audiences;
}

/// RFC 7519 NumericDate; nothing when it is absent.
std::optional<SystemTime> read_date(Value value) {
  if (!value.exists() || value.is_null()) return std::nullopt;
  constexpr double kLatest = 9e9;  // Beyond 2255 nanoseconds since 1970 leave 64 bits.
  const double seconds = std::clamp(value.as_double(), 0.0, kLatest);
  return SystemTime(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

}  // namespace

struct TokenAuthenticator::Claims {
  std::string subject;
  std::string id;
  std::vector<std::string> audiences;
  std::optional<SystemTime> expires;
  std::optional<SystemTime> not_before;
  std::optional<SystemTime> warn_after;
  std::string namespace_;
  Reference account;
  Reference pod;
  Reference secret;
  Reference node;
  bool is_for_secret = false;  // Of the older kind, which lives in a Secret.
};

/// Two generations of at most kSize entries each: the older one goes when the newer one is full.
class TokenAuthenticator::Verified {
 public:
  using Entry = std::shared_ptr<const Claims>;

  Entry find(const std::string& hash) {
    const std::lock_guard lock(mutex_);
    if (const auto at = young_.find(hash); at != young_.end()) return at->second;
    const auto at = old_.find(hash);
    if (at == old_.end()) return nullptr;
    Entry entry = at->second;
    insert(hash, entry);
    return entry;
  }

  void add(const std::string& hash, Entry entry) {
    const std::lock_guard lock(mutex_);
    insert(hash, std::move(entry));
  }

 private:
  static constexpr std::size_t kSize = 1000;

  void insert(const std::string& hash, Entry entry) {
    if (young_.size() >= kSize) old_ = std::exchange(young_, {});
    young_[hash] = std::move(entry);
  }

  std::mutex mutex_;
  std::unordered_map<std::string, Entry> young_;
  std::unordered_map<std::string, Entry> old_;
};

TokenAuthenticator::TokenAuthenticator(TokenIssuerOptions options, const TokenKeys& keys,
                                       const TokenSubjects& subjects)
    : options_(std::move(options)),
      keys_(keys),
      subjects_(subjects),
      verified_(std::make_unique<Verified>()) {}

TokenAuthenticator::~TokenAuthenticator() = default;

/// The claims of a token with a good signature; null when it is not one of ours.
Result<std::shared_ptr<const TokenAuthenticator::Claims>> TokenAuthenticator::read(
    std::string_view token) const {
  const std::string hash = crypto::sha256(token);
  if (auto known = verified_->find(hash)) return known;

  const Result<Jwt> jwt = parse_jwt(token);
  if (!jwt) return std::shared_ptr<const Claims>();
  const Value root = jwt->claims.root();
  const std::string_view issuer = root["iss"].as_string();
  if (issuer != options_.issuer && issuer != kSecretIssuer) return std::shared_ptr<const Claims>();

  const std::vector<const PublicKey*> keys = keys_.find(jwt->key_id);
  if (keys.empty()) return refuse("invalid signature, no keys found");
  const bool good = std::any_of(keys.begin(), keys.end(),
                                [&](const PublicKey* key) { return jwt_signed_by(*jwt, *key); });
  if (!good) return refuse("invalid signature");

  auto claims = std::make_shared<Claims>();
  claims->subject = root["sub"].as_string();
  claims->is_for_secret = issuer == kSecretIssuer;
  if (claims->is_for_secret) {
    const auto text = [&](const char* key) {
      return std::string(root[fmt::format("kubernetes.io/serviceaccount/{}", key)].as_string());
    };
    claims->namespace_ = text("namespace");
    claims->account = {text("service-account.name"), text("service-account.uid")};
    claims->secret = {text("secret.name"), ""};
  } else {
    const Value own = root["kubernetes.io"];
    claims->id = root["jti"].as_string();
    claims->audiences = read_audiences(root["aud"]);
    claims->expires = read_date(root["exp"]);
    claims->not_before = read_date(root["nbf"]);
    claims->warn_after = read_date(own["warnafter"]);
    claims->namespace_ = own["namespace"].as_string();
    claims->account = read_reference(own["serviceaccount"]);
    claims->pod = read_reference(own["pod"]);
    claims->secret = read_reference(own["secret"]);
    claims->node = read_reference(own["node"]);
  }
  verified_->add(hash, claims);
  return std::shared_ptr<const Claims>(std::move(claims));
}

Result<> TokenAuthenticator::check_subjects(const Claims& claims, std::string_view token,
                                            SystemTime now) const {
  const auto alive = [&](const std::optional<TokenSubject>& subject) {
    return subject && (!subject->deletion || *subject->deletion + kLeeway >= now);
  };
  const auto account =
      subjects_.find(TokenObject::ServiceAccount, claims.namespace_, claims.account.name);
  if (!alive(account)) {
    return refuse(fmt::format("service account {}/{} has been deleted", claims.namespace_,
                              claims.account.name));
  }
  if (account->uid != claims.account.uid) {
    return refuse(fmt::format("service account UID ({}) does not match claim ({})", account->uid,
                              claims.account.uid));
  }
  if (claims.is_for_secret) {
    const auto secret = subjects_.find(TokenObject::Secret, claims.namespace_, claims.secret.name);
    if (!alive(secret) || secret->token != token) {
      return refuse("service account token has been invalidated");
    }
    return ok();
  }
  const auto check = [&](TokenObject kind, std::string_view what, std::string_view namespace_,
                         const Reference& reference) -> Result<> {
    const auto subject = subjects_.find(kind, namespace_, reference.name);
    if (!alive(subject)) {
      return refuse("service account token has been invalidated");
    }
    if (subject->uid != reference.uid) {
      return refuse(fmt::format("{} UID ({}) does not match service account {} ref claim ({})",
                                what, subject->uid, what, reference.uid));
    }
    return ok();
  };
  if (claims.secret) TRY(check(TokenObject::Secret, "secret", claims.namespace_, claims.secret));
  if (claims.pod) return check(TokenObject::Pod, "pod", claims.namespace_, claims.pod);
  // Beside a pod the node is a remark; alone it is what the token is bound to.
  if (claims.node) return check(TokenObject::Node, "node", "", claims.node);
  return ok();
}

Result<std::optional<TokenVerdict>> TokenAuthenticator::authenticate(
    std::string_view token, const std::vector<std::string>& audiences, SystemTime now) const {
  const std::shared_ptr<const Claims> claims = TRY(read(token));
  if (claims == nullptr) return std::optional<TokenVerdict>();

  TokenVerdict verdict;
  const auto& wanted = audiences.empty() ? options_.api_audiences : audiences;
  const auto& for_whom = claims->audiences.empty() ? options_.api_audiences : claims->audiences;
  for (const std::string& audience : wanted) {
    if (std::find(for_whom.begin(), for_whom.end(), audience) != for_whom.end()) {
      verdict.audiences.push_back(audience);
    }
  }
  if (verdict.audiences.empty()) {
    return refuse(fmt::format("token audiences {} is invalid for the target audiences {}",
                              quoted_list(for_whom), quoted_list(wanted)));
  }
  if (claims->expires && now > *claims->expires + kLeeway) {
    return refuse("service account token has expired");
  }
  if (!claims->expires && !claims->is_for_secret) return refuse("service account token is invalid");
  if (claims->not_before && now + kLeeway < *claims->not_before) {
    return refuse("service account token is not valid yet");
  }
  User& user = verdict.user;
  user.name = service_account_user(claims->namespace_, claims->account.name);
  if (claims->subject != user.name) return refuse("service account token is invalid");
  TRY(check_subjects(*claims, token, now));

  user.uid = claims->account.uid;
  user.groups = service_account_groups(claims->namespace_);
  if (!claims->id.empty()) user.extra.add(kExtraCredentialId, "JTI=" + claims->id);
  if (claims->pod) {
    user.extra.add(kExtraPodName, claims->pod.name);
    user.extra.add(kExtraPodUid, claims->pod.uid);
  }
  if (claims->node) {
    user.extra.add(kExtraNodeName, claims->node.name);
    if (!claims->node.uid.empty()) user.extra.add(kExtraNodeUid, claims->node.uid);
  }
  verdict.stale = claims->warn_after && now > *claims->warn_after;
  return std::optional<TokenVerdict>(std::move(verdict));
}

std::string token_review_error(std::string_view reason) {
  if (reason.empty()) return "invalid bearer token";
  return fmt::format("[invalid bearer token, {}]", reason);
}

}  // namespace knarr::auth
