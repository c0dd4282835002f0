// SPDX-License-Identifier: Apache-2.0
// Task<T>: a lazy coroutine. It starts when awaited, inherits the executor and the cancel token of
// whoever awaits it, and hands over control by symmetric transfer. Roots are started by TaskGroup
// (task_group.h) and run_sync (run_sync.h) alone.
//
// Contract: after each co_await a coroutine is on its own executor. A task that moved to another
// one with switch_to() ends there, and its parent goes on where the parent was.
#pragma once

#include "base/cancel.h"
#include "base/check.h"
#include "base/executor.h"

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace knarr {

/// Where a task runs and who may cancel it.
struct TaskContext {
  Executor* executor = nullptr;
  CancelToken cancel;
};

template <typename T = void>
class Task;

namespace detail {

[[noreturn]] void fail_on_exception();

// What all our promises share. The token is a pointer to the root's (or shield's) copy, which
// outlives every task below it: awaiting costs no reference count.
class PromiseBase {
 public:
  PromiseBase() = default;
  PromiseBase(const PromiseBase&) = delete;
  PromiseBase& operator=(const PromiseBase&) = delete;

  [[nodiscard]] Executor* executor() const { return executor_; }
  [[nodiscard]] const CancelToken& cancel() const { return *cancel_; }
  void set_executor(Executor* executor) { executor_ = executor; }
  void set_context(Executor* executor, const CancelToken* cancel) {
    executor_ = executor;
    cancel_ = cancel;
  }

  void inherit(const PromiseBase& parent, std::coroutine_handle<> continuation) {
    executor_ = parent.executor_;
    continuation_executor_ = parent.executor_;
    cancel_ = parent.cancel_;
    continuation_ = continuation;
  }
  void override_cancel(const CancelToken* cancel) { cancel_override_ = cancel; }
  void apply_override() {
    if (cancel_override_ != nullptr) cancel_ = cancel_override_;
  }

  // Control passes to the parent: at once if it lives on the same executor, else by a post, after
  // which this frame may be gone.
  std::coroutine_handle<> leave() {
    const std::coroutine_handle<> parent = continuation_;
    if (executor_ == continuation_executor_) return parent;
    continuation_executor_->post([parent] { parent.resume(); });
    return std::noop_coroutine();
  }

  std::suspend_always initial_suspend() noexcept { return {}; }
  [[noreturn]] void unhandled_exception() { fail_on_exception(); }

 private:
  Executor* executor_ = nullptr;
  Executor* continuation_executor_ = nullptr;
  const CancelToken* cancel_ = nullptr;
  const CancelToken* cancel_override_ = nullptr;
  std::coroutine_handle<> continuation_;
};

template <typename Promise>
concept TaskPromise = std::derived_from<Promise, PromiseBase>;

struct FinalAwaiter {
  bool await_ready() noexcept { return false; }
  template <TaskPromise Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) noexcept {
    return self.promise().leave();
  }
  void await_resume() noexcept {}
};

template <typename T>
class Promise : public PromiseBase {
 public:
  Task<T> get_return_object();
  FinalAwaiter final_suspend() noexcept { return {}; }
  template <typename U = T>
    requires std::constructible_from<T, U&&>
  void return_value(U&& value) {
    value_.emplace(std::forward<U>(value));
  }
  T take() { return std::move(*value_); }

 private:
  std::optional<T> value_;
};

template <>
class Promise<void> : public PromiseBase {
 public:
  Task<void> get_return_object();
  FinalAwaiter final_suspend() noexcept { return {}; }
  void return_void() {}
  void take() {}
};

}  // namespace detail

template <typename T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using value_type = T;

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  /// Runs the task; awaited once, as an rvalue, by another task.
  auto operator co_await() && {
    CHECK(static_cast<bool>(handle_));  // Not `!= nullptr`: expected's operator== joins in by ADL.
    return Awaiter(std::move(*this));
  }

  // For base/ alone: the token that the task sees instead of its parent's; must outlive the task.
  void override_cancel(const CancelToken* cancel) { handle_.promise().override_cancel(cancel); }

 private:
  friend promise_type;

  class Awaiter {
   public:
    explicit Awaiter(Task task) : task_(std::move(task)) {}
    bool await_ready() const noexcept { return false; }
    template <detail::TaskPromise Parent>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Parent> parent) noexcept {
      promise_type& promise = task_.handle_.promise();
      promise.inherit(parent.promise(), parent);
      promise.apply_override();
      return task_.handle_;
    }
    T await_resume() { return task_.handle_.promise().take(); }

   private:
    Task task_;
  };

  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}

  std::coroutine_handle<promise_type> handle_;
};

template <typename T>
Task<T> detail::Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> detail::Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

namespace detail {

struct ContextAwaiter {
  TaskContext context;
  bool await_ready() const noexcept { return false; }
  template <TaskPromise Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
    context = {self.promise().executor(), self.promise().cancel()};
    return false;
  }
  TaskContext await_resume() noexcept { return std::move(context); }
};

struct YieldAwaiter {
  bool await_ready() const noexcept { return false; }
  template <TaskPromise Promise>
  void await_suspend(std::coroutine_handle<Promise> self) {
    self.promise().executor()->post([self] { self.resume(); });
  }
  void await_resume() noexcept {}
};

