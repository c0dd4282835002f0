// SPDX-License-Identifier: Apache-2.0
#include "auth/certificates.h"
#include "auth/crypto/names.h"
#include "auth/crypto/openssl.h"
#include "base/check.h"

#include <openssl/err.h>
#include <openssl/pem.h>

namespace knarr::auth {

namespace {

constexpr std::size_t kMaxRequestBytes = 1UL << 20;

using Extensions =
    std::unique_ptr<STACK_OF(X509_EXTENSION), decltype([](STACK_OF(X509_EXTENSION) * e) {
                      sk_X509_EXTENSION_pop_free(e, X509_EXTENSION_free);
                    })>;

std::string der_of(const X509_NAME* name) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509_NAME(name, &bytes);
  CHECK(size >= 0);
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

}  // namespace

Result<CertificateRequest> CertificateRequest::from_pem(std::string_view pem) {
  if (pem.size() > kMaxRequestBytes) {
    return Error(Reason::BadRequest, "read certificate request: too large");
  }
  const crypto::Bio bio = crypto::reader(pem);
  const crypto::RequestHandle request(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  if (request == nullptr) return crypto::error("read certificate request");
  crypto::KeyHandle key(X509_REQ_get_pubkey(request.get()));
  if (key == nullptr) return crypto::error("read certificate request: key");
  if (X509_REQ_verify(request.get(), key.get()) != 1) {
    return crypto::error("read certificate request: its signature does not fit its key");
  }

  CertificateSpec spec;
  if (const Extensions extensions{X509_REQ_get_extensions(request.get())}) {
    const crypto::GeneralNamesHandle names(static_cast<GENERAL_NAMES*>(
        X509V3_get_d2i(extensions.get(), NID_subject_alt_name, nullptr, nullptr)));
    if (names != nullptr) spec = crypto::alternative_names(names.get());
  }
  const X509_NAME* subject = X509_REQ_get_subject_name(request.get());
  spec.common_name = crypto::common_name(subject);
  spec.organizations = crypto::values_of(subject, NID_organizationName);
  spec.subject_der = der_of(subject);
  ERR_clear_error();
  return CertificateRequest(std::move(spec), PublicKey(std::move(key)));
}

std::string CertificateRequest::make_pem(const CertificateSpec& spec, const PrivateKey& key) {
  const crypto::RequestHandle request(X509_REQ_new());
  const crypto::NameHandle subject = crypto::make_name(spec.common_name, spec.organizations);
  CHECK(subject != nullptr && X509_REQ_set_subject_name(request.get(), subject.get()) == 1);
  CHECK(X509_REQ_set_pubkey(request.get(), key.handle()) == 1);
  if (const crypto::GeneralNamesHandle names = MUST(crypto::make_alternative_names(spec))) {
    STACK_OF(X509_EXTENSION)* list = nullptr;
    CHECK(X509V3_add1_i2d(&list, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1);
    const Extensions extensions(list);
    CHECK(X509_REQ_add_extensions(request.get(), extensions.get()) == 1);
  }
  CHECK(X509_REQ_sign(request.get(), key.handle(), EVP_sha256()) > 0);
  const crypto::Bio bio = crypto::writer();
  CHECK(PEM_write_bio_X509_REQ(bio.get(), request.get()) == 1);
  return crypto::contents(bio);
}

}  // namespace knarr::auth
