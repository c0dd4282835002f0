// SPDX-License-Identifier: Apache-2.0
// IpAddress: an IPv4 or IPv6 address. Address: where a stream goes or comes from: an IP and a port,
// the path of a unix socket, or a pipe in this process. Literal only: names are resolved elsewhere.
#pragma once

#include "base/result.h"

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

struct sockaddr;

namespace knarr::net {

class IpAddress {
 public:
  /// 0.0.0.0
  IpAddress() = default;
  [[nodiscard]] static IpAddress v4(std::array<std::uint8_t, 4> bytes);
  [[nodiscard]] static IpAddress v6(const std::array<std::uint8_t, 16>& bytes);
  /// "10.0.0.1", "fd00::1". No zones, no leading zeros. Errors: Invalid.
  [[nodiscard]] static Result<IpAddress> parse(std::string_view text);

  [[nodiscard]] bool is_v4() const { return v4_; }
  [[nodiscard]] bool is_v6() const { return !v4_; }
  [[nodiscard]] bool is_loopback() const;
  [[nodiscard]] bool is_unspecified() const;
  [[nodiscard]] bool is_link_local() const;
  [[nodiscard]] bool is_multicast() const;
  /// 4 or 16 bytes, in network order.
  [[nodiscard]] std::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), v4_ ? std::size_t{4} : std::size_t{16}};
  }
  /// The canonical text (RFC 5952).
  [[nodiscard]] std::string to_string() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  bool v4_ = true;
  std::array<std::uint8_t, 16> bytes_{};
};

class Address {
 public:
  enum class Kind : std::uint8_t { None, Ip, Unix, Pipe };

  Address() = default;
  [[nodiscard]] static Address tcp(IpAddress ip, std::uint16_t port);
  [[nodiscard]] static Address unix_socket(std::string path);
  [[nodiscard]] static Address pipe(std::string name);
  /// "1.2.3.4:80", "[::1]:80", "localhost:80" (127.0.0.1), "unix:/run/x.sock", "/run/x.sock".
  /// Errors: Invalid.
  [[nodiscard]] static Result<Address> parse(std::string_view text);
  /// Of a sockaddr of the kernel; None for an unknown family.
  [[nodiscard]] static Address from_native(const sockaddr* native, std::size_t size);

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_ip() const { return kind_ == Kind::Ip; }
  [[nodiscard]] const IpAddress& ip() const { return ip_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Of a unix socket.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// What parse() reads; "pipe:name" for a pipe, "" for none.
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const Address&, const Address&) = default;

 private:
  Kind kind_ = Kind::None;
  std::uint16_t port_ = 0;
  IpAddress ip_;
  std::string path_;
};

/// "host:port" or "[v6]:port" as two parts. Errors: Invalid.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};
[[nodiscard]] Result<HostPort> split_host_port(std::string_view text);
/// The reverse, with brackets where needed.
[[nodiscard]] std::string join_host_port(std::string_view host, std::uint16_t port);

}  // namespace knarr::net
