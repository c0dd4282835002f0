// SPDX-License-Identifier: Apache-2.0
#include "auth/authentication.h"

#include "base/check.h"

#include <gtest/gtest.h>

namespace knarr::auth {
namespace {

constexpr SystemTime kNow = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1);

class OneAccount final : public TokenSubjects {
 public:
  std::optional<TokenSubject> find(TokenObject kind, std::string_view,
                                   std::string_view) const override {
    if (kind != TokenObject::ServiceAccount) return std::nullopt;
    return TokenSubject{.uid = "u"};
  }
};

class Authentication : public testing::Test {
 protected:
  static CertificateAuthority new_authority() {
    return MUST(CertificateAuthority::create("ca", kNow));
  }
  static TokenKeys new_keys() { return MUST(TokenKeys::create(PrivateKey::generate())); }
  [[nodiscard]] std::string client(const CertificateAuthority& ca, std::string name) const {
    return MUST(ca.issue({.common_name = std::move(name), .usages = {"client auth"}}, kNow))
        .certificate.der();
  }
  /// The user's name, or "401".
  [[nodiscard]] std::string who(const std::vector<std::string>& chain,
                                const std::string& authorization) const {
    Headers headers;
    if (!authorization.empty()) headers.emplace_back("authorization", authorization);
    const auto result = authenticator_.authenticate(chain, headers, kNow);
    if (!result) return "401";
    const bool anonymous = result->user.name == kAnonymous;
    EXPECT_TRUE(result->user.in_group(anonymous ? kUnauthenticatedGroup : kAuthenticatedGroup));
    return result->user.name;
  }

  CertificateAuthority ca_ = new_authority();
  TokenKeys keys_ = new_keys();
  OneAccount subjects_;
  SeededRng rng_{1};
  TokenAuthenticator tokens_{{}, keys_, subjects_};
  RequestAuthenticator authenticator_{{.client_authorities = ca_.bundle(), .tokens = &tokens_}};
};

// BEHAVIOURS 166.
TEST_F(Authentication, TriesCertificateThenTokenThenAnonymous) {
  const TokenIssuer issuer({}, keys_, subjects_, rng_);
  const std::string token =
      "Bearer " + MUST(issuer.issue({.namespace_ = "ns", .service_account = "a"}, kNow)).token;
  const std::string bob = client(ca_, "bob");
  const std::string stranger = client(new_authority(), "eve");
  EXPECT_EQ(who({}, ""), "system:anonymous");
  EXPECT_EQ(who({bob}, ""), "bob");
  EXPECT_EQ(who({bob}, ""), "bob");
  EXPECT_EQ(who({bob}, "Bearer nonsense"), "bob");
  EXPECT_EQ(who({}, token), "system:serviceaccount:ns:a");
  EXPECT_EQ(who({}, "Bearer nonsense"), "401");
  EXPECT_EQ(who({}, "Basic dXNlcjpwYXNz"), "system:anonymous");
  EXPECT_EQ(who({stranger}, ""), "401");
  EXPECT_EQ(who({stranger}, token), "system:serviceaccount:ns:a");
  const auto later = kNow + std::chrono::days(366);
  EXPECT_FALSE(authenticator_.authenticate({bob}, {}, later));
}

TEST_F(Authentication, AProxyOfTheRightAuthorityNamesTheUser) {
  const CertificateAuthority proxies = new_authority();
  const RequestAuthenticator authenticator({.client_authorities = ca_.bundle(),
                                            .request_header_authorities = proxies.bundle(),
                                            .request_header = {.allowed_names = {"proxy"}}});
  const Headers headers = {{"x-remote-user", "carol"}};
  const auto who = [&](const std::string& der) -> std::string {
    const auto result = authenticator.authenticate({der}, headers, kNow);
    return result ? result->user.name : "401";
  };
  EXPECT_EQ(who(client(proxies, "proxy")), "carol");
  EXPECT_EQ(who(client(proxies, "other")), "401");
  EXPECT_EQ(who(client(ca_, "proxy")), "proxy");  // A client with that name is no proxy.
}

}  // namespace
}  // namespace knarr::auth
