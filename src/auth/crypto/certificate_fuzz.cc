// SPDX-License-Identifier: Apache-2.0
// Certificates of clients and requests of anybody, in DER and PEM.
#include "auth/certificates.h"
#include "auth/client_certificate.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace knarr::auth;
  static const CertificateVerifier verifier({});
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto certificate = Certificate::from_der(text)) {
    (void)user_of(*certificate);
    (void)certificate->dns_names();
    (void)certificate->not_after();
    (void)verifier.verify({text}, {});
  }
  (void)CertificateRequest::from_pem(text);
  (void)Certificate::all_from_pem(text);
  return 0;
}
