// SPDX-License-Identifier: Apache-2.0
#include "net/tls.h"

#include "base/run_sync.h"
#include "net/testing/certificates.h"

#include <array>

#include <gtest/gtest.h>

namespace knarr::net {
namespace {

using testing::CertificateSpec;
using testing::Identity;
using testing::make_certificate;

struct Pki {
  Identity ca = make_certificate({.common_name = "ca", .is_ca = true});
  Identity other_ca = make_certificate({.common_name = "other", .is_ca = true});
  Identity server =
      make_certificate({.common_name = "x", .names = {"DNS:knarr.test", "IP:127.0.0.1"}}, &ca);
  Identity expired =
      make_certificate({.common_name = "x", .names = {"DNS:knarr.test"}, .expired = true}, &ca);
  Identity client = make_certificate({.common_name = "jane", .organization = "dev"}, &ca);
  Identity stranger = make_certificate({.common_name = "eve"}, &other_ca);

  static const Pki& get() {
    static const Pki pki;
    return pki;
  }
};

struct Ends {
  Result<std::unique_ptr<Stream>> server;
  Result<std::unique_ptr<Stream>> client;
};

Task<Ends> shake(Loop* loop, TlsServerConfig server, TlsClientConfig client, std::string name) {
  auto [left, right] = make_pipe(*loop);
  auto [a, b] = co_await all(
      tls_accept(MUST(TlsServerContext::create(server)), std::move(left)),
      tls_connect(MUST(TlsClientContext::create(client)), std::move(right), std::move(name)));
  co_return Ends{std::move(a), std::move(b)};
}

TlsServerConfig server_config(const Identity& identity, std::string client_ca = "") {
  return {
      .certificate = identity.certificate, .key = identity.key, .client_ca = std::move(client_ca)};
}

Task<> send_large(Stream* stream) {
  EXPECT_TRUE(co_await stream->write(std::string(2'000'000, 'k')));
  EXPECT_TRUE(co_await stream->shutdown_write());
}

Task<std::size_t> count_to_end(Stream* stream) {
  std::size_t total = 0;
  std::array<char, 5000> buffer;
  while (true) {
    const std::size_t got = MUST(co_await stream->read(buffer));
    if (got == 0) co_return total;
    total += got;
  }
}

TEST(Tls, ShakesHandsChoosesHttp2AndCarriesData) {  // BEHAVIOURS 1
  const Pki& pki = Pki::get();
  Loop loop;
  Ends ends = run_sync(
      loop, shake(&loop, server_config(pki.server), {.ca = pki.ca.certificate}, "knarr.test"));
  ASSERT_TRUE(ends.server) << ends.server.error().message();
  ASSERT_TRUE(ends.client) << ends.client.error().message();
  EXPECT_EQ((*ends.server)->tls()->alpn, "h2");
  EXPECT_EQ((*ends.client)->tls()->alpn, "h2");
  EXPECT_EQ((*ends.server)->tls()->version, "TLSv1.3");
  EXPECT_EQ((*ends.server)->tls()->server_name, "knarr.test");
  EXPECT_TRUE((*ends.server)->tls()->peer_certificates.empty());
  EXPECT_EQ((*ends.client)->tls()->peer_certificates.size(), 1U);
  const auto [a, b, up, down] =
      run_sync(loop, all(send_large(ends.client->get()), send_large(ends.server->get()),
                         count_to_end(ends.server->get()), count_to_end(ends.client->get())));
  EXPECT_EQ(up, 2'000'000U);
  EXPECT_EQ(down, 2'000'000U);
}

TEST(Tls, FallsBackToHttp11) {
  const Pki& pki = Pki::get();
  Loop loop;
  Ends ends = run_sync(loop, shake(&loop, server_config(pki.server),
                                   {.ca = pki.ca.certificate, .alpn = {"http/1.1"}}, "127.0.0.1"));
  ASSERT_TRUE(ends.server && ends.client);
  EXPECT_EQ((*ends.server)->tls()->alpn, "http/1.1");
}

TEST(Tls, ClientRefusesWhatItCannotVerifyInGosWords) {
  const Pki& pki = Pki::get();
  struct Case {
    const Identity* server;
    std::string ca;
    std::string name;
    std::string words;
  };
  for (const Case& c : {Case{&pki.server, pki.other_ca.certificate, "knarr.test",
                             "x509: certificate signed by unknown authority"},
                        Case{&pki.server, pki.ca.certificate, "other.test",
                             "x509: certificate is not valid for other.test"},
                        Case{&pki.server, pki.ca.certificate, "127.0.0.2",
                             "x509: certificate is not valid for 127.0.0.2"},
                        Case{&pki.expired, pki.ca.certificate, "knarr.test",
                             "x509: certificate has expired or is not yet valid"}}) {
    Loop loop;
    Ends ends = run_sync(loop, shake(&loop, server_config(*c.server), {.ca = c.ca}, c.name));
    ASSERT_FALSE(ends.client);
    EXPECT_EQ(ends.client.error().message(), "tls: failed to verify certificate: " + c.words);
  }
  Loop loop;
  Ends ends = run_sync(
      loop, shake(&loop, server_config(pki.server), {.insecure_skip_verify = true}, "other.test"));
  EXPECT_TRUE(ends.client);
}

TEST(Tls, ClientCertificatesAreReportedAndNeverEndTheHandshake) {
  const Pki& pki = Pki::get();
  struct Case {
    const Identity* client;
    std::size_t chain;
    std::string error;
  };
  const Identity expired = make_certificate({.common_name = "old", .expired = true}, &pki.ca);
  for (const Case& c : {Case{nullptr, 0, ""}, Case{&pki.client, 1, ""},
                        Case{&pki.stranger, 1, "x509: certificate signed by unknown authority"},
                        Case{&expired, 1, "x509: certificate has expired or is not yet valid"}}) {
    Loop loop;
    TlsClientConfig client{.ca = pki.ca.certificate};
    if (c.client != nullptr) {
      client.certificate = c.client->certificate;
      client.key = c.client->key;
    }
    Ends ends = run_sync(
        loop, shake(&loop, server_config(pki.server, pki.ca.certificate), client, "knarr.test"));
    ASSERT_TRUE(ends.server) << ends.server.error().message();
    EXPECT_EQ((*ends.server)->tls()->peer_certificates.size(), c.chain);
    EXPECT_EQ((*ends.server)->tls()->verify_error, c.error);
  }
}

Task<std::string> speak_plainly(Stream* stream) {
  EXPECT_TRUE(co_await stream->write("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  std::array<char, 200> buffer;
  const std::size_t got = MUST(co_await stream->read(buffer));
  co_return std::string(buffer.data(), got);
}

TEST(Tls, AnswersPlainHttpAsGoDoes) {
  Loop loop;
  auto [left, right] = make_pipe(loop);
  auto [answer, server] = run_sync(
      loop, all(speak_plainly(right.get()),
                tls_accept(MUST(TlsServerContext::create(server_config(Pki::get().server))),
                           std::move(left))));
  EXPECT_EQ(answer,
            "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n");
  EXPECT_TRUE(server.error().is(Reason::BadRequest));
}

TEST(Tls, RefusesBrokenPemAndForeignKeysAndReloads) {
  const Pki& pki = Pki::get();
  EXPECT_FALSE(TlsServerContext::create({.certificate = "nonsense", .key = pki.server.key}));
  EXPECT_FALSE(
      TlsServerContext::create({.certificate = pki.server.certificate, .key = pki.client.key}));
  EXPECT_FALSE(TlsServerContext::create(server_config(pki.server, "nonsense")));
  EXPECT_FALSE(TlsClientContext::create({.ca = "nonsense"}));
  const auto context = MUST(TlsServerContext::create(server_config(pki.server)));
  EXPECT_FALSE(context->reload({.certificate = "nonsense"}));
  EXPECT_TRUE(context->reload(server_config(pki.expired)));
}

}  // namespace
}  // namespace knarr::net
