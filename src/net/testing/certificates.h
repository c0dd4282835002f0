// SPDX-License-Identifier: Apache-2.0
// Certificates made on the spot for tests.
#pragma once

#include <string>
#include <vector>

namespace knarr::net::testing {

struct Identity {
  std::string certificate;  // PEM
  std::string key;          // PEM
};

struct CertificateSpec {
  std::string common_name;
  std::string organization = {};
  std::vector<std::string> names = {};  // "DNS:x" or "IP:1.2.3.4".
  bool is_ca = false;
  bool expired = false;
};

/// Signed by `issuer`, or by itself without one.
Identity make_certificate(const CertificateSpec& spec, const Identity* issuer = nullptr);

}  // namespace knarr::net::testing
