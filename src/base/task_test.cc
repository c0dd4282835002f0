// SPDX-License-Identifier: Apache-2.0
#include "base/task.h"

#include "base/clock.h"
#include "base/completion.h"
#include "base/event.h"
#include "base/run_sync.h"
#include "base/task_group.h"
#include "base/testing/sim_clock.h"

#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace knarr {
namespace {

using namespace std::chrono_literals;

Task<int> give(int value) {
  co_return value;
}

Task<Result<int>> fail() {
  co_return Error(Reason::NotFound, "no such thing");
}

Task<Result<int>> pass_on() {
  const int value = CO_TRY(co_await fail());
  co_return value + 1;
}

Task<int> sum(int n) {
  int total = 0;
  for (int i = 0; i < n; ++i) total += co_await give(1);
  co_return total;
}

Task<std::unique_ptr<int>> move_only() {
  co_return std::make_unique<int>(7);
}

TEST(Task, GivesItsValueAndPassesErrors) {
  ManualExecutor loop;
  EXPECT_EQ(run_sync(loop, give(3)), 3);
  EXPECT_EQ(*run_sync(loop, move_only()), 7);
  const Result<int> result = run_sync(loop, pass_on());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(), "no such thing");
}

TEST(Task, DoesNotGrowTheStackOverAMillionSynchronousAwaits) {
  ManualExecutor loop;
  EXPECT_EQ(run_sync(loop, sum(1'000'000)), 1'000'000);
}

TEST(Task, IsLazyAndMayBeDroppedUnstarted) {
  bool started = false;
  {
    auto run = [](bool* flag) -> Task<> {
      *flag = true;
      co_return;
    };
    Task<> task = run(&started);
    Task<> moved = std::move(task);
  }
  EXPECT_FALSE(started);
}

Task<> hop(Executor* other, std::vector<std::string>* trace) {
  trace->push_back(other->is_current() ? "child on other" : "child at home");
  co_await switch_to(*other);
  trace->push_back(other->is_current() ? "child on other" : "child at home");
}

Task<> hopping_parent(Executor* home, Executor* other, std::vector<std::string>* trace) {
  co_await hop(other, trace);
  trace->push_back(home->is_current() ? "parent at home" : "parent elsewhere");
}

TEST(Task, ParentResumesOnItsOwnExecutorWhenTheChildMoved) {
  ManualExecutor home;
  ManualExecutor away;
  std::jthread runner([&] { away.run(); });
  std::vector<std::string> trace;
  run_sync(home, hopping_parent(&home, &away, &trace));
  away.stop();
  EXPECT_EQ(trace, (std::vector<std::string>{"child at home", "child on other", "parent at home"}));
}

Task<> trace_yield(std::vector<int>* trace, int id) {
  trace->push_back(id);
  co_await yield();
  trace->push_back(id + 10);
}

TEST(Task, YieldLetsOthersRun) {
  ManualExecutor loop;
  std::vector<int> trace;
  run_sync(loop, [](std::vector<int>* t) -> Task<> {
    co_await all(trace_yield(t, 1), trace_yield(t, 2));
  }(&trace));
  EXPECT_EQ(trace, (std::vector{1, 2, 11, 12}));
}

Task<Result<>> wait_for(Event* event) {
  co_return co_await event->wait();
}

TEST(All, WaitsForEveryTaskAndKeepsOrder) {
  ManualExecutor loop;
  const auto [a, b, c] = run_sync(loop, all(give(1), move_only(), fail()));
  EXPECT_EQ(a, 1);
  EXPECT_EQ(*b, 7);
  EXPECT_FALSE(c);

  std::vector<Task<int>> tasks;
  for (int i = 0; i < 100; ++i) tasks.push_back(sum(i));
  const std::vector<int> values = run_sync(loop, all(std::move(tasks)));
  ASSERT_EQ(values.size(), 100U);
  EXPECT_EQ(values[42], 42);
  EXPECT_TRUE(run_sync(loop, all(std::vector<Task<int>>())).empty());
}

TEST(All, CancellationReachesEveryBranch) {
  ManualExecutor loop;
  Event never;
  CancelSource source;
  loop.post([&] { source.cancel(); });
  const auto [a, b] = run_sync(loop, all(wait_for(&never), wait_for(&never)), source.token());
  EXPECT_TRUE(a.error().is(Reason::Cancelled));
  EXPECT_TRUE(b.error().is(Reason::Cancelled));
}

