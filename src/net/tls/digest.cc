// SPDX-License-Identifier: Apache-2.0
#include "net/tls/digest.h"

#include "base/check.h"
#include "net/tls/openssl.h"

namespace knarr::net {

std::string sha1(std::string_view bytes) {
  init_openssl();
  std::string digest(20, '\0');
  unsigned size = 0;
  CHECK(EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                   &size, EVP_sha1(), nullptr) == 1);
  return digest;
}

}  // namespace knarr::net
