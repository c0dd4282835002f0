// SPDX-License-Identifier: Apache-2.0
// Private files: written whole or not at all.
#include "auth/pki.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

namespace knarr::auth {

namespace {

constexpr std::size_t kMaxFileBytes = 4UL << 20;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

Error failed(std::string_view what, const std::string& path) {
  const int code = errno;
  const Reason reason = code == ENOENT ? Reason::NotFound : Reason::InternalError;
  return {reason, fmt::format("{} {}: {}", what, path, std::strerror(code))};
}

Result<> make_directories(const std::string& path) {
  for (std::size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
    const std::string folder = path.substr(0, at);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return failed("make", folder);
  }
  return ok();
}

Result<> write_all(int fd, std::string_view contents, const std::string& path) {
  while (!contents.empty()) {
    const ssize_t written = ::write(fd, contents.data(), contents.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("write", path);
    contents.remove_prefix(static_cast<std::size_t>(written));
  }
  return ok();
}

}  // namespace

Result<> write_private_file(const std::string& path, std::string_view contents) {
  TRY(make_directories(path));
  const std::string temporary = fmt::format("{}.{}.new", path, ::getpid());
  ::unlink(temporary.c_str());  // Left by a crash; O_EXCL keeps us from following a planted link.
  {
    const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return failed("create", temporary);
    TRY(write_all(file.get(), contents, temporary));
    if (::fsync(file.get()) != 0) return failed("sync", temporary);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failed("rename", temporary);
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  const Descriptor directory(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) return failed("sync", folder);
  return ok();
}

Result<std::string> read_private_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return failed("read", path);
  std::string contents;
  char buffer[16384];
  while (true) {
    const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", path);
    if (got == 0) return contents;
    contents.append(buffer, static_cast<std::size_t>(got));
    if (contents.size() > kMaxFileBytes) {
      return Error(Reason::InternalError, fmt::format("read {}: larger than 4 MB", path));
    }
  }
}

}  // namespace knarr::auth
