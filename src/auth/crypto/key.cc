// SPDX-License-Identifier: Apache-2.0
#include "auth/certificates.h"
#include "auth/crypto/openssl.h"
#include "base/check.h"

#include <openssl/err.h>
#include <openssl/pem.h>

namespace knarr::auth {

namespace {

constexpr std::size_t kMaxPemBytes = 1UL << 20;

/// Encrypted keys have no place here, and OpenSSL must not ask the terminal for a passphrase.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

crypto::KeyHandle read_private(std::string_view pem) {
  const crypto::Bio bio = crypto::reader(pem);
  return crypto::KeyHandle(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
}

crypto::KeyHandle read_public(std::string_view pem) {
  const crypto::Bio bio = crypto::reader(pem);
  return crypto::KeyHandle(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr));
}

}  // namespace

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
  if (pem.size() > kMaxPemBytes) return Error(Reason::BadRequest, "read public key: too large");
  if (crypto::KeyHandle key = read_public(pem)) return PublicKey(std::move(key));
  if (crypto::KeyHandle key = read_private(pem)) return PublicKey(std::move(key));
  if (Result<Certificate> certificate = Certificate::from_pem(pem)) {
    ERR_clear_error();
    return certificate->public_key();
  }
  return crypto::error("read public key");
}

std::string PublicKey::pem() const {
  const crypto::Bio bio = crypto::writer();
  CHECK(PEM_write_bio_PUBKEY(bio.get(), handle()) == 1);
  return crypto::contents(bio);
}

std::string PublicKey::der() const {
  const crypto::Bio bio = crypto::writer();
  CHECK(i2d_PUBKEY_bio(bio.get(), handle()) == 1);
  return crypto::contents(bio);
}

bool PublicKey::same_as(const PublicKey& other) const {
  return EVP_PKEY_eq(handle(), other.handle()) == 1;
}

PrivateKey PrivateKey::generate() {
  crypto::init();
  crypto::KeyHandle key(EVP_EC_gen("P-256"));
  CHECK(key != nullptr);
  return PrivateKey(std::move(key));
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem) {
  if (pem.size() > kMaxPemBytes) return Error(Reason::BadRequest, "read private key: too large");
  crypto::KeyHandle key = read_private(pem);
  if (key == nullptr) return crypto::error("read private key");
  return PrivateKey(std::move(key));
}

std::string PrivateKey::private_pem() const {
  const crypto::Bio bio = crypto::writer();
  if (PEM_write_bio_PrivateKey_traditional(bio.get(), handle(), nullptr, nullptr, 0, nullptr,
                                           nullptr) != 1) {
    ERR_clear_error();  // Ed25519 has no traditional form.
    CHECK(PEM_write_bio_PrivateKey(bio.get(), handle(), nullptr, nullptr, 0, nullptr, nullptr) ==
          1);
  }
  return crypto::contents(bio);
}

}  // namespace knarr::auth
