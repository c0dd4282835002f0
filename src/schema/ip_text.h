// SPDX-License-Identifier: Apache-2.0
// IP addresses and CIDR blocks as API fields hold them, and Kubernetes' complaints about them.
// Source: k8s.io/apimachinery/pkg/util/validation/ip.go, with StrictIPCIDRValidation on (1.36).
#pragma once

#include "schema/validation_text.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace knarr::schema {

/// An address of either family; IPv4 in the last four bytes, mapped as in RFC 4291.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool v4 = false;          // Written with dots alone, or mapped ("::ffff:1.2.3.4").
  bool mapped = false;      // Written as an IPv6 address that maps an IPv4 one.
  bool odd_zeros = false;   // "010.0.0.1": read as decimal, as Kubernetes always has.

  /// RFC 5952 for IPv6; a mapped address prints as the IPv4 one.
  [[nodiscard]] std::string text() const;
  friend bool operator==(const IpAddress& a, const IpAddress& b) { return a.bytes == b.bytes; }
};

struct IpBlock {
  IpAddress address;
  int prefix_bits = 0;     // In the family of the address: 0-32 or 0-128.
  bool odd_zeros = false;  // In the address or in the prefix length.

  [[nodiscard]] bool contains(const IpAddress& other) const;
  [[nodiscard]] bool has_host_bits() const;  // Bits set beyond the prefix length.
  [[nodiscard]] std::string text() const;    // Canonical, address as it is.
};

/// An address without zone; leading zeros in IPv4 are read as decimal and remembered.
std::optional<IpAddress> parse_ip(std::string_view text);
/// "address/bits".
std::optional<IpBlock> parse_cidr(std::string_view text);

/// A field that holds an address, in the strict form (canonical too when `canonical`).
Complaints check_ip(std::string_view value, bool canonical = false);
/// A field that holds a block, in the strict form (canonical too when `canonical`).
Complaints check_cidr(std::string_view value, bool canonical = false);
/// A field that holds an address with its prefix length ("10.9.8.7/24"), canonical.
Complaints check_interface_address(std::string_view value);
/// What an endpoint may not be: unspecified, loopback, link-local. Nothing for a text that is no
/// address.
Complaints check_not_special_ip(std::string_view value);

}  // namespace knarr::schema
