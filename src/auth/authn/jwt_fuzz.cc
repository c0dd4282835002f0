// SPDX-License-Identifier: Apache-2.0
// Whatever stands in an Authorization header: taking it apart and checking it must not fail badly.
#include "auth/authn/jwt.h"
#include "auth/client_certificate.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace knarr::auth;
  static const PublicKey key = PrivateKey::generate();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)bearer_token(text);
  (void)decode_extra_key(text);
  if (const auto jwt = parse_jwt(text)) (void)jwt_signed_by(*jwt, key);
  return 0;
}