struct SwitchAwaiter {
  Executor* target;
  bool await_ready() const noexcept { return false; }
  template <TaskPromise Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) {
    if (self.promise().executor() == target) return false;
    self.promise().set_executor(target);
    target->post([self] { self.resume(); });  // May run, and end this frame, before post returns.
    return true;
  }
  void await_resume() noexcept {}
};

}  // namespace detail

/// `co_await current_context()`: the executor and the token of the awaiting task.
[[nodiscard]] inline detail::ContextAwaiter current_context() {
  return {};
}

/// `co_await yield()`: lets others on this executor run first.
[[nodiscard]] inline detail::YieldAwaiter yield() {
  return {};
}

/// `co_await switch_to(executor)`: the rest of this task runs there. The parent is not moved.
[[nodiscard]] inline detail::SwitchAwaiter switch_to(Executor& executor) {
  return {&executor};
}

/// Runs `task` with `token` in place of the caller's. Link a CancelSource to the caller's token
/// (current_context) to be cancelled by both.
template <typename T>
Task<T> with_token(CancelToken token, Task<T> task) {
  task.override_cancel(&token);
  co_return co_await std::move(task);
}

/// Runs `task` unaware of the caller's cancellation: for cleanup that must finish. Bound it with a
/// deadline where the other side is not ours.
template <typename T>
Task<T> shielded(Task<T> task) {
  return with_token(CancelToken(), std::move(task));
}

namespace detail {

class Join;

// One of the concurrent tasks: a coroutine that ends by counting down its Join.
class Branch {
 public:
  class promise_type : public PromiseBase {
   public:
    Branch get_return_object() {
      return Branch(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    auto final_suspend() noexcept { return End(); }
    void return_void() {}

   private:
    friend class Join;
    struct End {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> self) noexcept;
      void await_resume() noexcept {}
    };
    Join* join_ = nullptr;
  };

  Branch(Branch&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Branch(const Branch&) = delete;
  Branch& operator=(const Branch&) = delete;
  Branch& operator=(Branch&&) = delete;
  ~Branch() {
    if (handle_) handle_.destroy();
  }

 private:
  friend class Join;
  explicit Branch(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

// Awaited by all(): starts the branches, resumes the parent after the last. All on one executor.
class Join {
 public:
  void add(Branch branch) { branches_.push_back(std::move(branch)); }

  bool await_ready() const noexcept { return branches_.empty(); }
  template <TaskPromise Parent>
  bool await_suspend(std::coroutine_handle<Parent> parent) {
    pending_ = branches_.size() + 1;  // One for this loop: a branch may end before the next starts.
    parent_ = parent;
    for (Branch& branch : branches_) {
      Branch::promise_type& promise = branch.handle_.promise();
      promise.set_context(parent.promise().executor(), &parent.promise().cancel());
      promise.join_ = this;
      branch.handle_.resume();
    }
    return --pending_ != 0;
  }
  void await_resume() noexcept {}

  std::coroutine_handle<> branch_ended() {
    return --pending_ == 0 ? parent_ : std::noop_coroutine();
  }

 private:
  std::vector<Branch> branches_;
  std::size_t pending_ = 0;
  std::coroutine_handle<> parent_;
};

inline std::coroutine_handle<> Branch::promise_type::End::await_suspend(
    std::coroutine_handle<promise_type> self) noexcept {
  return self.promise().join_->branch_ended();
}

template <typename T>
Branch run_branch(Task<T> task, std::optional<T>* slot) {
  slot->emplace(co_await std::move(task));
}
inline Branch run_branch(Task<> task, std::optional<std::monostate>* slot) {
  co_await std::move(task);
  slot->emplace();
}

template <typename T>
using AllValue = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

}  // namespace detail

/// Runs the tasks concurrently, on the caller's executor; gives their values in order (monostate
/// for Task<>). Cancellation reaches each of them; waits for all in any case.
template <typename... Ts>
Task<std::tuple<detail::AllValue<Ts>...>> all(Task<Ts>... tasks) {
  std::tuple<std::optional<detail::AllValue<Ts>>...> slots;
  detail::Join join;
  std::apply([&](auto&... slot) { (join.add(detail::run_branch(std::move(tasks), &slot)), ...); },
             slots);
  co_await join;
  co_return std::apply(
      [](auto&... slot) { return std::tuple<detail::AllValue<Ts>...>(std::move(*slot)...); },
      slots);
}

/// The same for any number of tasks of one type.
template <typename T>
Task<std::vector<T>> all(std::vector<Task<T>> tasks) {
  std::vector<std::optional<T>> slots(tasks.size());
  detail::Join join;
  for (std::size_t i = 0; i < tasks.size(); ++i)
    join.add(detail::run_branch(std::move(tasks[i]), &slots[i]));
  co_await join;
  std::vector<T> values;
  values.reserve(slots.size());
  for (std::optional<T>& slot : slots) values.push_back(std::move(*slot));
  co_return values;
}
inline Task<> all(std::vector<Task<>> tasks) {
  std::vector<std::optional<std::monostate>> slots(tasks.size());
  detail::Join join;
  for (std::size_t i = 0; i < tasks.size(); ++i)
    join.add(detail::run_branch(std::move(tasks[i]), &slots[i]));
  co_await join;
}

}  // namespace knarr
