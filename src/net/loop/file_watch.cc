// SPDX-License-Identifier: Apache-2.0
// inotify(7) read through an FdWatcher.
#include "net/file_watch.h"

#include "net/loop/fd_watcher.h"

#include <cerrno>
#include <cstring>

#include <fmt/core.h>
#include <sys/inotify.h>

namespace knarr::net {
namespace {

constexpr std::uint32_t kEvents = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM |
                                  IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

class InotifyWatch final : public FileWatch {
 public:
  InotifyWatch(Loop& loop, UniqueFd fd) : watcher_(loop, std::move(fd)) {}

  Task<Result<std::vector<FileEvent>>> next() override {
    while (true) {
      const std::span<char> buffer = scratch_buffer();
      const ssize_t got = ::read(watcher_.fd(), buffer.data(), buffer.size());
      if (got > 0) {
        std::vector<FileEvent> events = parse({buffer.data(), static_cast<std::size_t>(got)});
        if (!events.empty()) co_return events;
      } else if (errno == EAGAIN) {
        CO_TRY(co_await watcher_.readable());
      } else if (errno != EINTR) {
        co_return Error(Reason::InternalError, fmt::format("inotify: errno {}", errno));
      }
    }
  }

 private:
  static std::vector<FileEvent> parse(std::string_view bytes) {
    std::vector<FileEvent> events;
    while (bytes.size() >= sizeof(inotify_event)) {
      inotify_event head{};
      std::memcpy(&head, bytes.data(), sizeof head);
      const char* name = bytes.data() + sizeof head;
      using Kind = FileEvent::Kind;
      if ((head.mask & IN_Q_OVERFLOW) != 0) {
        events.push_back({Kind::Overflow, ""});
      } else if ((head.mask & (IN_DELETE_SELF | IN_MOVE_SELF)) != 0) {
        events.push_back({Kind::Gone, ""});
      } else if (head.len > 0) {
        const bool removed = (head.mask & (IN_DELETE | IN_MOVED_FROM)) != 0;
        events.push_back(
            {removed ? Kind::Removed : Kind::Written, std::string(name, strnlen(name, head.len))});
      }
      bytes.remove_prefix(sizeof head + head.len);
    }
    return events;
  }

  FdWatcher watcher_;
};

}  // namespace

Result<std::unique_ptr<FileWatch>> FileWatch::create(Loop& loop, const std::string& folder) {
  UniqueFd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd.is_open()) return Error(Reason::InternalError, fmt::format("inotify: errno {}", errno));
  if (::inotify_add_watch(fd.get(), folder.c_str(), kEvents) < 0) {
    const Reason reason =
        errno == ENOENT || errno == ENOTDIR ? Reason::NotFound : Reason::InternalError;
    return Error(reason, fmt::format("watch {}: errno {}", folder, errno));
  }
  return std::make_unique<InotifyWatch>(loop, std::move(fd));
}

}  // namespace knarr::net
