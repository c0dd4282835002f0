// SPDX-License-Identifier: Apache-2.0
// Making tokens, and telling others how to check them.
#include "auth/authn/jwt.h"
#include "auth/service_account_token.h"
#include "codec/json.h"
#include "object/draft.h"
#include "schema/field_error.h"

#include <algorithm>

#include <fmt/format.h>

namespace knarr::auth {

namespace {

using object::Draft;
using object::NodeRef;

// Kubelets ask for this many seconds, and nobody else does: 3600 and a mark.
constexpr std::int64_t kPodTokenSeconds = 3607;
constexpr std::int64_t kExtendedSeconds = 365LL * 24 * 3600;
constexpr std::int64_t kMinSeconds = 600;
constexpr std::int64_t kMaxSeconds = 1LL << 32U;

std::int64_t seconds_of(SystemTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

std::string json_of(Draft& claims) {
  claims.root().sort_keys_deep();
  std::string json;
  codec::write_json(json, claims.root());
  return json;
}

Error not_found(std::string_view resource, std::string_view name) {
  return Error(Reason::NotFound, fmt::format("{} {} not found", resource, quoted(name)))
      .with_details({"", std::string(resource), std::string(name), ""});
}

/// "group/version, Kind=kind", as Go prints it.
std::string kind_text(const BoundObject& object) {
  const std::string_view version = object.api_version;
  const std::size_t slash = version.find('/');
  if (slash == std::string_view::npos) return fmt::format("/{}, Kind={}", version, object.kind);
  return fmt::format("{}, Kind={}", version, object.kind);
}

/// The group of an apiVersion; one that cannot be read counts as the core group's.
std::string_view group_of(std::string_view api_version) {
  if (std::count(api_version.begin(), api_version.end(), '/') != 1) return {};
  return api_version.substr(0, api_version.find('/'));
}

struct Binding {
  TokenObject kind;
  std::string_view claim;
  std::string_view resource;
};

std::optional<Binding> binding_of(const BoundObject& object) {
  if (!group_of(object.api_version).empty()) return std::nullopt;
  if (object.kind == "Pod") return Binding{TokenObject::Pod, "pod", "pods"};
  if (object.kind == "Secret") return Binding{TokenObject::Secret, "secret", "secrets"};
  if (object.kind == "Node") return Binding{TokenObject::Node, "node", "nodes"};
  return std::nullopt;
}

void write_reference(NodeRef claims, std::string_view key, std::string_view name,
                     std::string_view uid) {
  NodeRef reference = claims.ensure_map(key);
  reference.set("name", name);
  if (!uid.empty()) reference.set("uid", uid);
}

Result<> check_expiration(std::int64_t seconds) {
  const schema::FieldPath spec("spec");
  const schema::FieldPath field = spec.child("expirationSeconds");
  schema::FieldErrors errors;
  if (seconds < kMinSeconds) {
    errors.invalid(field, seconds, "may not specify a duration less than 10 minutes");
  } else if (seconds > kMaxSeconds) {
    errors.invalid(field, seconds, "may not specify a duration larger than 2^32 seconds");
  }
  if (errors.empty()) return ok();
  return std::move(errors).to_error("authentication.k8s.io", "TokenRequest", "");
}

/// Checks the bound object and writes its claims.
Result<> bind(const TokenSubjects& subjects, const TokenRequest& request, NodeRef claims) {
  const BoundObject& bound = *request.bound_object;
  const auto binding = binding_of(bound);
  if (!binding) {
    return Error(Reason::BadRequest,
                 fmt::format("cannot bind token to object of type {}", kind_text(bound)));
  }
  if (bound.name.empty()) return Error(Reason::BadRequest, "Name parameter required.");
  const bool is_node = binding->kind == TokenObject::Node;
  const auto subject =
      subjects.find(binding->kind, is_node ? std::string_view() : request.namespace_, bound.name);
  if (!subject) return not_found(binding->resource, bound.name);
  if (binding->kind == TokenObject::Pod && subject->service_account != request.service_account) {
    return Error(
        Reason::BadRequest,
        fmt::format("cannot bind token for serviceaccount {} to pod running with different "
                    "serviceaccount name.",
                    quoted(request.service_account)));
  }
  if (!bound.uid.empty() && bound.uid != subject->uid) {
    return Error(
               Reason::Conflict,
               fmt::format("Operation cannot be fulfilled on {} {}: the UID in the bound object "
                           "reference ({}) does not match the UID in record. The object might have "
                           "been deleted and then recreated",
                           bound.kind, quoted(bound.name), bound.uid))
        .with_details({"", bound.kind, bound.name, ""});
  }
  write_reference(claims, binding->claim, bound.name, subject->uid);
  if (!subject->node.empty()) {
    const auto node = subjects.find(TokenObject::Node, "", subject->node);
    write_reference(claims, "node", subject->node, node ? std::string_view(node->uid) : "");
  }
  return ok();
}

bool intersect(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& text) {
    return std::find(b.begin(), b.end(), text) != b.end();
  });
}

}  // namespace

