// SPDX-License-Identifier: Apache-2.0
// flock on a file of its own: SQLite's locks belong to a process and say nothing to a second
// connection in it, and a reader (the sqlite3 program) shall still be able to look.
#include "store/sqlite/lock_file.h"

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

namespace knarr::store::sqlite {
namespace {

Error cannot_open(const std::string& path, int code) {
  return {
      Reason::ServiceUnavailable,
      fmt::format(
          "database {}: cannot be opened: {}; the folder must exist, be writable and belong to the "
          "user who runs knarr",
          path, std::generic_category().message(code))};
}

int open_private(const std::string& path) {
  return open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

std::string owner(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t size = pread(descriptor, text.data(), text.size(), 0);
  std::string_view id(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  id = id.substr(0, id.find('\n'));
  return id.empty() ? "another process" : fmt::format("process {}", id);
}

}  // namespace

Result<LockFile> LockFile::take(const std::string& path) {
  const int descriptor = open_private(path + ".lock");
  if (descriptor < 0) return cannot_open(path, errno);
  LockFile lock(descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return cannot_open(path, errno);
    return Error(Reason::ServiceUnavailable,
                 fmt::format("database {}: in use by {}; stop it first", path, owner(descriptor)));
  }
  const std::string id = fmt::format("{}\n", getpid());
  // The id is a courtesy to whoever is refused: a full disk may keep us from writing it.
  if (ftruncate(descriptor, 0) == 0) (void)!pwrite(descriptor, id.data(), id.size(), 0);

  const int database = open_private(path);
  if (database < 0) return cannot_open(path, errno);
  close(database);  // Before SQLite has locks on it: closing would drop them.
  return lock;
}

LockFile::~LockFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace knarr::store::sqlite
