// SPDX-License-Identifier: Apache-2.0
// The loop on libuv. Posts of the loop's own thread go to a queue without a lock, drained before
// and after polling; posts of others go to a locked queue and wake the loop through uv_async.
// Timers are an ordered map with one uv_timer for the earliest.
#include "net/loop.h"

#include "base/check.h"

#include <array>
#include <atomic>
#include <csignal>
#include <deque>
#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <uv.h>

namespace knarr::net {
namespace {

using namespace std::chrono_literals;

// So many functions run before the loop polls again: a busy queue must not starve the sockets.
constexpr int kTurn = 512;
constexpr std::size_t kScratchBytes = std::size_t{64} << 10;

thread_local const Loop* running_loop = nullptr;

}  // namespace

struct Loop::State {
  using TimerKey = std::pair<SteadyTime, TimerId>;

  explicit State(Loop* owner) : loop(owner) {
    CHECK(uv_loop_init(&uv) == 0);
    uv.data = this;
    CHECK(uv_async_init(&uv, &wake, [](uv_async_t* handle) { of(handle)->take_foreign(); }) == 0);
    CHECK(uv_prepare_init(&uv, &before_poll) == 0);
    CHECK(uv_check_init(&uv, &after_poll) == 0);
    CHECK(uv_idle_init(&uv, &busy) == 0);
    CHECK(uv_timer_init(&uv, &timer) == 0);
    uv_prepare_start(&before_poll, [](uv_prepare_t* handle) { of(handle)->run_turn(); });
    uv_check_start(&after_poll, [](uv_check_t* handle) { of(handle)->run_turn(); });
  }

  template <typename Handle>
  static State* of(Handle* handle) {
    return static_cast<State*>(handle->loop->data);
  }

  void take_foreign() {
    std::deque<UniqueFunction<void()>> arrived;
    {
      std::lock_guard lock(mutex);
      arrived.swap(foreign);
    }
    for (UniqueFunction<void()>& function : arrived) own.push_back(std::move(function));
    if (stopping.load()) uv_stop(&uv);
  }

  void run_turn() {
    for (int i = 0; i < kTurn && !own.empty() && !stopping.load(std::memory_order_relaxed); ++i) {
      UniqueFunction<void()> function = std::move(own.front());
      own.pop_front();
      function();
    }
    if (stopping.load(std::memory_order_relaxed)) uv_stop(&uv);
    // An active idle handle keeps the poll from blocking.
    const bool more = !own.empty();
    if (more != is_busy) {
      is_busy = more;
      if (more) {
        uv_idle_start(&busy, [](uv_idle_t*) {});
      } else {
        uv_idle_stop(&busy);
      }
    }
  }

  void add_timer(TimerId id, SteadyTime due, UniqueFunction<void()> fire) {
    timers.emplace(TimerKey(due, id), std::move(fire));
    due_of.emplace(id, due);
    if (timers.begin()->first.second == id) arm_timer();
  }

  void drop_timer(TimerId id) {
    const auto found = due_of.find(id);
    if (found == due_of.end()) return;
    const auto timer_at = timers.find(TimerKey(found->second, id));
    const UniqueFunction<void()> dropped = std::move(timer_at->second);  // Ends last.
    timers.erase(timer_at);
    due_of.erase(found);
  }

  void arm_timer() {
    if (timers.empty()) {
      uv_timer_stop(&timer);
      return;
    }
    const auto left = timers.begin()->first.first - loop->steady_now();
    const auto millis = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    uv_update_time(&uv);
    uv_timer_start(
        &timer, [](uv_timer_t* handle) { of(handle)->fire_timers(); },
        millis > 0 ? static_cast<std::uint64_t>(millis) : 0, 0);
  }

  void fire_timers() {
    const SteadyTime now = loop->steady_now();
    while (!timers.empty() && timers.begin()->first.first <= now) {
      const auto first = timers.begin();
      UniqueFunction<void()> fire = std::move(first->second);
      due_of.erase(first->first.second);
      timers.erase(first);
      fire();
    }
    arm_timer();
  }

  void close_handles() {
    uv_close(reinterpret_cast<uv_handle_t*>(&wake), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&before_poll), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&after_poll), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&busy), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&timer), nullptr);
  }

  Loop* loop;
  uv_loop_t uv;
  uv_async_t wake;
  uv_prepare_t before_poll;
  uv_check_t after_poll;
  uv_idle_t busy;
  uv_timer_t timer;
  bool is_busy = false;

  std::deque<UniqueFunction<void()>> own;
  std::map<TimerKey, UniqueFunction<void()>> timers;
  std::unordered_map<TimerId, SteadyTime> due_of;
  std::atomic<TimerId> last_timer = 0;
  std::atomic<bool> stopping = false;

  std::mutex mutex;
  std::deque<UniqueFunction<void()>> foreign;
};

Loop::Loop() : state_(std::make_unique<State>(this)) {
  std::signal(SIGPIPE, SIG_IGN);
}

Loop::~Loop() {
  CHECK(running_loop != this);
  running_loop = this;
  state_->stopping.store(false);
  state_->take_foreign();
  while (!state_->own.empty()) {
    UniqueFunction<void()> function = std::move(state_->own.front());
    state_->own.pop_front();
    function();
    state_->take_foreign();
  }
  state_->close_handles();
  uv_run(&state_->uv, UV_RUN_NOWAIT);  // Closing takes one turn.
  running_loop = nullptr;
  CHECK(uv_loop_close(&state_->uv) == 0);  // Something that lives on the loop was not closed.
}

void Loop::run() {
  CHECK(running_loop == nullptr);
  running_loop = this;
  if (!state_->stopping.load()) uv_run(&state_->uv, UV_RUN_DEFAULT);
  state_->stopping.store(false);
  running_loop = nullptr;
}

void Loop::stop() {
  state_->stopping.store(true);
  if (!is_current()) uv_async_send(&state_->wake);
}

void Loop::post(UniqueFunction<void()> function) {
  if (is_current()) {
    state_->own.push_back(std::move(function));
    return;
  }
  bool first = false;
  {
    std::lock_guard lock(state_->mutex);
    first = state_->foreign.empty();
    state_->foreign.push_back(std::move(function));
  }
  if (first) uv_async_send(&state_->wake);
}

bool Loop::is_current() const {
  return running_loop == this;
}

SystemTime Loop::system_now() const {
  return std::chrono::system_clock::now();
}

SteadyTime Loop::steady_now() const {
  return std::chrono::steady_clock::now();
}

TimerId Loop::start_timer(std::chrono::nanoseconds delay, UniqueFunction<void()> fire) {
  const TimerId id = ++state_->last_timer;
  const SteadyTime now = steady_now();
  const SteadyTime due =
      delay > SteadyTime::max() - now ? SteadyTime::max() : now + std::max(delay, 0ns);
  if (is_current()) {
    state_->add_timer(id, due, std::move(fire));
  } else {
    post([state = state_.get(), id, due, fire = std::move(fire)]() mutable {
      state->add_timer(id, due, std::move(fire));
    });
  }
  return id;
}

void Loop::cancel_timer(TimerId id) {
  if (is_current()) {
    state_->drop_timer(id);
  } else {
    post([state = state_.get(), id] { state->drop_timer(id); });
  }
}

uv_loop_s* Loop::native() const {
  return &state_->uv;
}

std::span<char> scratch_buffer() {
  thread_local const auto buffer = std::make_unique<std::array<char, kScratchBytes>>();
  return *buffer;
}

}  // namespace knarr::net
