// SPDX-License-Identifier: Apache-2.0
// Making certificates: one builder for authorities and for what they sign.
#include "auth/certificates.h"
#include "auth/crypto/names.h"
#include "auth/crypto/openssl.h"
#include "auth/crypto/usages.h"
#include "base/check.h"

#include <algorithm>
#include <ctime>

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/rand.h>

namespace knarr::auth {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kAuthorityLifetime = std::chrono::days(3650);
constexpr SystemTime kWritten = std::chrono::sys_days(std::chrono::year(2025) / 11 / 1);

std::time_t to_time(SystemTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

class Builder {
 public:
  Builder() : x509_(X509_new()) {
    CHECK(x509_ != nullptr);
    CHECK(X509_set_version(x509_.get(), X509_VERSION_3) == 1);
    // RFC 5280 4.1.2.2: positive, at most 20 bytes, unique: 127 random bits.
    unsigned char serial[16];
    CHECK(RAND_bytes(serial, sizeof serial) == 1);
    serial[0] = (serial[0] & 0x7fU) | 0x40U;
    const crypto::BigNumber number(BN_bin2bn(serial, sizeof serial, nullptr));
    CHECK(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509_.get())) != nullptr);
  }

  Builder& valid(SystemTime from, SystemTime to) {
    CHECK(ASN1_TIME_set(X509_getm_notBefore(x509_.get()), to_time(from)) != nullptr);
    CHECK(ASN1_TIME_set(X509_getm_notAfter(x509_.get()), to_time(to)) != nullptr);
    return *this;
  }
  Builder& subject(const X509_NAME* name) {
    CHECK(X509_set_subject_name(x509_.get(), name) == 1);
    return *this;
  }
  Builder& issuer(const X509_NAME* name) {
    CHECK(X509_set_issuer_name(x509_.get(), name) == 1);
    return *this;
  }
  Builder& key(const PublicKey& key) {
    CHECK(X509_set_pubkey(x509_.get(), key.handle()) == 1);
    return *this;
  }

  /// Adds an extension from OpenSSL's notation; never with text from outside.
  Builder& extension(int nid, const std::string& value, X509* issuer) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, x509_.get(), nullptr, nullptr, 0);
    const crypto::ExtensionHandle extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    CHECK(extension != nullptr && X509_add_ext(x509_.get(), extension.get(), -1) == 1);
    return *this;
  }
  Builder& names(const GENERAL_NAMES* names) {
    if (names == nullptr) return *this;
    CHECK(X509_add1_ext_i2d(x509_.get(), NID_subject_alt_name, const_cast<GENERAL_NAMES*>(names), 0,
                            X509V3_ADD_DEFAULT) == 1);
    return *this;
  }

  X509* get() { return x509_.get(); }

  Certificate sign(const PrivateKey& key) {
    const bool without_digest = EVP_PKEY_get_id(key.handle()) == EVP_PKEY_ED25519;
    CHECK(X509_sign(x509_.get(), key.handle(), without_digest ? nullptr : EVP_sha256()) > 0);
    return Certificate(std::move(x509_));
  }

 private:
  crypto::X509Handle x509_;
};

Result<> add_usages(Builder& builder, const std::vector<std::string>& usages) {
  int bits = 0;
  std::vector<int> extended;
  for (const std::string& name : usages) {
    const auto usage = crypto::find_usage(name);
    if (!usage) return Error(Reason::BadRequest, fmt::format("\"{}\" is not a key usage", name));
    bits |= usage->key_usage;
    if (usage->extended_nid != 0 &&
        std::find(extended.begin(), extended.end(), usage->extended_nid) == extended.end()) {
      extended.push_back(usage->extended_nid);
    }
  }
  if (bits != 0) {
    // A BIT STRING, bit 0 being the first: the KU_ constants are its first two bytes.
    ASN1_BIT_STRING* value = ASN1_BIT_STRING_new();
    for (int bit = 0; bit < 8; ++bit) {
      if ((bits & (0x80 >> bit)) != 0) ASN1_BIT_STRING_set_bit(value, bit, 1);
    }
    if ((bits & KU_DECIPHER_ONLY) != 0) ASN1_BIT_STRING_set_bit(value, 8, 1);
    CHECK(X509_add1_ext_i2d(builder.get(), NID_key_usage, value, 1, X509V3_ADD_DEFAULT) == 1);
    ASN1_BIT_STRING_free(value);
  }
  if (extended.empty()) return ok();
  EXTENDED_KEY_USAGE* list = EXTENDED_KEY_USAGE_new();
  for (const int nid : extended) sk_ASN1_OBJECT_push(list, OBJ_nid2obj(nid));
  CHECK(X509_add1_ext_i2d(builder.get(), NID_ext_key_usage, list, 0, X509V3_ADD_DEFAULT) == 1);
  EXTENDED_KEY_USAGE_free(list);
  return ok();
}

