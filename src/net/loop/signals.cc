// SPDX-License-Identifier: Apache-2.0
// SIGINT and SIGTERM through libuv.
#include "net/signals.h"

#include "base/check.h"
#include "base/completion.h"

#include <csignal>
#include <memory>

#include <uv.h>

namespace knarr::net {

namespace {

struct Watch {
  uv_signal_t interrupt{};
  uv_signal_t terminate{};
  Completion<> seen;
  int open = 2;
};

void on_signal(uv_signal_t* handle, int) {
  static_cast<Watch*>(handle->data)->seen.set();
}

void on_closed(uv_handle_t* handle) {
  auto* watch = static_cast<Watch*>(handle->data);
  if (--watch->open == 0) delete watch;  // NOLINT: libuv owned it until now.
}

}  // namespace

Task<> wait_for_stop_signal(Loop& loop) {
  auto* watch = new Watch;  // NOLINT: freed when libuv has closed both handles.
  for (auto [handle, number] :
       {std::pair{&watch->interrupt, SIGINT}, {&watch->terminate, SIGTERM}}) {
    CHECK(uv_signal_init(loop.native(), handle) == 0);
    handle->data = watch;
    CHECK(uv_signal_start(handle, on_signal, number) == 0);
  }
  (void)co_await watch->seen.wait();
  uv_close(reinterpret_cast<uv_handle_t*>(&watch->interrupt), on_closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&watch->terminate), on_closed);
}

}  // namespace knarr::net
