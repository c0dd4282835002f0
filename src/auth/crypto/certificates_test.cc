// SPDX-License-Identifier: Apache-2.0
#include "auth/certificates.h"

#include "base/check.h"

#include <gtest/gtest.h>

namespace knarr::auth {
namespace {

using namespace std::chrono_literals;

constexpr SystemTime kNow = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1);

CertificateAuthority authority() {
  return MUST(CertificateAuthority::create("ca@1", kNow));
}

TEST(Certificates, AnAuthorityIssuesWhatIsAskedFor) {
  const CertificateAuthority ca = authority();
  const CertifiedKey issued = MUST(ca.issue({.common_name = "bob",
                                             .organizations = {"a", "b"},
                                             .dns_names = {"localhost", "x.example"},
                                             .ip_addresses = {"127.0.0.1", "::1"},
                                             .usages = {"digital signature", "server auth"}},
                                            kNow));
  const Certificate certificate = MUST(Certificate::from_pem(issued.certificate.pem()));
  EXPECT_EQ(certificate.common_name(), "bob");
  EXPECT_EQ(certificate.organizations(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(certificate.dns_names(), (std::vector<std::string>{"localhost", "x.example"}));
  EXPECT_EQ(certificate.ip_addresses(), (std::vector<std::string>{"127.0.0.1", "::1"}));
  EXPECT_EQ(certificate.not_before(), kNow - 1h);
  EXPECT_EQ(certificate.not_after(), kNow + std::chrono::days(365));
  EXPECT_FALSE(certificate.is_authority());
  EXPECT_TRUE(ca.certificate().is_authority());
  EXPECT_TRUE(certificate.public_key().same_as(issued.key));
  EXPECT_EQ(certificate.fingerprint().size(), 64U);
  EXPECT_EQ(MUST(Certificate::all_from_pem(issued.chain_pem())).size(), 2U);
}

TEST(Certificates, NothingOutlivesItsAuthority) {
  const CertificateAuthority ca = authority();
  const SystemTime late = ca.certificate().not_after() - std::chrono::days(10);
  const CertifiedKey issued = MUST(ca.issue({.common_name = "x"}, late));
  EXPECT_EQ(issued.certificate.not_after(), ca.certificate().not_after());
  EXPECT_TRUE(ends_soon(issued.certificate, late, std::chrono::days(90)));
  EXPECT_FALSE(ends_soon(issued.certificate, late, std::chrono::days(9)));
}

TEST(Certificates, AnAuthorityIsReadBackWithItsOwnKeyOnly) {
  const CertificateAuthority ca = authority();
  EXPECT_TRUE(CertificateAuthority::from_pem(ca.bundle_pem(), ca.key().private_pem()));
  const auto wrong =
      CertificateAuthority::from_pem(ca.bundle_pem(), PrivateKey::generate().private_pem());
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message(), "the key is not that of certificate \"ca@1\"");
  const CertifiedKey leaf = MUST(ca.issue({.common_name = "x"}, kNow));
  EXPECT_FALSE(CertificateAuthority::from_pem(leaf.certificate.pem(), leaf.key.private_pem()));
}

TEST(Certificates, AClockBeforeTheProgramIsRefusedInWords) {
  const auto made = CertificateAuthority::create("ca", SystemTime(5s));
  ASSERT_FALSE(made);
  EXPECT_TRUE(
      made.error().message().starts_with("the clock shows 1970-01-01, before this program"));
}

TEST(Certificates, NamesOfNodesMayBeLong) {
  const std::string name = "system:node:" + std::string(253, 'x');
  const CertifiedKey issued = MUST(authority().issue({.common_name = name}, kNow));
  EXPECT_EQ(issued.certificate.common_name(), name);
}

TEST(Certificates, WhatCannotBeIsRefused) {
  const CertificateAuthority ca = authority();
  EXPECT_FALSE(ca.issue({.common_name = "x", .ip_addresses = {"1.2.3"}}, kNow));
  EXPECT_FALSE(ca.issue({.common_name = "x", .dns_names = {"a b"}}, kNow));
  EXPECT_FALSE(ca.issue({.common_name = "x", .usages = {"flying"}}, kNow));
}

TEST(Certificates, ARequestIsReadCheckedAndSigned) {
  const PrivateKey key = PrivateKey::generate();
  const std::string pem = CertificateRequest::make_pem({.common_name = "system:node:n",
                                                        .organizations = {"system:nodes"},
                                                        .dns_names = {"n"},
                                                        .ip_addresses = {"10.0.0.1"},
                                                        .emails = {"a@b"},
                                                        .uris = {"spiffe://x"}},
                                                       key);
  const CertificateRequest request = MUST(CertificateRequest::from_pem(pem));
  EXPECT_EQ(request.spec().common_name, "system:node:n");
  EXPECT_EQ(request.spec().organizations, (std::vector<std::string>{"system:nodes"}));
  EXPECT_EQ(request.spec().emails, (std::vector<std::string>{"a@b"}));
  EXPECT_EQ(request.spec().uris, (std::vector<std::string>{"spiffe://x"}));
  CertificateSpec spec = request.spec();
  spec.usages = {"client auth"};
  const Certificate certificate = MUST(authority().sign(spec, request.public_key(), kNow));
  EXPECT_EQ(certificate.common_name(), "system:node:n");
  EXPECT_EQ(certificate.ip_addresses(), (std::vector<std::string>{"10.0.0.1"}));
  EXPECT_TRUE(certificate.public_key().same_as(key));

  std::string broken = pem;
  broken[pem.size() / 2] = broken[pem.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(CertificateRequest::from_pem(broken));
  EXPECT_FALSE(CertificateRequest::from_pem("nonsense"));
}

TEST(Certificates, KeysAreReadInAllForms) {
  const PrivateKey key = PrivateKey::generate();
  EXPECT_TRUE(key.private_pem().starts_with("-----BEGIN EC PRIVATE KEY-----"));
  EXPECT_TRUE(MUST(PrivateKey::from_pem(key.private_pem())).same_as(key));
  EXPECT_TRUE(MUST(PublicKey::from_pem(key.private_pem())).same_as(key));
  EXPECT_TRUE(MUST(PublicKey::from_pem(key.pem())).same_as(key));
  EXPECT_FALSE(PublicKey::from_pem("x"));
  EXPECT_FALSE(PrivateKey::from_pem(key.pem()));
}

}  // namespace
}  // namespace knarr::auth
