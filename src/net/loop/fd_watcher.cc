// SPDX-License-Identifier: Apache-2.0
// FdWatcher on uv_poll. Interest is kept between waits, since changing it costs two epoll_ctl; it
// is dropped when an event finds nobody waiting.
#include "net/loop/fd_watcher.h"

#include <utility>

#include <uv.h>

namespace knarr::net {

struct FdWatcher::Handle {
  uv_poll_t poll{};
  FdWatcher* watcher = nullptr;
};

FdWatcher::FdWatcher(Loop& loop, UniqueFd fd) : loop_(loop), fd_(std::move(fd)) {}

FdWatcher::~FdWatcher() {
  close();
}

void FdWatcher::want(int events) {
  if (closed_ || (interest_ & events) == events) return;
  apply(interest_ | events);
}

void FdWatcher::apply(int events) {
  CHECK(loop_.is_current());
  if (handle_ == nullptr) {
    handle_ = std::make_unique<Handle>();
    handle_->watcher = this;
    handle_->poll.data = handle_.get();
    CHECK(uv_poll_init(loop_.native(), &handle_->poll, fd_.get()) == 0);
  }
  interest_ = events;
  if (events == 0) {
    uv_poll_stop(&handle_->poll);
    return;
  }
  uv_poll_start(&handle_->poll, events, [](uv_poll_t* poll, int status, int happened) {
    static_cast<Handle*>(poll->data)->watcher->happened(status, happened);
  });
}

void FdWatcher::happened(int status, int events) {
  if (status < 0) {  // libuv has stopped polling; the next read or write tells what is wrong.
    interest_ = 0;
    readers_.wake_all();
    writers_.wake_all();
    return;
  }
  int idle = 0;
  if ((events & kReadable) != 0 && !readers_.wake_all()) idle |= kReadable;
  if ((events & kWritable) != 0) {
    writers_.wake_all();
    idle |= kWritable;  // Sockets are writable nearly always: never left armed.
  }
  if (idle != 0) apply(interest_ & ~idle);
}

void FdWatcher::close() {
  if (closed_) return;
  closed_ = true;
  interest_ = 0;
  if (handle_ != nullptr) {
    // The descriptor closes after libuv let go of it.
    auto finish = [handle = handle_.release(), fd = std::move(fd_)]() mutable {
      handle->watcher = nullptr;
      uv_close(reinterpret_cast<uv_handle_t*>(&handle->poll),
               [](uv_handle_t* closed) { delete static_cast<Handle*>(closed->data); });
      fd.reset();
    };
    if (loop_.is_current()) {
      finish();
    } else {
      loop_.post(std::move(finish));
    }
  }
  fd_.reset();
  readers_.wake_all();
  writers_.wake_all();
}

}  // namespace knarr::net
