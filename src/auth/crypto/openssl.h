// SPDX-License-Identifier: Apache-2.0
// Owners for OpenSSL's objects and its errors as text; private to auth.
#pragma once

#include "base/error.h"
#include "base/result.h"

#include <memory>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace knarr::auth::crypto {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using X509Handle = std::unique_ptr<X509, Deleter<X509_free>>;
using RequestHandle = std::unique_ptr<X509_REQ, Deleter<X509_REQ_free>>;
using NameHandle = std::unique_ptr<X509_NAME, Deleter<X509_NAME_free>>;
using ExtensionHandle = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using GeneralNamesHandle = std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using BigNumber = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using SignatureHandle = std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>>;
using StoreHandle = std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Deleter<X509_STORE_CTX_free>>;

/// Starts OpenSSL without its configuration file; whatever may be the first to use it calls this.
void init();

/// A BIO that reads a text; the text outlives it. At most 2 GB, which callers limit long before.
Bio reader(std::string_view text);
Bio writer();
std::string contents(const Bio& bio);

/// BadRequest with the last error of OpenSSL, and forgets all of them.
Error error(std::string_view what);

/// SHA-256, 32 bytes.
std::string sha256(std::string_view bytes);

/// The subject's common name (the last one, as Go reads it) and its organizations.
std::string common_name(const X509_NAME* name);
std::vector<std::string> values_of(const X509_NAME* name, int nid);

/// A subject from a spec's name and organizations, in the order Go writes them.
NameHandle make_name(const std::string& common_name, const std::vector<std::string>& organizations);

}  // namespace knarr::auth::crypto
