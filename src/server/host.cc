// SPDX-License-Identifier: Apache-2.0
// The few system calls behind host.h.
#include "server/host.h"

#include "net/address.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace knarr::server {

namespace {

Error system_error(std::string_view what, std::string_view path) {
  const int number = errno;
  std::string hint;
  if (number == EACCES || number == EPERM) hint = " (run as root, or choose another --data-dir)";
  if (number == EROFS) hint = " (the file system is read-only: choose another --data-dir)";
  if (number == ENOSPC) hint = " (the disk is full: free some space)";
  return {Reason::InternalError, fmt::format("{} {}: {}{}", what, path, std::strerror(number), hint)};
}

}  // namespace

std::string host_name() {
  std::array<char, 256> buffer{};
  if (::gethostname(buffer.data(), buffer.size() - 1) != 0) return "localhost";
  std::string name(buffer.data());
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name.empty() ? "localhost" : name;
}

std::string default_address() {
  // Connecting a datagram socket sends nothing; the kernel only picks the source address.
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  std::string result = "127.0.0.1";
  if (fd < 0) return result;
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(53);
  ::inet_pton(AF_INET, "192.0.2.1", &to.sin_addr);  // RFC 5737: documentation, routed by default.
  sockaddr_in from{};
  socklen_t size = sizeof from;
  if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 &&
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&from), &size) == 0) {
    std::array<char, INET_ADDRSTRLEN> text{};
    if (::inet_ntop(AF_INET, &from.sin_addr, text.data(), text.size()) != nullptr) result = text.data();
  }
  ::close(fd);
  return result;
}

Result<std::string> first_address(std::string_view cidr) {
  const std::size_t slash = cidr.find('/');
  in_addr address{};
  const std::string base(cidr.substr(0, slash));
  int bits = -1;
  if (slash != std::string_view::npos) {
    std::from_chars(cidr.data() + slash + 1, cidr.data() + cidr.size(), bits);
  }
  if (::inet_pton(AF_INET, base.c_str(), &address) != 1 || bits < 8 || bits > 30) {
    return Error(Reason::BadRequest,
                 fmt::format("\"{}\" is no IPv4 range: write one like 10.43.0.0/16", cidr));
  }
  const std::uint32_t mask = ~std::uint32_t{0} << (32U - static_cast<unsigned>(bits));
  address.s_addr = htonl((ntohl(address.s_addr) & mask) + 1);
  std::array<char, INET_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET, &address, text.data(), text.size());
  return std::string(text.data());
}

Result<> make_private_folder(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), end == std::string::npos ? 0700 : 0755) != 0 && errno != EEXIST) {
      return system_error("make folder", part);
    }
    if (end == std::string::npos) return ok();
  }
}

Result<> write_file(const std::string& path, std::string_view contents, std::string_view mode) {
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(mode.data(), mode.data() + mode.size(), bits, 8);
  if (error != std::errc() || end != mode.data() + mode.size() || bits > 0777) {
    return Error(Reason::BadRequest, fmt::format("\"{}\" is no file mode: write one like 0600", mode));
  }
  const std::size_t slash = path.rfind('/');
  if (slash != std::string::npos && slash != 0) {
    const std::string folder = path.substr(0, slash);
    struct stat info{};
    if (::stat(folder.c_str(), &info) != 0) TRY(make_private_folder(folder));
  }
  const std::string temporary = path + ".new";
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return system_error("write", temporary);
  bool good = ::fchmod(fd, bits) == 0;
  while (good && !contents.empty()) {
    const ssize_t count = ::write(fd, contents.data(), contents.size());
    good = count > 0;
    if (good) contents.remove_prefix(static_cast<std::size_t>(count));
  }
  good = good && ::fsync(fd) == 0;
  const Error failure = good ? Error(Reason::Unknown, "") : system_error("write", temporary);
  ::close(fd);
  if (!good) return failure;
  if (::rename(temporary.c_str(), path.c_str()) != 0) return system_error("rename", temporary);
  return ok();
}

}  // namespace knarr::server
