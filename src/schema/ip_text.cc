// SPDX-License-Identifier: Apache-2.0
#include "schema/ip_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace knarr::schema {
namespace {

// Decimal, at most `most`; leading zeros set `odd`.
std::optional<int> parse_decimal(std::string_view text, int most, bool& odd) {
  if (text.empty()) return std::nullopt;
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
    if (value > most) return std::nullopt;
  }
  if (text.size() > 1 && text[0] == '0') odd = true;
  return value;
}

bool parse_v4(std::string_view text, std::uint8_t* out, bool& odd) {
  for (int i = 0; i < 4; ++i) {
    const std::size_t dot = text.find('.');
    if ((dot == std::string_view::npos) != (i == 3)) return false;
    const auto part = parse_decimal(text.substr(0, dot), 255, odd);
    if (!part) return false;
    out[i] = static_cast<std::uint8_t>(*part);
    if (i < 3) text.remove_prefix(dot + 1);
  }
  return true;
}

std::optional<unsigned> parse_hex(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    unsigned digit = 0;
    if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
    else if (c >= 'a' && c <= 'f') digit = static_cast<unsigned>(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F') digit = static_cast<unsigned>(c - 'A' + 10);
    else return std::nullopt;
    value = value << 4U | digit;
  }
  return value;
}

// RFC 4291 2.2; the last 32 bits may be dotted.
bool parse_v6(std::string_view text, std::array<std::uint8_t, 16>& out, bool& odd) {
  std::array<std::uint8_t, 16> bytes{};
  std::size_t filled = 0;
  std::optional<std::size_t> gap;
  if (text.starts_with("::")) {
    gap = 0;
    text.remove_prefix(2);
    if (text.empty()) return out = bytes, true;
  }
  while (filled < 16) {
    const std::size_t end = text.find(':');
    const std::string_view part = text.substr(0, end);
    if (end == std::string_view::npos && part.find('.') != std::string_view::npos) {
      if (filled > 12 || (!gap && filled != 12)) return false;
      if (!parse_v4(part, bytes.data() + filled, odd)) return false;
      filled += 4;
      text = {};
      break;
    }
    const auto value = parse_hex(part);
    if (!value) return false;
    bytes[filled++] = static_cast<std::uint8_t>(*value >> 8U);
    bytes[filled++] = static_cast<std::uint8_t>(*value & 0xFFU);
    if (end == std::string_view::npos) {
      text = {};
      break;
    }
    text.remove_prefix(end + 1);
    if (text.empty()) return false;
    if (text.front() == ':') {
      if (gap) return false;
      gap = filled;
      text.remove_prefix(1);
      if (text.empty()) break;
    }
  }
  if (!text.empty()) return false;
  if (filled < 16) {
    if (!gap) return false;
    const std::size_t tail = filled - *gap;
    std::move_backward(bytes.begin() + static_cast<std::ptrdiff_t>(*gap),
                       bytes.begin() + static_cast<std::ptrdiff_t>(filled), bytes.end());
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(*gap),
              bytes.end() - static_cast<std::ptrdiff_t>(tail), std::uint8_t{0});
  } else if (gap) {
    return false;
  }
  out = bytes;
  return true;
}

// Bit `i` of an address, counted in its own family.
int first_bit(const IpAddress& address) { return address.v4 ? 96 : 0; }

bool bit(const IpAddress& address, int i) {
  const int at = first_bit(address) + i;
  return (address.bytes[static_cast<std::size_t>(at / 8)] >> (7 - at % 8) & 1) != 0;
}

std::string v6_text(const std::array<std::uint8_t, 16>& bytes) {
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = bytes[2 * i] * 256U + bytes[2 * i + 1];
  std::size_t best = 8;
  std::size_t best_length = 1;  // A lone zero group is not shortened.
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t length = 0;
    while (i + length < 8 && groups[i + length] == 0) ++length;
    if (length > best_length) best = i, best_length = length;
    if (length > 0) i += length - 1;
  }
  std::string out;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == best) {
      out += "::";
      i += best_length - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    fmt::format_to(std::back_inserter(out), "{:x}", groups[i]);
  }
  return out;
}

}  // namespace

std::string IpAddress::text() const {
  if (!v4) return v6_text(bytes);
  return fmt::format("{}.{}.{}.{}", bytes[12], bytes[13], bytes[14], bytes[15]);
}

