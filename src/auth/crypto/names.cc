// SPDX-License-Identifier: Apache-2.0
#include "auth/crypto/names.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <openssl/err.h>

namespace knarr::auth {

namespace {

/// 4 or 16 bytes, or "" for what is no address.
std::string ip_bytes(const std::string& text) {
  unsigned char bytes[16];
  if (inet_pton(AF_INET, text.c_str(), bytes) == 1) return {reinterpret_cast<char*>(bytes), 4};
  if (inet_pton(AF_INET6, text.c_str(), bytes) == 1) return {reinterpret_cast<char*>(bytes), 16};
  return {};
}

std::string ip_text(const void* bytes, std::size_t size) {
  if (size != 4 && size != 16) return {};
  char text[INET6_ADDRSTRLEN];
  const char* result = inet_ntop(size == 4 ? AF_INET : AF_INET6, bytes, text, sizeof text);
  return result == nullptr ? std::string() : std::string(result);
}

std::string text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

bool is_ascii(const std::string& text) {
  for (const char c : text) {
    if (c <= ' ' || c > '~') return false;
  }
  return !text.empty();
}

bool push(GENERAL_NAMES* names, int type, ASN1_STRING* value, const std::string& bytes) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  if (name == nullptr || value == nullptr ||
      ASN1_STRING_set(value, bytes.data(), static_cast<int>(bytes.size())) != 1) {
    GENERAL_NAME_free(name);
    ASN1_STRING_free(value);
    return false;
  }
  GENERAL_NAME_set0_value(name, type, value);
  if (sk_GENERAL_NAME_push(names, name) > 0) return true;
  GENERAL_NAME_free(name);
  return false;
}

Result<> push_texts(GENERAL_NAMES* names, int type, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    if (!is_ascii(text) || !push(names, type, ASN1_IA5STRING_new(), text)) {
      return Error(Reason::BadRequest, fmt::format("\"{}\" cannot be in a certificate", text));
    }
  }
  return ok();
}

}  // namespace

std::string canonical_ip_address(std::string_view text) {
  const std::string bytes = ip_bytes(std::string(text));
  return ip_text(bytes.data(), bytes.size());
}

namespace crypto {

CertificateSpec alternative_names(const GENERAL_NAMES* names) {
  CertificateSpec spec;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    switch (name->type) {
      case GEN_DNS:
        spec.dns_names.push_back(text_of(name->d.dNSName));
        break;
      case GEN_EMAIL:
        spec.emails.push_back(text_of(name->d.rfc822Name));
        break;
      case GEN_URI:
        spec.uris.push_back(text_of(name->d.uniformResourceIdentifier));
        break;
      case GEN_IPADD: {
        const std::string bytes = text_of(name->d.iPAddress);
        spec.ip_addresses.push_back(ip_text(bytes.data(), bytes.size()));
        break;
      }
      default:
        break;
    }
  }
  return spec;
}

CertificateSpec alternative_names(const X509* certificate) {
  const GeneralNamesHandle names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  ERR_clear_error();
  return names == nullptr ? CertificateSpec{} : alternative_names(names.get());
}

Result<GeneralNamesHandle> make_alternative_names(const CertificateSpec& spec) {
  if (spec.dns_names.empty() && spec.ip_addresses.empty() && spec.emails.empty() &&
      spec.uris.empty()) {
    return GeneralNamesHandle();
  }
  GeneralNamesHandle names(GENERAL_NAMES_new());
  TRY(push_texts(names.get(), GEN_DNS, spec.dns_names));
  TRY(push_texts(names.get(), GEN_EMAIL, spec.emails));
  TRY(push_texts(names.get(), GEN_URI, spec.uris));
  for (const std::string& address : spec.ip_addresses) {
    const std::string bytes = ip_bytes(address);
    if (bytes.empty() || !push(names.get(), GEN_IPADD, ASN1_OCTET_STRING_new(), bytes)) {
      return Error(Reason::BadRequest, fmt::format("\"{}\" is not an IP address", address));
    }
  }
  return names;
}

}  // namespace crypto

}  // namespace knarr::auth
