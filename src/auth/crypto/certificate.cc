// SPDX-License-Identifier: Apache-2.0
#include "auth/certificates.h"
#include "auth/crypto/names.h"
#include "auth/crypto/openssl.h"
#include "base/check.h"

#include <ctime>

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/pem.h>

namespace knarr::auth {

namespace {

constexpr std::size_t kMaxPemBytes = 4UL << 20;  // A bundle of all public authorities is 200 KB.
constexpr std::size_t kMaxCertificates = 1000;

SystemTime read_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) {
    ERR_clear_error();
    return {};
  }
  return SystemTime(std::chrono::seconds(timegm(&parts)));
}

}  // namespace

Result<Certificate> Certificate::from_pem(std::string_view pem) {
  std::vector<Certificate> all = TRY(all_from_pem(pem));
  return std::move(all.front());
}

Result<std::vector<Certificate>> Certificate::all_from_pem(std::string_view pem) {
  if (pem.size() > kMaxPemBytes) return Error(Reason::BadRequest, "read certificates: too large");
  const crypto::Bio bio = crypto::reader(pem);
  std::vector<Certificate> certificates;
  while (certificates.size() < kMaxCertificates) {
    crypto::X509Handle x509(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (x509 == nullptr) break;
    certificates.emplace_back(std::move(x509));
  }
  const unsigned long code = ERR_peek_last_error();
  const bool at_end =
      ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
  if (!at_end || certificates.empty()) return crypto::error("read certificate");
  ERR_clear_error();
  return certificates;
}

Result<Certificate> Certificate::from_der(std::string_view der) {
  crypto::init();
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  crypto::X509Handle x509(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (x509 == nullptr) return crypto::error("read certificate");
  if (at != reinterpret_cast<const unsigned char*>(der.data()) + der.size()) {
    return Error(Reason::BadRequest, "read certificate: bytes after its end");
  }
  return Certificate(std::move(x509));
}

std::string Certificate::pem() const {
  const crypto::Bio bio = crypto::writer();
  CHECK(PEM_write_bio_X509(bio.get(), handle()) == 1);
  return crypto::contents(bio);
}

std::string Certificate::der() const {
  const crypto::Bio bio = crypto::writer();
  CHECK(i2d_X509_bio(bio.get(), handle()) == 1);
  return crypto::contents(bio);
}

std::string Certificate::common_name() const {
  return crypto::common_name(X509_get_subject_name(handle()));
}

std::vector<std::string> Certificate::organizations() const {
  return crypto::values_of(X509_get_subject_name(handle()), NID_organizationName);
}

std::vector<std::string> Certificate::dns_names() const {
  return crypto::alternative_names(handle()).dns_names;
}

std::vector<std::string> Certificate::ip_addresses() const {
  return crypto::alternative_names(handle()).ip_addresses;
}

SystemTime Certificate::not_before() const {
  return read_time(X509_get0_notBefore(handle()));
}
SystemTime Certificate::not_after() const {
  return read_time(X509_get0_notAfter(handle()));
}
bool Certificate::is_authority() const {
  return X509_check_ca(handle()) != 0;
}

PublicKey Certificate::public_key() const {
  return PublicKey(crypto::KeyHandle(X509_get_pubkey(handle())));
}

std::string Certificate::fingerprint() const {
  std::string text;
  for (const char byte : crypto::sha256(der())) {
    text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  return text;
}

std::string CertifiedKey::chain_pem() const {
  std::string text = certificate.pem();
  for (const Certificate& above : chain) text += above.pem();
  return text;
}

bool ends_soon(const Certificate& certificate, SystemTime now, std::chrono::seconds margin) {
  return certificate.not_after() <= now + margin;
}

}  // namespace knarr::auth
