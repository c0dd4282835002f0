// SPDX-License-Identifier: Apache-2.0
#include "auth/crypto/usages.h"

#include <algorithm>
#include <array>

#include <openssl/objects.h>
#include <openssl/x509v3.h>

namespace knarr::auth::crypto {

namespace {

constexpr std::array kUsages = {
    Usage{"signing", KU_DIGITAL_SIGNATURE, 0},
    Usage{"digital signature", KU_DIGITAL_SIGNATURE, 0},
    Usage{"content commitment", KU_NON_REPUDIATION, 0},
    Usage{"key encipherment", KU_KEY_ENCIPHERMENT, 0},
    Usage{"key agreement", KU_KEY_AGREEMENT, 0},
    Usage{"data encipherment", KU_DATA_ENCIPHERMENT, 0},
    Usage{"cert sign", KU_KEY_CERT_SIGN, 0},
    Usage{"crl sign", KU_CRL_SIGN, 0},
    Usage{"encipher only", KU_ENCIPHER_ONLY, 0},
    Usage{"decipher only", KU_DECIPHER_ONLY, 0},
    Usage{"any", 0, NID_anyExtendedKeyUsage},
    Usage{"server auth", 0, NID_server_auth},
    Usage{"client auth", 0, NID_client_auth},
    Usage{"code signing", 0, NID_code_sign},
    Usage{"email protection", 0, NID_email_protect},
    Usage{"s/mime", 0, NID_email_protect},
    Usage{"ipsec end system", 0, NID_ipsecEndSystem},
    Usage{"ipsec tunnel", 0, NID_ipsecTunnel},
    Usage{"ipsec user", 0, NID_ipsecUser},
    Usage{"timestamping", 0, NID_time_stamp},
    Usage{"ocsp signing", 0, NID_OCSP_sign},
    Usage{"microsoft sgc", 0, NID_ms_sgc},
    Usage{"netscape sgc", 0, NID_ns_sgc},
};

}  // namespace

std::optional<Usage> find_usage(std::string_view name) {
  const auto at = std::find_if(kUsages.begin(), kUsages.end(),
                               [&](const Usage& usage) { return usage.name == name; });
  if (at == kUsages.end()) return std::nullopt;
  return *at;
}

}  // namespace knarr::auth::crypto