Result<TokenKeys> TokenKeys::create(PrivateKey signing, std::vector<PublicKey> others) {
  std::vector<Known> known = {{jwt_key_id(signing), PublicKey(signing)}};
  for (PublicKey& key : others) {
    std::string id = jwt_key_id(key);
    const bool repeated =
        std::any_of(known.begin(), known.end(), [&](const Known& other) { return other.id == id; });
    if (!repeated) known.push_back({std::move(id), std::move(key)});
  }
  for (const Known& key : known) {
    if (jwt_algorithm(key.key).empty()) {
      return Error(Reason::BadRequest, "a key for tokens must be RSA or EC (P-256, P-384, P-521)");
    }
  }
  return TokenKeys(std::move(signing), std::move(known));
}

std::vector<const PublicKey*> TokenKeys::find(std::string_view id) const {
  std::vector<const PublicKey*> keys;
  for (const Known& known : known_) {
    if (id.empty() || known.id == id) keys.push_back(&known.key);
  }
  return keys;
}

std::string TokenKeys::jwks_json() const {
  std::vector<std::string> keys;
  for (const Known& known : known_) keys.push_back(to_jwk(known.key));
  return fmt::format(R"({{"keys":[{}]}})", fmt::join(keys, ","));
}

std::string TokenKeys::discovery_json(std::string_view issuer, std::string_view jwks_uri) const {
  Draft draft;
  NodeRef root = draft.root();
  root.set("issuer", issuer);
  root.set("jwks_uri", jwks_uri);
  root.ensure_list("response_types_supported").append_string("id_token");
  root.ensure_list("subject_types_supported").append_string("public");
  std::vector<std::string_view> algorithms;
  for (const Known& known : known_) algorithms.push_back(jwt_algorithm(known.key));
  std::sort(algorithms.begin(), algorithms.end());
  algorithms.erase(std::unique(algorithms.begin(), algorithms.end()), algorithms.end());
  NodeRef list = root.ensure_list("id_token_signing_alg_values_supported");
  for (std::string_view algorithm : algorithms) list.append_string(algorithm);
  std::string json;
  codec::write_json(json, root);
  return json;
}

TokenIssuer::TokenIssuer(TokenIssuerOptions options, const TokenKeys& keys,
                         const TokenSubjects& subjects, Rng& rng)
    : options_(std::move(options)), keys_(keys), subjects_(subjects), rng_(rng) {}

Result<IssuedToken> TokenIssuer::issue(const TokenRequest& request, SystemTime now) const {
  const auto account =
      subjects_.find(TokenObject::ServiceAccount, request.namespace_, request.service_account);
  if (!account) return not_found("serviceaccounts", request.service_account);
  TRY(check_expiration(request.expiration_seconds));

  Draft claims;
  NodeRef root = claims.root();
  NodeRef own = root.ensure_map("kubernetes.io");
  own.set("namespace", request.namespace_);
  write_reference(own, "serviceaccount", request.service_account, account->uid);
  if (request.bound_object) TRY(bind(subjects_, request, own));

  IssuedToken issued;
  issued.audiences = request.audiences.empty() ? options_.api_audiences : request.audiences;
  const std::int64_t begin = seconds_of(now);
  std::int64_t lifetime = request.expiration_seconds;
  if (options_.max_lifetime.count() > 0) {
    lifetime = std::min<std::int64_t>(lifetime, options_.max_lifetime.count());
  }
  issued.expires = SystemTime(std::chrono::seconds(begin + lifetime));
  const bool for_pod = request.bound_object && request.bound_object->kind == "Pod";
  if (options_.extend_pod_tokens && for_pod && request.expiration_seconds == kPodTokenSeconds &&
      intersect(issued.audiences, options_.api_audiences)) {
    own.set("warnafter", begin + lifetime);
    lifetime = kExtendedSeconds;
  }

  NodeRef audiences = root.ensure_list("aud");
  for (const std::string& audience : issued.audiences) audiences.append_string(audience);
  const std::string id = rng_.uuid();
  root.set("exp", begin + lifetime);
  root.set("iat", begin);
  root.set("iss", options_.issuer);
  root.set("jti", id);
  root.set("nbf", begin);
  root.set("sub", service_account_user(request.namespace_, request.service_account));
  issued.token = sign_jwt(json_of(claims), keys_.signing());
  issued.id = "JTI=" + id;
  return issued;
}

std::string TokenIssuer::issue_for_secret(std::string_view namespace_, std::string_view secret,
                                          std::string_view service_account,
                                          std::string_view service_account_uid) const {
  Draft claims;
  NodeRef root = claims.root();
  root.set("iss", "kubernetes/serviceaccount");
  root.set("sub", service_account_user(namespace_, service_account));
  root.set("kubernetes.io/serviceaccount/namespace", namespace_);
  root.set("kubernetes.io/serviceaccount/secret.name", secret);
  root.set("kubernetes.io/serviceaccount/service-account.name", service_account);
  root.set("kubernetes.io/serviceaccount/service-account.uid", service_account_uid);
  return sign_jwt(json_of(claims), keys_.signing());
}

}  // namespace knarr::auth
