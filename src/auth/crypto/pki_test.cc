// SPDX-License-Identifier: Apache-2.0
#include "auth/pki.h"

#include "base/check.h"

#include <cstdlib>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace knarr::auth {
namespace {

constexpr SystemTime kNow = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1);

class Pki : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "knarr-pki-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    options_.data_dir = pattern;
    options_.names = {"node1", "10.0.0.5", "10.43.0.1"};
  }
  [[nodiscard]] std::string path(std::string_view name) const {
    return options_.data_dir + "/server/tls/" + std::string(name);
  }
  ServerPkiOptions options_;
};

TEST_F(Pki, EverythingIsMadeOnceAndLoadedAfterwards) {
  const ServerPki first = MUST(ensure_server_pki(options_, kNow));
  EXPECT_TRUE(first.changed);
  for (const char* name :
       {"server-ca.crt", "server-ca.key", "client-ca.crt", "client-ca.key", "request-header-ca.crt",
        "request-header-ca.key", "serving-kube-apiserver.crt", "serving-kube-apiserver.key",
        "client-admin.crt", "client-admin.key", "client-kube-apiserver.crt",
        "client-kube-apiserver.key", "client-auth-proxy.crt", "client-auth-proxy.key",
        "service.key"}) {
    struct stat info{};
    ASSERT_EQ(::stat(path(name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777U, 0600U) << name;
  }
  const ServerPki second = MUST(ensure_server_pki(options_, kNow + std::chrono::days(1)));
  EXPECT_FALSE(second.changed);
  EXPECT_EQ(second.serving.certificate.fingerprint(), first.serving.certificate.fingerprint());
  EXPECT_TRUE(second.service_account.same_as(first.service_account));
  EXPECT_EQ(first.admin.certificate.organizations(), (std::vector<std::string>{"system:masters"}));
  EXPECT_EQ(first.serving.certificate.ip_addresses(),
            (std::vector<std::string>{"127.0.0.1", "::1", "10.0.0.5", "10.43.0.1"}));
}

TEST_F(Pki, WhatEndsSoonIsRenewedByTheSameAuthority) {
  const ServerPki first = MUST(ensure_server_pki(options_, kNow));
  const ServerPki later = MUST(ensure_server_pki(options_, kNow + std::chrono::days(276)));
  EXPECT_TRUE(later.changed);
  EXPECT_NE(later.admin.certificate.fingerprint(), first.admin.certificate.fingerprint());
  EXPECT_EQ(later.client_ca.certificate().fingerprint(),
            first.client_ca.certificate().fingerprint());
}

TEST_F(Pki, NewNamesGiveANewServingCertificate) {
  const ServerPki first = MUST(ensure_server_pki(options_, kNow));
  options_.names.emplace_back("api.example.com");
  const ServerPki second = MUST(ensure_server_pki(options_, kNow));
  EXPECT_NE(second.serving.certificate.fingerprint(), first.serving.certificate.fingerprint());
  EXPECT_EQ(second.admin.certificate.fingerprint(), first.admin.certificate.fingerprint());
}

TEST_F(Pki, ACrashBetweenKeyAndCertificateIsMended) {
  const ServerPki first = MUST(ensure_server_pki(options_, kNow));
  ASSERT_TRUE(write_private_file(path("client-admin.key"), PrivateKey::generate().private_pem()));
  ASSERT_EQ(::unlink(path("client-ca.crt").c_str()), 0);
  const ServerPki second = MUST(ensure_server_pki(options_, kNow));
  EXPECT_TRUE(second.admin.certificate.public_key().same_as(second.admin.key));
  EXPECT_TRUE(second.client_ca.key().same_as(first.client_ca.key()));
}

TEST_F(Pki, AnAuthorityWithoutItsKeyIsAnErrorThatSaysWhatToDo) {
  ASSERT_TRUE(ensure_server_pki(options_, kNow));
  ASSERT_EQ(::unlink(path("server-ca.key").c_str()), 0);
  const auto second = ensure_server_pki(options_, kNow);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message().find("restore it"), std::string::npos);
}

TEST_F(Pki, ANodeGetsAnIdentityAndAServingCertificate) {
  const ServerPki server = MUST(ensure_server_pki(options_, kNow));
  const NodePki node = MUST(ensure_node_pki(server, options_.data_dir, "n1", {"10.0.0.5"}, kNow));
  EXPECT_EQ(node.client.certificate.common_name(), "system:node:n1");
  EXPECT_EQ(node.client.certificate.organizations(), (std::vector<std::string>{"system:nodes"}));
  EXPECT_EQ(node.serving.certificate.dns_names(), (std::vector<std::string>{"n1", "localhost"}));
  EXPECT_TRUE(server.client_ca.has_signed(node.client.certificate));
  EXPECT_FALSE(server.server_ca.has_signed(node.client.certificate));
}

TEST(Kubeconfig, HoldsEverythingInside) {
  const std::string text = kubeconfig({.server = "https://127.0.0.1:6443",
                                       .ca_pem = "CA",
                                       .client_certificate_pem = "CERT",
                                       .client_key_pem = "KEY"});
  EXPECT_EQ(text,
            "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: Q0E=\n"
            "    server: \"https://127.0.0.1:6443\"\n  name: \"default\"\ncontexts:\n- context:\n"
            "    cluster: \"default\"\n    user: \"default\"\n  name: \"default\"\n"
            "current-context: \"default\"\nkind: Config\npreferences: {}\nusers:\n"
            "- name: \"default\"\n  user:\n    client-certificate-data: Q0VSVA==\n"
            "    client-key-data: S0VZ\n");
}

}  // namespace
}  // namespace knarr::auth
