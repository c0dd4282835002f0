// SPDX-License-Identifier: Apache-2.0
#include "net/http/stream_writer.h"

namespace knarr::net {

void StreamWriter::append(std::string_view bytes) {
  if (failure_ || bytes.empty()) return;
  const bool was_idle = pending_.empty();
  pending_ += bytes;
  if (was_idle) work_.wake_one();
}

Task<> StreamWriter::run() {
  while (true) {
    const Result<> woken = co_await work_.wait([this] { return !pending_.empty() || finishing_; });
    if (!woken) {
      fail(woken.error());
      co_return;
    }
    if (pending_.empty()) {
      if (finishing_) co_return;
      continue;
    }
    const std::string bytes = std::exchange(pending_, {});
    in_flight_ = bytes.size();
    Result<> sent = co_await stream_.write(bytes);
    in_flight_ = 0;
    if (!sent) {
      fail(std::move(sent).error());
      co_return;
    }
    drained_.wake_all();
  }
}

void StreamWriter::fail(Error error) {
  failure_.emplace(std::move(error));
  pending_.clear();
  drained_.wake_all();
  if (on_failure_) on_failure_();
}

void StreamWriter::finish() {
  finishing_ = true;
  work_.wake_one();
}

Task<Result<>> StreamWriter::drained(std::size_t below) {
  while (!failure_ && unsent() > below) {
    CO_TRY(co_await drained_.wait([&] { return failure_ || unsent() <= below; }));
  }
  if (failure_) co_return *failure_;
  co_return ok();
}

}  // namespace knarr::net
