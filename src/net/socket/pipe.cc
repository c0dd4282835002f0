// SPDX-License-Identifier: Apache-2.0
// Two stream ends in memory, on one loop. NodeConnector dials the kubelet of this very process
// through one.
#include "base/wait_queue.h"
#include "net/stream.h"

#include <cstring>

namespace knarr::net {
namespace {

// One direction. All on the loop's thread; the queues' mutexes are there for cancellation.
struct Flow {
  std::string bytes;
  std::size_t taken = 0;  // Read already, from the front.
  bool ended = false;     // The writer will write no more.
  bool broken = false;    // The reader will read no more, or either end was closed.
  WaitQueue readers;
  WaitQueue writers;

  [[nodiscard]] std::size_t size() const { return bytes.size() - taken; }
};

class PipeEnd final : public Stream {
 public:
  PipeEnd(Loop& loop, std::size_t capacity, std::shared_ptr<Flow> in, std::shared_ptr<Flow> out)
      : loop_(loop), capacity_(capacity), in_(std::move(in)), out_(std::move(out)) {}
  ~PipeEnd() override { close(); }

  Result<std::optional<std::size_t>> try_read(std::span<char> buffer) override {
    if (closed_) return closed_error();
    if (in_->size() == 0) {
      if (in_->ended) return std::size_t{0};
      return std::nullopt;
    }
    const std::size_t count = std::min(buffer.size(), in_->size());
    std::memcpy(buffer.data(), in_->bytes.data() + in_->taken, count);
    in_->taken += count;
    if (in_->size() == 0) {
      in_->bytes.clear();
      in_->taken = 0;
    }
    in_->writers.wake_all();
    return count;
  }

  Result<std::size_t> try_write(std::string_view bytes) override {
    if (closed_ || out_->ended) return closed_error();
    if (out_->broken) return Error(Reason::ServiceUnavailable, "write: broken pipe");
    const std::size_t count = std::min(bytes.size(), capacity_ - std::min(capacity_, out_->size()));
    if (count > 0) {
      out_->bytes.append(bytes.substr(0, count));
      out_->readers.wake_all();
    }
    return count;
  }

  Task<Result<>> readable() override {
    co_return co_await in_->readers.wait(
        [this] { return closed_ || in_->ended || in_->size() > 0; });
  }
  Task<Result<>> writable() override {
    co_return co_await out_->writers.wait(
        [this] { return closed_ || out_->broken || out_->ended || out_->size() < capacity_; });
  }

  Task<Result<>> shutdown_write() override {
    if (closed_) co_return closed_error();
    out_->ended = true;
    out_->readers.wake_all();
    co_return ok();
  }

  void close() override {
    if (closed_) return;
    closed_ = true;
    out_->ended = true;
    in_->broken = true;
    for (Flow* flow : {in_.get(), out_.get()}) {
      flow->readers.wake_all();
      flow->writers.wake_all();
    }
  }

  [[nodiscard]] Address local_address() const override { return Address::pipe("local"); }
  [[nodiscard]] Address peer_address() const override { return Address::pipe("local"); }
  [[nodiscard]] Loop& loop() const override { return loop_; }

 private:
  Loop& loop_;
  const std::size_t capacity_;
  std::shared_ptr<Flow> in_;
  std::shared_ptr<Flow> out_;
  bool closed_ = false;
};

}  // namespace

std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> make_pipe(Loop& loop,
                                                                      std::size_t capacity_bytes) {
  CHECK(capacity_bytes > 0);
  auto there = std::make_shared<Flow>();
  auto back = std::make_shared<Flow>();
  return {std::make_unique<PipeEnd>(loop, capacity_bytes, back, there),
          std::make_unique<PipeEnd>(loop, capacity_bytes, there, back)};
}

}  // namespace knarr::net
