// SPDX-License-Identifier: Apache-2.0
// FdWatcher: waits until a non-blocking descriptor can be read or written. Try first, wait on
// EAGAIN, try again: a wake-up is a hint. Used on its loop's thread.
#pragma once

#include "base/wait_queue.h"
#include "net/loop.h"
#include "net/loop/unique_fd.h"

#include <memory>

namespace knarr::net {

class FdWatcher {
 public:
  FdWatcher(Loop& loop, UniqueFd fd);
  /// Closes.
  ~FdWatcher();
  FdWatcher(const FdWatcher&) = delete;
  FdWatcher& operator=(const FdWatcher&) = delete;

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] Loop& loop() const { return loop_; }
  [[nodiscard]] bool is_closed() const { return closed_; }

  /// `co_await watcher.readable()` gives ok when readable, in error, or closed; or Cancelled.
  [[nodiscard]] auto readable() {
    want(kReadable);
    return readers_.wait([this] { return closed_; });
  }
  [[nodiscard]] auto writable() {
    want(kWritable);
    return writers_.wait([this] { return closed_; });
  }

  /// Closes the descriptor and wakes who waits.
  void close();

 private:
  struct Handle;
  static constexpr int kReadable = 1;  // UV_READABLE
  static constexpr int kWritable = 2;  // UV_WRITABLE

  void want(int events);
  void apply(int events);
  void happened(int status, int events);

  Loop& loop_;
  UniqueFd fd_;
  std::unique_ptr<Handle> handle_;
  int interest_ = 0;
  bool closed_ = false;
  WaitQueue readers_;
  WaitQueue writers_;
};

}  // namespace knarr::net
