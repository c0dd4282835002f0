// SPDX-License-Identifier: Apache-2.0
// Strand's queue and the executor for tests.
#include "base/executor.h"

#include <utility>

namespace knarr {
namespace {

// The executor whose function this thread runs now; restored when nested runs end.
thread_local const void* current_executor = nullptr;

class CurrentScope {
 public:
  explicit CurrentScope(const void* executor)
      : previous_(std::exchange(current_executor, executor)) {}
  CurrentScope(const CurrentScope&) = delete;
  CurrentScope& operator=(const CurrentScope&) = delete;
  ~CurrentScope() { current_executor = previous_; }

 private:
  const void* previous_;
};

}  // namespace

struct Strand::State : std::enable_shared_from_this<Strand::State> {
  explicit State(Executor& executor) : underlying(executor) {}

  void post(UniqueFunction<void()> function) {
    {
      std::lock_guard lock(mutex);
      queue.push_back(std::move(function));
      if (std::exchange(scheduled, true)) return;
    }
    schedule();
  }

  void schedule() {
    underlying.post([self = shared_from_this()] { self->run_batch(); });
  }

  // Runs what is queued now; what arrives meanwhile waits its turn behind others of the underlying
  // executor.
  void run_batch() {
    std::deque<UniqueFunction<void()>> batch;
    {
      std::lock_guard lock(mutex);
      batch.swap(queue);
    }
    {
      CurrentScope scope(this);
      for (UniqueFunction<void()>& function : batch) {
        auto running = std::move(function);  // Its captures end with it, not with the batch.
        running();
      }
    }
    {
      std::lock_guard lock(mutex);
      if (queue.empty()) {
        scheduled = false;
        return;
      }
    }
    schedule();
  }

  Executor& underlying;
  std::mutex mutex;
  std::deque<UniqueFunction<void()>> queue;
  bool scheduled = false;
};

Strand::Strand(Executor& underlying) : state_(std::make_shared<State>(underlying)) {}
Strand::~Strand() = default;

void Strand::post(UniqueFunction<void()> function) {
  state_->post(std::move(function));
}

bool Strand::is_current() const {
  return current_executor == state_.get();
}

ManualExecutor::~ManualExecutor() = default;

void ManualExecutor::post(UniqueFunction<void()> function) {
  std::lock_guard lock(mutex_);
  queue_.push_back(std::move(function));
  posted_.notify_one();
}

bool ManualExecutor::is_current() const {
  return current_executor == this;
}

bool ManualExecutor::run_one() {
  UniqueFunction<void()> function;
  {
    std::lock_guard lock(mutex_);
    if (queue_.empty()) return false;
    function = std::move(queue_.front());
    queue_.pop_front();
  }
  CurrentScope scope(this);
  function();
  return true;
}

std::size_t ManualExecutor::run_until_idle() {
  std::size_t count = 0;
  while (run_one()) ++count;
  return count;
}

void ManualExecutor::run() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      posted_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
      if (stopped_) {
        stopped_ = false;
        return;
      }
    }
    run_one();
  }
}

void ManualExecutor::stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  posted_.notify_one();
}

}  // namespace knarr
