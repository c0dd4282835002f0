// SPDX-License-Identifier: Apache-2.0
// Gathers what is to be sent and sends it as soon as the current turn of the loop is over: a head
// and a small body leave together, an event of a watch leaves at once. Used on the loop's thread.
#pragma once

#include "base/wait_queue.h"
#include "net/stream.h"

namespace knarr::net {

class StreamWriter {
 public:
  explicit StreamWriter(Stream& stream) : stream_(stream) {}

  /// Dropped after a failure.
  void append(std::string_view bytes);
  /// Sends until finish() was called and all is sent, or until sending fails.
  Task<> run();
  void finish();
  /// Waits until no more than `below` bytes are unsent. Errors: what sending failed with;
  /// Cancelled.
  Task<Result<>> drained(std::size_t below);
  [[nodiscard]] std::size_t unsent() const { return pending_.size() + in_flight_; }
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
  /// Called once when sending fails.
  void on_failure(UniqueFunction<void()> callback) { on_failure_ = std::move(callback); }

 private:
  void fail(Error error);

  Stream& stream_;
  std::string pending_;
  std::size_t in_flight_ = 0;
  bool finishing_ = false;
  std::optional<Error> failure_;
  UniqueFunction<void()> on_failure_;
  WaitQueue work_;
  WaitQueue drained_;
};

}  // namespace knarr::net
