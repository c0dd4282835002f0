// SPDX-License-Identifier: Apache-2.0
// Text forms of addresses.
#include "net/address.h"

#include <charconv>
#include <cstddef>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace knarr::net {
namespace {

Error invalid(std::string_view what, std::string_view text) {
  return {Reason::Invalid, fmt::format("{} \"{}\" is not valid", what, text.substr(0, 256))};
}

}  // namespace

IpAddress IpAddress::v4(std::array<std::uint8_t, 4> bytes) {
  IpAddress ip;
  std::memcpy(ip.bytes_.data(), bytes.data(), bytes.size());
  return ip;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& bytes) {
  IpAddress ip;
  ip.v4_ = false;
  ip.bytes_ = bytes;
  return ip;
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string copy(
      text.substr(0, text.find('\0')));  // inet_pton stops there: then sizes differ.
  std::array<std::uint8_t, 4> four{};
  if (inet_pton(AF_INET, copy.c_str(), four.data()) == 1 && copy.size() == text.size())
    return v4(four);
  std::array<std::uint8_t, 16> sixteen{};
  if (inet_pton(AF_INET6, copy.c_str(), sixteen.data()) == 1 && copy.size() == text.size())
    return v6(sixteen);
  return invalid("IP address", text);
}

bool IpAddress::is_loopback() const {
  if (v4_) return bytes_[0] == 127;
  IpAddress one;
  one.v4_ = false;
  one.bytes_[15] = 1;
  return *this == one;
}

bool IpAddress::is_unspecified() const {
  for (const std::uint8_t byte : bytes_) {
    if (byte != 0) return false;
  }
  return true;
}

bool IpAddress::is_link_local() const {
  if (v4_) return bytes_[0] == 169 && bytes_[1] == 254;
  return bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

bool IpAddress::is_multicast() const {
  return v4_ ? (bytes_[0] & 0xf0) == 0xe0 : bytes_[0] == 0xff;
}

std::string IpAddress::to_string() const {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(v4_ ? AF_INET : AF_INET6, bytes_.data(), text, sizeof text);
  return text;
}

Address Address::tcp(IpAddress ip, std::uint16_t port) {
  Address address;
  address.kind_ = Kind::Ip;
  address.ip_ = ip;
  address.port_ = port;
  return address;
}

Address Address::unix_socket(std::string path) {
  Address address;
  address.kind_ = Kind::Unix;
  address.path_ = std::move(path);
  return address;
}

Address Address::pipe(std::string name) {
  Address address;
  address.kind_ = Kind::Pipe;
  address.path_ = std::move(name);
  return address;
}

Result<Address> Address::parse(std::string_view text) {
  if (text.starts_with("unix://")) return unix_socket(std::string(text.substr(7)));
  if (text.starts_with("unix:")) return unix_socket(std::string(text.substr(5)));
  if (text.starts_with("/")) return unix_socket(std::string(text));
  HostPort parts = TRY(split_host_port(text));
  if (parts.host == "localhost") parts.host = "127.0.0.1";
  return tcp(TRY(IpAddress::parse(parts.host)), parts.port);
}

Address Address::from_native(const sockaddr* native, std::size_t size) {
  if (native->sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in in{};
    std::memcpy(&in, native, sizeof in);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
    return tcp(IpAddress::v4(bytes), ntohs(in.sin_port));
  }
  if (native->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in{};
    std::memcpy(&in, native, sizeof in);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr)) {  // A dual-stack listener shows IPv4 peers this way.
      return tcp(IpAddress::v4({bytes[12], bytes[13], bytes[14], bytes[15]}), ntohs(in.sin6_port));
    }
    return tcp(IpAddress::v6(bytes), ntohs(in.sin6_port));
  }
  if (native->sa_family == AF_UNIX) {
    const auto* un = reinterpret_cast<const sockaddr_un*>(native);
    const std::size_t room =
        size > offsetof(sockaddr_un, sun_path) ? size - offsetof(sockaddr_un, sun_path) : 0;
    return unix_socket(std::string(un->sun_path, strnlen(un->sun_path, room)));
  }
  return {};
}

std::string Address::to_string() const {
  switch (kind_) {
    case Kind::None:
      return "";
    case Kind::Ip:
      return join_host_port(ip_.to_string(), port_);
    case Kind::Unix:
      return "unix:" + path_;
    case Kind::Pipe:
      return "pipe:" + path_;
  }
  return "";
}

Result<HostPort> split_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return invalid("address", text);
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return invalid("address", text);
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return invalid("address", text);
  }
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    return invalid("port", digits);
  return HostPort{std::string(host), port};
}

std::string join_host_port(std::string_view host, std::uint16_t port) {
  if (host.find(':') != std::string_view::npos) return fmt::format("[{}]:{}", host, port);
  return fmt::format("{}:{}", host, port);
}

}  // namespace knarr::net
