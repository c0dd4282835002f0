// SPDX-License-Identifier: Apache-2.0
#include "net/testing/certificates.h"

#include "base/check.h"
#include "net/tls/openssl.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

namespace knarr::net::testing {
namespace {

constexpr long kHour = 3600;

template <typename Write>
std::string to_pem(Write write) {
  const UniqueBio bio(BIO_new(BIO_s_mem()));
  CHECK(write(bio.get()) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

void add_extension(X509* certificate, X509V3_CTX* context, int id, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, context, id, value.c_str());
  CHECK(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

Identity make_certificate(const CertificateSpec& spec, const Identity* issuer) {
  init_openssl();
  const UniqueKey key(EVP_EC_gen("P-256"));
  const UniqueX509 certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  std::uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), 7);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -2 * kHour);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), spec.expired ? -kHour : 24 * kHour);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const auto add_name = [name](const char* field, const std::string& value) {
    X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1, 0);
  };
  if (!spec.organization.empty()) add_name("O", spec.organization);
  add_name("CN", spec.common_name);

  UniqueX509 issuer_certificate;
  UniqueKey issuer_key;
  if (issuer != nullptr) {
    issuer_certificate.reset(
        PEM_read_bio_X509(memory_bio(issuer->certificate).get(), nullptr, nullptr, nullptr));
    issuer_key.reset(
        PEM_read_bio_PrivateKey(memory_bio(issuer->key).get(), nullptr, nullptr, nullptr));
  }
  X509* signer = issuer_certificate != nullptr ? issuer_certificate.get() : certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
  X509V3_CTX context;
  X509V3_set_ctx(&context, signer, certificate.get(), nullptr, nullptr, 0);
  add_extension(certificate.get(), &context, NID_basic_constraints,
                spec.is_ca ? "critical,CA:TRUE" : "CA:FALSE");
  std::string names;
  for (const std::string& each : spec.names) names += (names.empty() ? "" : ",") + each;
  if (!names.empty()) add_extension(certificate.get(), &context, NID_subject_alt_name, names);
  X509_sign(certificate.get(), issuer_key != nullptr ? issuer_key.get() : key.get(), EVP_sha256());
  return {to_pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); }),
          to_pem([&](BIO* bio) {
            return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

}  // namespace knarr::net::testing
