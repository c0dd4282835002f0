// SPDX-License-Identifier: Apache-2.0
#include "auth/client_certificate.h"

#include "base/check.h"

#include <gtest/gtest.h>

namespace knarr::auth {
namespace {

constexpr SystemTime kNow = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1);

CertificateAuthority authority(const char* name) {
  return MUST(CertificateAuthority::create(name, kNow));
}

const std::vector<std::string> kClient = {"digital signature", "client auth"};

TEST(ClientCertificate, NamesTheUserAndTheGroups) {
  const CertificateAuthority ca = authority("ca");
  const CertificateVerifier verifier(ca.bundle());
  const CertifiedKey bob =
      MUST(ca.issue({.common_name = "bob", .organizations = {"g", "h"}, .usages = kClient}, kNow));
  const User user = user_of(MUST(verifier.verify({bob.certificate.der()}, kNow))).value();
  EXPECT_EQ(user.name, "bob");
  EXPECT_EQ(user.groups, (std::vector<std::string>{"g", "h"}));
  EXPECT_EQ(user.extra.only(kExtraCredentialId), "X509SHA256=" + bob.certificate.fingerprint());
  const CertifiedKey nobody = MUST(ca.issue({.organizations = {"g"}, .usages = kClient}, kNow));
  EXPECT_FALSE(user_of(nobody.certificate));
}

TEST(ClientCertificate, IsRefusedForItsTimeItsUseAndItsAuthority) {
  const CertificateAuthority ca = authority("ca");
  const CertificateAuthority other = authority("ca");  // The same name, another key.
  const CertificateVerifier verifier(ca.bundle());
  const auto message = [&](const CertifiedKey& key, SystemTime now) {
    const auto result = verifier.verify({key.certificate.der()}, now);
    return result ? std::string() : result.error().message();
  };
  const CertifiedKey bob = MUST(ca.issue({.common_name = "bob", .usages = kClient}, kNow));
  EXPECT_EQ(message(bob, kNow), "");
  EXPECT_EQ(message(bob, kNow + std::chrono::days(366)),
            "client certificate of \"bob\": certificate has expired");
  EXPECT_EQ(message(bob, kNow - std::chrono::days(1)),
            "client certificate of \"bob\": certificate is not yet valid");
  const CertifiedKey server = MUST(ca.issue({.common_name = "s", .usages = {"server auth"}}, kNow));
  EXPECT_NE(message(server, kNow), "");
  const CertifiedKey stranger = MUST(other.issue({.common_name = "bob", .usages = kClient}, kNow));
  EXPECT_NE(message(stranger, kNow), "");
  EXPECT_FALSE(verifier.verify({"nonsense"}, kNow));
  EXPECT_FALSE(verifier.verify({}, kNow));
}

TEST(RequestHeader, AProxyWithTheRightCertificateNamesTheUser) {
  const CertificateAuthority ca = authority("ca");
  const CertificateVerifier verifier(ca.bundle());
  const CertifiedKey proxy = MUST(ca.issue({.common_name = "proxy", .usages = kClient}, kNow));
  const Headers headers = {{"x-remote-user", "bob"},
                           {"x-remote-group", "g"},
                           {"x-remote-group", "h"},
                           {"x-remote-extra-example.com%2fkey", "v"},
                           {"x-other", "y"}};
  const RequestHeaderOptions options{.allowed_names = {"proxy"}};
  const auto ask = [&](const std::vector<std::string>& chain, const Headers& h) {
    return request_header_user(verifier, options, chain, h, kNow);
  };
  const User user = MUST(ask({proxy.certificate.der()}, headers)).value();
  EXPECT_EQ(user.name, "bob");
  EXPECT_EQ(user.groups, (std::vector<std::string>{"g", "h"}));
  EXPECT_EQ(user.extra.only("example.com/key"), "v");
  EXPECT_FALSE(MUST(ask({proxy.certificate.der()}, {})));
  EXPECT_FALSE(MUST(ask({}, headers)));
  const CertifiedKey other = MUST(ca.issue({.common_name = "other", .usages = kClient}, kNow));
  EXPECT_FALSE(ask({other.certificate.der()}, headers));
  const CertifiedKey stranger =
      MUST(authority("x").issue({.common_name = "proxy", .usages = kClient}, kNow));
  EXPECT_FALSE(MUST(ask({stranger.certificate.der()}, headers)));
}

// auth-authn: an Authorization header of another scheme, or without a token, counts as none.
TEST(BearerToken, IsWhatFollowsTheSchemeAndOneBlank) {
  for (const char* none : {"", "Bearer", "Bearer ", "Bearer  ", "Basic dXNlcjpwYXNz", "Token abc",
                           "nonsense", "Bearer\tnonsense", "Bearer  nonsense", "Digest x"}) {
    EXPECT_FALSE(bearer_token(none)) << none;
  }
  EXPECT_EQ(bearer_token("Bearer x"), "x");
  EXPECT_EQ(bearer_token("bearer x"), "x");
  EXPECT_EQ(bearer_token("BEARER x"), "x");
  EXPECT_EQ(bearer_token(" Bearer x"), "x");
  EXPECT_EQ(bearer_token("Bearer a b c"), "a");
}

TEST(ExtraKey, IsPercentDecodedWherePossible) {
  EXPECT_EQ(decode_extra_key("a%2fb"), "a/b");
  EXPECT_EQ(decode_extra_key("a%2"), "a%2");
  EXPECT_EQ(decode_extra_key("a%zz"), "a%zz");
  EXPECT_EQ(decode_extra_key(""), "");
}

}  // namespace
}  // namespace knarr::auth
