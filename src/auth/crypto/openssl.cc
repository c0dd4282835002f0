// SPDX-License-Identifier: Apache-2.0
#include "auth/crypto/openssl.h"

#include "base/check.h"

#include <fmt/core.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/sha.h>

namespace knarr::auth::crypto {

void init() {
  CHECK(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) == 1);
}

Bio reader(std::string_view text) {
  init();
  Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  CHECK(bio != nullptr);
  return bio;
}

Bio writer() {
  Bio bio(BIO_new(BIO_s_mem()));
  CHECK(bio != nullptr);
  return bio;
}

std::string contents(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

Error error(std::string_view what) {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  if (reason == nullptr) return {Reason::BadRequest, std::string(what)};
  return {Reason::BadRequest, fmt::format("{}: {}", what, reason)};
}

std::string sha256(std::string_view bytes) {
  init();
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  return {reinterpret_cast<const char*>(digest), sizeof digest};
}

std::vector<std::string> values_of(const X509_NAME* name, int nid) {
  std::vector<std::string> values;
  for (int at = X509_NAME_get_index_by_NID(name, nid, -1); at >= 0;
       at = X509_NAME_get_index_by_NID(name, nid, at)) {
    const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
    unsigned char* utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(&utf8, text);
    if (size < 0) {
      ERR_clear_error();
      continue;
    }
    values.emplace_back(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
    OPENSSL_free(utf8);
  }
  return values;
}

std::string common_name(const X509_NAME* name) {
  std::vector<std::string> values = values_of(name, NID_commonName);
  return values.empty() ? std::string() : std::move(values.back());
}

NameHandle make_name(const std::string& common_name,
                     const std::vector<std::string>& organizations) {
  NameHandle name(X509_NAME_new());
  // UTF8STRING as it is: unlike MBSTRING_UTF8 it knows no upper bound of 64 characters, which names
  // of nodes pass (RFC 5280 has the bound, Go and Kubernetes do not).
  const auto add = [&](int nid, const std::string& text) {
    return X509_NAME_add_entry_by_NID(name.get(), nid, V_ASN1_UTF8STRING,
                                      reinterpret_cast<const unsigned char*>(text.data()),
                                      static_cast<int>(text.size()), -1, 0) == 1;
  };
  for (const std::string& organization : organizations) {
    if (!add(NID_organizationName, organization)) return nullptr;
  }
  if (!common_name.empty() && !add(NID_commonName, common_name)) return nullptr;
  return name;
}

}  // namespace knarr::auth::crypto
