// SPDX-License-Identifier: Apache-2.0
// Sleeping and deadlines on top of a clock's timers.
#include "base/clock.h"

#include "base/completion.h"

#include <fmt/core.h>

namespace knarr {

Task<Result<>> Clock::sleep(std::chrono::nanoseconds duration) {
  const Completion<> done;
  const TimerId timer = start_timer(duration, [done] { done.set(); });
  Result<> result = co_await done.wait();
  if (!result) cancel_timer(timer);
  co_return result;
}

Task<Result<>> Clock::sleep_until(SteadyTime time) {
  return sleep(time - steady_now());
}

namespace detail {

Deadline::Deadline(Clock& clock, std::chrono::nanoseconds duration, const CancelToken& parent)
    : clock_(clock), state_(std::make_shared<State>(parent)) {
  timer_ = clock.start_timer(duration, [state = state_] {
    state->passed.store(true);
    state->source.cancel();
  });
}

Deadline::~Deadline() {
  clock_.cancel_timer(timer_);
}

Error deadline_error(std::chrono::nanoseconds duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  return {Reason::Timeout, fmt::format("no answer within {} s", seconds)};
}

}  // namespace detail
}  // namespace knarr