bool IpBlock::contains(const IpAddress& other) const {
  if (address.v4 != other.v4) return false;
  for (int i = 0; i < prefix_bits; ++i) {
    if (bit(address, i) != bit(other, i)) return false;
  }
  return true;
}

bool IpBlock::has_host_bits() const {
  for (int i = prefix_bits; i < (address.v4 ? 32 : 128); ++i) {
    if (bit(address, i)) return true;
  }
  return false;
}

std::string IpBlock::text() const { return fmt::format("{}/{}", address.text(), prefix_bits); }

std::optional<IpAddress> parse_ip(std::string_view text) {
  IpAddress out;
  if (text.find(':') == std::string_view::npos) {
    out.bytes[10] = out.bytes[11] = 0xFF;
    out.v4 = true;
    if (!parse_v4(text, out.bytes.data() + 12, out.odd_zeros)) return std::nullopt;
    return out;
  }
  if (!parse_v6(text, out.bytes, out.odd_zeros)) return std::nullopt;
  out.mapped = std::all_of(out.bytes.begin(), out.bytes.begin() + 10, [](auto b) { return b == 0; }) &&
               out.bytes[10] == 0xFF && out.bytes[11] == 0xFF;
  out.v4 = out.mapped;
  return out;
}

std::optional<IpBlock> parse_cidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = parse_ip(text.substr(0, slash));
  if (!address) return std::nullopt;
  IpBlock out{.address = *address, .prefix_bits = 0, .odd_zeros = address->odd_zeros};
  const int most = address->v4 && !address->mapped ? 32 : 128;
  const auto bits = parse_decimal(text.substr(slash + 1), most, out.odd_zeros);
  if (!bits) return std::nullopt;
  out.prefix_bits = address->mapped ? std::max(0, *bits - 96) : *bits;
  return out;
}

Complaints check_ip(std::string_view value, bool canonical) {
  const auto ip = parse_ip(value);
  if (!ip) return {"must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"};
  if (ip->odd_zeros) return {"must not have leading 0s"};
  if (ip->mapped) return {"must not be an IPv4-mapped IPv6 address"};
  if (canonical && ip->text() != value) {
    return {fmt::format("must be in canonical form (\"{}\")", ip->text())};
  }
  return {};
}

Complaints check_cidr(std::string_view value, bool canonical) {
  const auto block = parse_cidr(value);
  if (!block) return {"must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"};
  if (block->odd_zeros) return {"must not have leading 0s in IP or prefix length"};
  if (block->address.mapped) return {"must not have an IPv4-mapped IPv6 address"};
  if (block->has_host_bits()) return {"must not have bits set beyond the prefix length"};
  if (canonical && block->text() != value) {
    return {fmt::format("must be in canonical form (\"{}\")", block->text())};
  }
  return {};
}

Complaints check_interface_address(std::string_view value) {
  const auto block = parse_cidr(value);
  if (!block) {
    return {"must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)"};
  }
  if (block->text() != value) {
    return {fmt::format("must be in canonical form (\"{}\")", block->text())};
  }
  return {};
}

Complaints check_not_special_ip(std::string_view value) {
  const auto ip = parse_ip(value);
  if (!ip) return {};
  static const IpBlock kLoopback[] = {*parse_cidr("127.0.0.0/8"), *parse_cidr("::1/128")};
  static const IpBlock kLinkLocal[] = {*parse_cidr("169.254.0.0/16"), *parse_cidr("fe80::/10")};
  static const IpBlock kMulticast[] = {*parse_cidr("224.0.0.0/24"), *parse_cidr("ff02::/16")};
  const auto in = [&](const IpBlock(&blocks)[2]) {
    return blocks[0].contains(*ip) || blocks[1].contains(*ip);
  };
  Complaints out;
  if (ip->text() == "0.0.0.0" || ip->text() == "::") {
    out.push_back(fmt::format("may not be unspecified ({})", value));
  }
  if (in(kLoopback)) {
    out.emplace_back("may not be in the loopback range (127.0.0.0/8, ::1/128)");
  }
  if (in(kLinkLocal)) {
    out.emplace_back("may not be in the link-local range (169.254.0.0/16, fe80::/10)");
  }
  if (in(kMulticast)) {
    out.emplace_back("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
  }
  return out;
}

}  // namespace knarr::schema
