// SPDX-License-Identifier: Apache-2.0
// The root coroutine of a spawned task and the accounts of its group.
#include "base/task_group.h"

#include <utility>

namespace knarr {

// Ends by destroying its own frame, captures included, and only then tells the group: whoever waits
// for the group may end everything those captures refer to.
struct TaskGroup::Root {
  struct promise_type : detail::PromiseBase {
    struct End {
      bool await_ready() noexcept { return false; }
      void await_suspend(std::coroutine_handle<promise_type> self) noexcept {
        TaskGroup* group = self.promise().group;
        const std::uint64_t id = self.promise().id;
        self.destroy();
        group->ended(id);
      }
      void await_resume() noexcept {}
    };

    Root get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    End final_suspend() noexcept { return {}; }
    void return_void() {}

    TaskGroup* group = nullptr;
    std::uint64_t id = 0;
  };

  std::coroutine_handle<promise_type> handle;
};

TaskGroup::Root TaskGroup::run_root(UniqueFunction<Task<>()> make) {
  co_await make();
}

TaskGroup::TaskGroup(Executor& executor, const CancelToken& parent)
    : executor_(executor), cancel_(parent), token_(cancel_.token()) {}

TaskGroup::~TaskGroup() {
  CHECK(running_.empty());
}

bool TaskGroup::spawn(std::string name, UniqueFunction<Task<>()> make) {
  std::uint64_t id = 0;
  {
    std::lock_guard lock(idle_.mutex());
    if (closed_) return false;
    id = next_id_++;
    running_.emplace(id, std::move(name));
  }
  Root root = run_root(std::move(make));
  root.handle.promise().group = this;
  root.handle.promise().id = id;
  root.handle.promise().set_context(&executor_, &token_);
  executor_.post([handle = root.handle] { handle.resume(); });
  return true;
}

void TaskGroup::ended(std::uint64_t id) {
  WaitQueue::Waiter* woken = nullptr;
  {
    std::lock_guard lock(idle_.mutex());
    running_.erase(id);
    if (running_.empty()) woken = idle_.take_all();
  }
  WaitQueue::resume(woken);  // `this` may be gone from here on.
}

void TaskGroup::close() {
  std::lock_guard lock(idle_.mutex());
  closed_ = true;
}

Task<> TaskGroup::stop() {
  close();
  cancel_.cancel();
  co_await join();
}

Task<> TaskGroup::join() {
  close();
  (void)co_await idle_.wait_uncancelled([this] { return running_.empty(); });
}

std::size_t TaskGroup::size() const {
  std::lock_guard lock(idle_.mutex());
  return running_.size();
}

std::vector<std::string> TaskGroup::names() const {
  std::lock_guard lock(idle_.mutex());
  std::vector<std::string> names;
  names.reserve(running_.size());
  for (const auto& [id, name] : running_) names.push_back(name);
  return names;
}

}  // namespace knarr
