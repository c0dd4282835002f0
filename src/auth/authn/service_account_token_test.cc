// SPDX-License-Identifier: Apache-2.0
#include "auth/service_account_token.h"

#include "auth/authn/jwt.h"
#include "auth/crypto/openssl.h"
#include "base/check.h"
#include "codec/json.h"

#include <map>

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace knarr::auth {
namespace {

using namespace std::chrono_literals;

constexpr SystemTime kNow = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1);
const std::string kApi(kDefaultIssuer);

class Subjects final : public TokenSubjects {
 public:
  std::optional<TokenSubject> find(TokenObject kind, std::string_view namespace_,
                                   std::string_view name) const override {
    const auto at = all.find(key(kind, namespace_, name));
    return at == all.end() ? std::nullopt : std::optional(at->second);
  }
  TokenSubject& add(TokenObject kind, std::string_view namespace_, std::string_view name,
                    std::string_view uid) {
    TokenSubject& subject = all[key(kind, namespace_, name)];
    subject.uid = uid;
    return subject;
  }
  static std::string key(TokenObject kind, std::string_view namespace_, std::string_view name) {
    return fmt::format("{}/{}/{}", static_cast<int>(kind), namespace_, name);
  }
  std::map<std::string, TokenSubject> all;
};

class Tokens : public testing::Test {
 protected:
  Tokens() {
    subjects_.add(TokenObject::ServiceAccount, "ns", "a", "uid-a");
    subjects_.add(TokenObject::ServiceAccount, "ns", "b", "uid-b");
    TokenSubject& pod = subjects_.add(TokenObject::Pod, "ns", "p", "uid-p");
    pod.service_account = "a";
    TokenSubject& other = subjects_.add(TokenObject::Pod, "ns", "q", "uid-q");
    other.service_account = "b";
    subjects_.add(TokenObject::Secret, "ns", "s", "uid-s");
    subjects_.add(TokenObject::Node, "", "n", "uid-n");
  }

  [[nodiscard]] Result<IssuedToken> request(TokenRequest request) const {
    if (request.service_account.empty()) request.service_account = "a";
    request.namespace_ = "ns";
    return issuer_.issue(request, kNow);
  }
  [[nodiscard]] std::string token(std::optional<BoundObject> bound = {},
                                  std::vector<std::string> audiences = {}) const {
    return MUST(request({.audiences = std::move(audiences), .bound_object = std::move(bound)}))
        .token;
  }
  [[nodiscard]] std::string why_not(std::string_view token, std::vector<std::string> audiences = {},
                                    SystemTime now = kNow) const {
    const auto result = authenticator_.authenticate(token, audiences, now);
    if (!result) return result.error().message();
    return *result ? "" : "not ours";
  }
  [[nodiscard]] TokenVerdict verdict(std::string_view token,
                                     std::vector<std::string> audiences = {},
                                     SystemTime now = kNow) const {
    return MUST(authenticator_.authenticate(token, audiences, now)).value();
  }

  Subjects subjects_;
  static TokenKeys new_keys() { return MUST(TokenKeys::create(PrivateKey::generate())); }
  TokenKeys keys_ = new_keys();
  SeededRng rng_{1};
  TokenIssuer issuer_{{}, keys_, subjects_, rng_};
  TokenAuthenticator authenticator_{{}, keys_, subjects_};
};

TEST_F(Tokens, ActAsTheirServiceAccount) {
  const IssuedToken issued = MUST(request({}));
  EXPECT_EQ(issued.audiences, (std::vector<std::string>{kApi}));
  EXPECT_EQ(issued.expires, kNow + 1h);
  const TokenVerdict got = verdict(issued.token);
  EXPECT_EQ(got.user.name, "system:serviceaccount:ns:a");
  EXPECT_EQ(got.user.uid, "uid-a");
  EXPECT_EQ(got.user.groups,
            (std::vector<std::string>{"system:serviceaccounts", "system:serviceaccounts:ns"}));
  EXPECT_EQ(got.user.extra.only(kExtraCredentialId), issued.id);
  EXPECT_EQ(got.audiences, (std::vector<std::string>{kApi}));
  EXPECT_FALSE(got.stale);
}

TEST_F(Tokens, ClaimsAreThoseOfKubernetes) {
  subjects_.all[Subjects::key(TokenObject::Pod, "ns", "p")].node = "n";
  const std::string text = token(BoundObject{"Pod", "v1", "p", ""});
  const Jwt jwt = MUST(parse_jwt(text));
  std::string json;
  codec::write_json(json, jwt.claims.root());
  const std::string id(jwt.claims["jti"].as_string());
  EXPECT_EQ(
      json,
      fmt::format(R"({{"aud":["{0}"],"exp":1772326800,"iat":1772323200,"iss":"{0}","jti":"{1}",)"
                  R"("kubernetes.io":{{"namespace":"ns","node":{{"name":"n","uid":"uid-n"}},)"
                  R"("pod":{{"name":"p","uid":"uid-p"}},)"
                  R"("serviceaccount":{{"name":"a","uid":"uid-a"}}}},)"
                  R"("nbf":1772323200,"sub":"system:serviceaccount:ns:a"}})",
                  kApi, id));
  EXPECT_EQ(jwt.algorithm, "ES256");
  EXPECT_EQ(jwt.key_id.size(), 43U);
}

struct RequestCase {
  TokenRequest request;
  int code;
  const char* message;
};

// auth-authn: a TokenRequest with an expiry out of bounds, or a bound object of the wrong kind ...
TEST_F(Tokens, RequestsAreCheckedAsByTheRealServer) {
  const auto bound = [](const char* kind, const char* version, const char* name,
                        const char* uid = "") {
    return TokenRequest{.bound_object = BoundObject{kind, version, name, uid}};
  };
  const auto expiry = [](std::int64_t seconds) {
    return TokenRequest{.expiration_seconds = seconds};
  };
  TokenRequest for_b = bound("Pod", "v1", "p");
  for_b.service_account = "b";
  const RequestCase cases[] = {
      {expiry(600), 0, ""},
      {expiry(4294967296), 0, ""},
      {expiry(599), 422,
       "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: "
       "599: may not specify a duration less than 10 minutes"},
      {expiry(4294967297), 422,
       "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: "
       "4294967297: may not specify a duration larger than 2^32 seconds"},
      {{.service_account = "nonesuch", .expiration_seconds = 5},
       404,
       "serviceaccounts \"nonesuch\" not found"},
      {bound("", "", ""), 400, "cannot bind token to object of type /, Kind="},
      {bound("Pod", "v1", ""), 400, "Name parameter required."},
      {bound("Pod", "v2", "p"), 0, ""},
      {bound("Pod", "", "p"), 0, ""},
      {bound("Pod", "a/b/c", "p"), 0, ""},
      {bound("Pod", "v1", "nonesuch"), 404, "pods \"nonesuch\" not found"},
      {bound("Secret", "v1", "nonesuch"), 404, "secrets \"nonesuch\" not found"},
      {bound("Node", "v1", "nonesuch"), 404, "nodes \"nonesuch\" not found"},
      {bound("ConfigMap", "v1", "x"), 400,
       "cannot bind token to object of type /v1, Kind=ConfigMap"},
      {bound("Deployment", "apps/v1", "d"), 400,
       "cannot bind token to object of type apps/v1, Kind=Deployment"},
      {bound("pod", "v1", "p"), 400, "cannot bind token to object of type /v1, Kind=pod"},
      {bound("Pod", "v1", "p", "uid-p"), 0, ""},
      {bound("Pod", "v1", "p", "wrong"), 409,
       "Operation cannot be fulfilled on Pod \"p\": the UID in the bound object reference (wrong) "
       "does not match the UID in record. The object might have been deleted and then recreated"},
      {bound("Pod", "v1", "q", "uid-p"), 400,
       "cannot bind token for serviceaccount \"a\" to pod running with different serviceaccount "
       "name."},
      {for_b, 400,
       "cannot bind token for serviceaccount \"b\" to pod running with different serviceaccount "
       "name."},
      {bound("Secret", "v1", "s"), 0, ""},
      {bound("Node", "v1", "n"), 0, ""},
  };
  for (const RequestCase& c : cases) {
    const auto result = request(c.request);
    EXPECT_EQ(result ? 0 : result.error().code(), c.code) << c.message;
    EXPECT_EQ(result ? "" : result.error().message(), c.message);
  }
}

TEST_F(Tokens, TellThePodAndTheNodeAndDieWithThePod) {
  subjects_.all[Subjects::key(TokenObject::Pod, "ns", "p")].node = "n";
  const std::string text = token(BoundObject{"Pod", "v1", "p", ""});
  const Extra& extra = verdict(text).user.extra;
  EXPECT_EQ(extra.only(kExtraPodName), "p");
  EXPECT_EQ(extra.only(kExtraPodUid), "uid-p");
  EXPECT_EQ(extra.only(kExtraNodeName), "n");
  EXPECT_EQ(extra.only(kExtraNodeUid), "uid-n");
  TokenSubject& pod = subjects_.all[Subjects::key(TokenObject::Pod, "ns", "p")];
  pod.deletion = kNow;
  EXPECT_EQ(why_not(text, {}, kNow + 60s), "");
  EXPECT_NE(why_not(text, {}, kNow + 61s), "");
  pod.deletion.reset();
  subjects_.all.erase(Subjects::key(TokenObject::Node, "", "n"));
  EXPECT_EQ(why_not(text), "");  // The node is a remark there.
  pod.uid = "other";
  EXPECT_NE(why_not(text), "");
}

TEST_F(Tokens, DieWithTheirSecretNodeAndServiceAccount) {
  for (const auto& [object, kind, ns] :
       {std::tuple{BoundObject{"Secret", "v1", "s", ""}, TokenObject::Secret, "ns"},
        std::tuple{BoundObject{"Node", "v1", "n", ""}, TokenObject::Node, ""}}) {
    const std::string text = token(object);
    EXPECT_EQ(why_not(text), "");
    subjects_.all.erase(Subjects::key(kind, ns, object.name));
    EXPECT_NE(why_not(text), "");
  }
  const std::string text = token();
  subjects_.add(TokenObject::ServiceAccount, "ns", "a", "uid-anew");
  EXPECT_EQ(why_not(text), "service account UID (uid-anew) does not match claim (uid-a)");
  subjects_.all.erase(Subjects::key(TokenObject::ServiceAccount, "ns", "a"));
  EXPECT_EQ(why_not(text), "service account ns/a has been deleted");
}

// auth-authn: a TokenReview of a valid token tells who it is and for which audiences.
TEST_F(Tokens, AreForTheirAudiencesOnly) {
  const std::string ours = token();
  const std::string xy = token({}, {"x", "y"});
  EXPECT_EQ(verdict(ours, {"other", kApi}).audiences, (std::vector<std::string>{kApi}));
  EXPECT_EQ(verdict(xy, {"y", "x", "z"}).audiences, (std::vector<std::string>{"y", "x"}));
  EXPECT_EQ(token_review_error(why_not(ours, {"x"})),
            "[invalid bearer token, token audiences [\"" + kApi +
                "\"] is invalid for the target audiences [\"x\"]]");
  EXPECT_EQ(why_not(xy),
            "token audiences [\"x\" \"y\"] is invalid for the target audiences [\"" + kApi + "\"]");
}

TEST_F(Tokens, EndAndBeginWithAMinuteOfGrace) {
  const std::string text = token();
  EXPECT_EQ(why_not(text, {}, kNow + 1h + 60s), "");
  EXPECT_EQ(why_not(text, {}, kNow + 1h + 61s), "service account token has expired");
  EXPECT_EQ(why_not(text, {}, kNow - 60s), "");
  EXPECT_EQ(why_not(text, {}, kNow - 61s), "service account token is not valid yet");
}

TEST_F(Tokens, OfKubeletsLiveForAYearAndAreStaleAfterAnHour) {
  const IssuedToken issued = MUST(
      request({.expiration_seconds = 3607, .bound_object = BoundObject{"Pod", "v1", "p", ""}}));
  EXPECT_EQ(issued.expires, kNow + 3607s);
  EXPECT_FALSE(verdict(issued.token, {}, kNow + 3607s).stale);
  EXPECT_TRUE(verdict(issued.token, {}, kNow + 3608s).stale);
  EXPECT_EQ(why_not(issued.token, {}, kNow + std::chrono::days(366)),
            "service account token has expired");
}

TEST_F(Tokens, OfStrangersAreNotOursAndForgedOnesAreRefused) {
  for (const char* text :
       {"", "nonsense", "a.b.c", "a.b", "...", "eyJ", "abcdef.0123456789abcdef"}) {
    EXPECT_EQ(why_not(text), "not ours") << text;
  }
  const TokenKeys strangers = MUST(TokenKeys::create(PrivateKey::generate()));
  const TokenIssuer stranger({}, strangers, subjects_, rng_);
  const TokenRequest as_a{.namespace_ = "ns", .service_account = "a"};
  EXPECT_EQ(why_not(MUST(stranger.issue(as_a, kNow)).token), "invalid signature, no keys found");
  const TokenIssuer elsewhere({.issuer = "https://elsewhere"}, keys_, subjects_, rng_);
  EXPECT_EQ(why_not(MUST(elsewhere.issue(as_a, kNow)).token), "not ours");

  std::string text = token();
  const std::size_t dot = text.rfind('.');
  EXPECT_NE(why_not(text + "x"), "");
  text[dot + 5] = text[dot + 5] == 'A' ? 'B' : 'A';
  EXPECT_EQ(why_not(text), "invalid signature");
  // {"alg":"none"} with our issuer.
  EXPECT_EQ(why_not("eyJhbGciOiJub25lIn0."
                    "eyJpc3MiOiJodHRwczovL2t1YmVybmV0ZXMuZGVmYXVsdC5zdmMuY2x1c3Rlci5sb2NhbCJ9."),
            "invalid signature");
}

TEST_F(Tokens, OfTheOlderKindLiveInTheirSecret) {
  const std::string text = issuer_.issue_for_secret("ns", "s", "a", "uid-a");
  EXPECT_EQ(why_not(text), "service account token has been invalidated");
  subjects_.all[Subjects::key(TokenObject::Secret, "ns", "s")].token = text;
  const TokenVerdict got = verdict(text, {}, kNow + std::chrono::days(9999));
  EXPECT_EQ(got.user.name, "system:serviceaccount:ns:a");
  EXPECT_TRUE(got.user.extra.empty());
}

TEST_F(Tokens, KeysOfEarlierTimesStillVerify) {
  std::shared_ptr<EVP_PKEY> rsa(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}),
                                EVP_PKEY_free);
  const PrivateKey old = MUST(PrivateKey::from_pem(PrivateKey(rsa).private_pem()));
  const TokenKeys before = MUST(TokenKeys::create(old));
  const TokenIssuer issuer({}, before, subjects_, rng_);
  const std::string text =
      MUST(issuer.issue({.namespace_ = "ns", .service_account = "a"}, kNow)).token;
  EXPECT_EQ(MUST(parse_jwt(text)).algorithm, "RS256");

  const TokenKeys keys = MUST(TokenKeys::create(PrivateKey::generate(), {old}));
  const TokenAuthenticator authenticator({}, keys, subjects_);
  EXPECT_TRUE(MUST(authenticator.authenticate(text, {}, kNow)));

  const auto jwks = MUST(codec::parse_json(keys.jwks_json())).freeze();
  ASSERT_EQ(jwks["keys"].size(), 2U);
  EXPECT_EQ(jwks["keys"].at(0)["kty"].as_string(), "EC");
  EXPECT_EQ(jwks["keys"].at(0)["crv"].as_string(), "P-256");
  EXPECT_EQ(jwks["keys"].at(0)["x"].as_string().size(), 43U);
  EXPECT_EQ(jwks["keys"].at(1)["kty"].as_string(), "RSA");
  EXPECT_EQ(jwks["keys"].at(1)["e"].as_string(), "AQAB");
  EXPECT_EQ(jwks["keys"].at(1)["kid"].as_string(), MUST(parse_jwt(text)).key_id);
  EXPECT_EQ(keys.discovery_json("https://i", "https://i/openid/v1/jwks"),
            R"({"issuer":"https://i","jwks_uri":"https://i/openid/v1/jwks",)"
            R"("response_types_supported":["id_token"],"subject_types_supported":["public"],)"
            R"("id_token_signing_alg_values_supported":["ES256","RS256"]})");
}

}  // namespace
}  // namespace knarr::auth