Task<bool> sees_cancellation() {
  co_return (co_await current_context()).cancel.is_cancelled();
}

TEST(Shielded, HidesTheCancellationOfTheParent) {
  ManualExecutor loop;
  CancelSource source;
  source.cancel();
  EXPECT_TRUE(run_sync(loop, sees_cancellation(), source.token()));
  EXPECT_FALSE(run_sync(loop, shielded(sees_cancellation()), source.token()));
}

Task<Result<int>> sleep_then(Clock* clock, std::chrono::seconds time, int value) {
  CO_TRY(co_await clock->sleep(time));
  co_return value;
}

struct DeadlineCase {
  std::chrono::seconds work;
  std::chrono::seconds deadline;
  bool cancelled;
  std::string expected;
};

TEST(WithDeadline, GivesTheResultOrTimeoutOrCancelled) {
  for (const DeadlineCase& c :
       {DeadlineCase{1s, 2s, false, "5"}, DeadlineCase{2s, 1s, false, "Timeout"},
        DeadlineCase{2s, 1s, true, "Cancelled"}}) {
    ManualExecutor loop;
    SimClock clock(&loop);
    CancelSource source;
    std::optional<Result<int>> result;
    TaskGroup group(loop, source.token());
    group.spawn("test", [&] {
      return [](SimClock* k, DeadlineCase d, std::optional<Result<int>>* out) -> Task<> {
        out->emplace(co_await with_deadline(*k, d.deadline, sleep_then(k, d.work, 5)));
      }(&clock, c, &result);
    });
    loop.run_until_idle();
    if (c.cancelled) source.cancel();
    clock.advance(3s);
    ASSERT_TRUE(result);
    const std::string got =
        *result ? std::to_string(**result) : std::string(to_string(result->error().reason()));
    EXPECT_EQ(got, c.expected);
    EXPECT_EQ(clock.pending_timers(), 0U);
  }
}

TEST(Clock, SleepsInOrderOfDeadlines) {
  ManualExecutor loop;
  SimClock clock(&loop);
  std::vector<int> woken;
  TaskGroup group(loop);
  for (const int seconds : {3, 1, 2}) {
    group.spawn("sleeper", [&clock, &woken, seconds] {
      return [](SimClock* k, std::vector<int>* w, int s) -> Task<> {
        (void)co_await k->sleep(std::chrono::seconds(s));
        w->push_back(s);
      }(&clock, &woken, seconds);
    });
  }
  clock.advance(2s);
  EXPECT_EQ(woken, (std::vector{1, 2}));
  clock.advance(1s);
  EXPECT_EQ(woken, (std::vector{1, 2, 3}));
}

TEST(TaskGroup, StopCancelsAndJoinsAndRefusesNewTasks) {
  ManualExecutor loop;
  Event never;
  int ended = 0;
  TaskGroup group(loop);
  auto captured = std::make_shared<int>(1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(group.spawn("waiter", [&, captured] {
      return [](Event* event, int* count) -> Task<> {
        const Result<> result = co_await event->wait();
        EXPECT_TRUE(result.error().is(Reason::Cancelled));
        ++*count;
      }(&never, &ended);
    }));
  }
  loop.run_until_idle();
  EXPECT_EQ(group.size(), 3U);
  EXPECT_EQ(group.names().front(), "waiter");
  run_sync(loop, group.stop());
  EXPECT_EQ(ended, 3);
  EXPECT_EQ(group.size(), 0U);
  EXPECT_EQ(captured.use_count(), 1);  // Captures have ended before stop() returned.
  EXPECT_FALSE(group.spawn("late", [] { return []() -> Task<> { co_return; }(); }));
  run_sync(loop, group.stop());
}

TEST(TaskGroupDeathTest, DestroyingLiveTasksIsABug) {
  EXPECT_DEATH(
      {
        ManualExecutor loop;
        TaskGroup group(loop);
        group.spawn("forgotten", [] { return []() -> Task<> { co_return; }(); });
      },
      "running_.empty");
}

}  // namespace
}  // namespace knarr
