// SPDX-License-Identifier: Apache-2.0
// Everything that waits: completions, events, channels, semaphores, workers. Each is cancelled
// before, during and after it completes, from its own thread and from others.
#include "base/channel.h"
#include "base/completion.h"
#include "base/event.h"
#include "base/run_sync.h"
#include "base/semaphore.h"
#include "base/task_group.h"
#include "base/worker.h"

#include <thread>

#include <gtest/gtest.h>

namespace knarr {
namespace {

TEST(Completion, GivesAValueSetBeforeOrDuringTheWait) {
  ManualExecutor loop;
  const Completion<int> before;
  EXPECT_TRUE(before.set(1));
  EXPECT_FALSE(before.set(2));
  EXPECT_EQ(*run_sync(loop, before.wait()), 1);

  const Completion<int> during;
  loop.post([during] { during.set(3); });
  EXPECT_EQ(*run_sync(loop, during.wait()), 3);

  const Completion<int> failed;
  failed.set(Error(Reason::Gone, "gone"));
  EXPECT_TRUE(run_sync(loop, failed.wait()).error().is(Reason::Gone));
}

TEST(Completion, CancelledBeforeDuringAndAfter) {
  ManualExecutor loop;
  CancelSource cancelled;
  cancelled.cancel();
  EXPECT_TRUE(
      run_sync(loop, Completion<>().wait(), cancelled.token()).error().is(Reason::Cancelled));

  CancelSource later;
  loop.post([&] { later.cancel(); });
  const Completion<int> pending;
  EXPECT_TRUE(run_sync(loop, pending.wait(), later.token()).error().is(Reason::Cancelled));
  EXPECT_TRUE(pending.set(1));  // A late setter does no harm.

  const Completion<int> done;
  done.set(5);
  EXPECT_EQ(*run_sync(loop, done.wait(), cancelled.token()), 5);  // What is there wins.

  const Completion<int> raced;
  CancelSource after;
  loop.post([&] {
    raced.set(6);
    after.cancel();
  });
  EXPECT_EQ(*run_sync(loop, raced.wait(), after.token()), 6);
}

Task<int> race_many(Executor* home, int rounds, Worker* setter, Worker* canceller) {
  int values = 0;
  for (int i = 0; i < rounds; ++i) {
    const Completion<int> completion;
    const auto source = std::make_shared<CancelSource>();
    setter->post([completion] { completion.set(1); });
    canceller->post([source] { source->cancel(); });
    const Result<int> result = co_await with_token(source->token(), completion.wait());
    EXPECT_TRUE(home->is_current());
    if (result) ++values;
  }
  co_return values;
}

TEST(Completion, ResumesExactlyOnceAtHomeWhenOtherThreadsSetAndCancel) {
  ManualExecutor loop;
  Worker setter("setter");
  Worker canceller("canceller");
  const int values = run_sync(loop, race_many(&loop, 5000, &setter, &canceller));
  EXPECT_GE(values, 0);
}

TEST(Event, WakesAllWaitersAndStaysSet) {
  ManualExecutor loop;
  Event event;
  loop.post([&] { event.set(); });
  const auto [a, b] = run_sync(loop, all(event.wait(), event.wait()));
  EXPECT_TRUE(a && b);
  EXPECT_TRUE(run_sync(loop, event.wait()));
  event.reset();
  CancelSource source;
  loop.post([&] { source.cancel(); });
  EXPECT_FALSE(run_sync(loop, event.wait(), source.token()));
}

TEST(Notify, MissesNoChangeBetweenLookingAndWaiting) {
  ManualExecutor loop;
  Notify notify;
  const std::uint64_t seen = notify.generation();
  notify.notify();
  EXPECT_EQ(*run_sync(loop, notify.changed(seen)), seen + 1);
  loop.post([&] { notify.notify(); });
  EXPECT_EQ(*run_sync(loop, notify.changed(seen + 1)), seen + 2);
}

Task<> produce(Channel<int>* channel, int first, int count) {
  for (int i = 0; i < count; ++i) EXPECT_TRUE(co_await channel->send(first + i));
}

Task<std::vector<int>> consume(Channel<int>* channel, int count) {
  std::vector<int> values;
  while (static_cast<int>(values.size()) < count) values.push_back(*MUST(co_await channel->recv()));
  co_return values;
}

TEST(Channel, KeepsOrderAndHoldsSendersBack) {
  ManualExecutor loop;
  Channel<int> channel(2);
  const auto [nothing, values] =
      run_sync(loop, all(produce(&channel, 0, 10), consume(&channel, 10)));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(values[i], i);
  EXPECT_TRUE(channel.try_send(1));
  EXPECT_TRUE(channel.try_send(2));
  EXPECT_FALSE(channel.try_send(3));
  CancelSource source;
  loop.post([&] { source.cancel(); });
  EXPECT_TRUE(run_sync(loop, channel.send(3), source.token()).error().is(Reason::Cancelled));
  channel.close();
  EXPECT_TRUE(run_sync(loop, channel.send(3)).error().is(Reason::Gone));
  EXPECT_EQ(**run_sync(loop, channel.recv()), 1);
  EXPECT_EQ(channel.try_recv(), 2);
  EXPECT_EQ(*run_sync(loop, channel.recv()), std::nullopt);
}

TEST(Channel, CarriesValuesBetweenThreads) {
  ManualExecutor loop;
  ManualExecutor away;
  std::jthread runner([&] { away.run(); });
  Channel<int> channel(3);
  TaskGroup senders(away);
  senders.spawn("a", [&] { return produce(&channel, 0, 1000); });
  senders.spawn("b", [&] { return produce(&channel, 1000, 1000); });
  const std::vector<int> values = run_sync(loop, consume(&channel, 2000));
  EXPECT_EQ(values.size(), 2000U);
  run_sync(loop, senders.join());
  away.stop();
}

Task<int> hold(Semaphore* semaphore, int* inside, int* most) {
  auto permit = MUST(co_await semaphore->acquire());
  *most = std::max(*most, ++*inside);
  co_await yield();
  --*inside;
  co_return 0;
}

TEST(Semaphore, LimitsHowManyAreInside) {
  ManualExecutor loop;
  Semaphore semaphore(2);
  int inside = 0;
  int most = 0;
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 10; ++i) tasks.push_back(hold(&semaphore, &inside, &most));
  run_sync(loop, all(std::move(tasks)));
  EXPECT_EQ(most, 2);
  EXPECT_TRUE(semaphore.try_acquire());
}

Task<> use_worker(Worker* worker, Executor* home) {
  const std::thread::id here = std::this_thread::get_id();
  const std::thread::id there = co_await worker->run([] { return std::this_thread::get_id(); });
  EXPECT_NE(here, there);
  EXPECT_TRUE(home->is_current());
  int side_effect = 0;
  co_await worker->run([&] { side_effect = 4; });
  EXPECT_EQ(side_effect, 4);
  const Result<int> result =
      co_await worker->run([]() -> Result<int> { return Error(Reason::Gone, "x"); });
  EXPECT_TRUE(result.error().is(Reason::Gone));
}

TEST(Worker, RunsJobsOnItsThreadAndComesBack) {
  ManualExecutor loop;
  Worker worker("test");
  run_sync(loop, use_worker(&worker, &loop));
  CancelSource source;
  source.cancel();
  bool ran = false;
  const Result<> skipped = run_sync(loop, worker.run([&]() -> Result<> {
    ran = true;
    return ok();
  }),
                                    source.token());
  EXPECT_TRUE(skipped.error().is(Reason::Cancelled));
  EXPECT_FALSE(ran);
  int drained = 0;
  for (int i = 0; i < 100; ++i) worker.post([&] { ++drained; });
  worker.stop();
  EXPECT_EQ(drained, 100);
  EXPECT_FALSE(worker.post([] {}));
  EXPECT_TRUE(
      run_sync(loop, worker.run([]() -> Result<int> { return 1; })).error().is(Reason::Cancelled));
}

TEST(Cancel, ChildSourcesFollowTheirParentAndNotTheReverse) {
  CancelSource parent;
  CancelSource child(parent.token());
  CancelSource other(parent.token());
  int calls = 0;
  const CancelCallback callback(child.token(), [&] { ++calls; });
  other.cancel();
  EXPECT_FALSE(parent.is_cancelled());
  EXPECT_FALSE(child.is_cancelled());
  parent.cancel();
  parent.cancel();
  EXPECT_TRUE(child.token().is_cancelled());
  EXPECT_EQ(calls, 1);
  const CancelCallback late(child.token(), [&] { ++calls; });
  EXPECT_EQ(calls, 2);
  EXPECT_FALSE(CancelToken().can_be_cancelled());
}

}  // namespace
}  // namespace knarr
