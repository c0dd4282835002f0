// SPDX-License-Identifier: Apache-2.0
// Owners for OpenSSL's objects and its error queue as text.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace knarr::net {

template <auto kFree>
struct OpenSslFree {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using UniqueSsl = std::unique_ptr<SSL, OpenSslFree<SSL_free>>;
using UniqueSslCtx = std::unique_ptr<SSL_CTX, OpenSslFree<SSL_CTX_free>>;
using UniqueX509 = std::unique_ptr<X509, OpenSslFree<X509_free>>;
using UniqueKey = std::unique_ptr<EVP_PKEY, OpenSslFree<EVP_PKEY_free>>;
using UniqueBio = std::unique_ptr<BIO, OpenSslFree<BIO_free>>;

/// Starts OpenSSL without its configuration file. Call before anything else of it.
void init_openssl();

/// The newest reason in this thread's error queue, which it empties; "unknown error" if none.
std::string take_openssl_error();

/// A read-only BIO over PEM text, which must outlive it.
UniqueBio memory_bio(std::string_view text);

}  // namespace knarr::net