Result<crypto::NameHandle> subject_of(const CertificateSpec& spec) {
  if (spec.subject_der.empty()) {
    crypto::NameHandle name = crypto::make_name(spec.common_name, spec.organizations);
    if (name == nullptr) return crypto::error("make a subject");
    return name;
  }
  const auto* at = reinterpret_cast<const unsigned char*>(spec.subject_der.data());
  crypto::NameHandle name(d2i_X509_NAME(nullptr, &at, static_cast<long>(spec.subject_der.size())));
  if (name == nullptr) return crypto::error("read subject");
  return name;
}

}  // namespace

Result<> check_clock(SystemTime now) {
  if (now >= kWritten) return ok();
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(now));
  return Error(
      Reason::ServiceUnavailable,
      fmt::format("the clock shows {}-{:02}-{:02}, before this program was written: set the "
                  "clock (or wait for NTP), certificates made now would not be valid",
                  static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                  static_cast<unsigned>(day.day())));
}

Result<CertificateAuthority> CertificateAuthority::create(std::string common_name, SystemTime now) {
  return create_with_key(std::move(common_name), PrivateKey::generate(), now);
}

Result<CertificateAuthority> CertificateAuthority::create_with_key(std::string common_name,
                                                                   PrivateKey key, SystemTime now) {
  TRY(check_clock(now));
  const crypto::NameHandle name = crypto::make_name(common_name, {});
  if (name == nullptr) return crypto::error("make a subject");
  Builder builder;
  builder.valid(now - kBackdate, now + kAuthorityLifetime)
      .subject(name.get())
      .issuer(name.get())
      .key(key);
  builder.extension(NID_basic_constraints, "critical,CA:TRUE", builder.get())
      .extension(NID_key_usage, "critical,digitalSignature,keyEncipherment,keyCertSign",
                 builder.get())
      .extension(NID_subject_key_identifier, "hash", builder.get());
  Certificate certificate = builder.sign(key);
  return CertificateAuthority({std::move(certificate)}, std::move(key));
}

Result<CertificateAuthority> CertificateAuthority::from_pem(std::string_view bundle,
                                                            std::string_view key_pem) {
  std::vector<Certificate> certificates = TRY(Certificate::all_from_pem(bundle));
  PrivateKey key = TRY(PrivateKey::from_pem(key_pem));
  const Certificate& issuing = certificates.front();
  if (!issuing.is_authority()) {
    return Error(Reason::BadRequest,
                 fmt::format("certificate \"{}\" is not an authority", issuing.common_name()));
  }
  if (!issuing.public_key().same_as(key)) {
    return Error(Reason::BadRequest,
                 fmt::format("the key is not that of certificate \"{}\"", issuing.common_name()));
  }
  return CertificateAuthority(std::move(certificates), std::move(key));
}

Result<Certificate> CertificateAuthority::sign(const CertificateSpec& spec, const PublicKey& key,
                                               SystemTime now) const {
  TRY(check_clock(now));
  const crypto::NameHandle subject = TRY(subject_of(spec));
  const crypto::GeneralNamesHandle names = TRY(crypto::make_alternative_names(spec));
  const SystemTime end = std::min<SystemTime>(now + spec.lifetime, certificate().not_after());
  Builder builder;
  builder.valid(now - kBackdate, end)
      .subject(subject.get())
      .issuer(X509_get_subject_name(certificate().handle()))
      .key(key);
  TRY(add_usages(builder, spec.usages));
  builder.extension(NID_basic_constraints, "critical,CA:FALSE", certificate().handle());
  if (X509_get0_subject_key_id(certificate().handle()) != nullptr) {
    builder.extension(NID_authority_key_identifier, "keyid", certificate().handle());
  }
  builder.names(names.get());
  return builder.sign(key_);
}

Result<CertifiedKey> CertificateAuthority::issue(const CertificateSpec& spec,
                                                 SystemTime now) const {
  PrivateKey key = PrivateKey::generate();
  Certificate certificate = TRY(sign(spec, key, now));
  return CertifiedKey{std::move(certificate), bundle_, std::move(key)};
}

bool CertificateAuthority::has_signed(const Certificate& certificate) const {
  const bool good = X509_verify(certificate.handle(), key_.handle()) == 1;
  ERR_clear_error();
  return good;
}

std::string CertificateAuthority::bundle_pem() const {
  std::string text;
  for (const Certificate& certificate : bundle_) text += certificate.pem();
  return text;
}

}  // namespace knarr::auth
