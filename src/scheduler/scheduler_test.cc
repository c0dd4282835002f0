// SPDX-License-Identifier: Apache-2.0
#include "scheduler/scheduler.h"

#include "base/run_sync.h"
#include "base/testing/sim_clock.h"
#include "scheduler/testing/fake_api.h"

#include <gtest/gtest.h>

#include <set>

namespace knarr::scheduler {
namespace {

using namespace std::chrono_literals;
using testing::asks;
using testing::kSmall;
using testing::node;
using testing::pod;

struct World {
  ManualExecutor loop;
  SimClock clock{&loop};
  testing::FakeApi api;
  SeededRng rng{7};
  client::InformerFactory informers{api, loop, clock};
  Scheduler scheduler{{.transport = api, .informers = informers, .strand = loop, .clock = clock}, rng};

  void start() {
    informers.start();
    scheduler.start();
    loop.run_until_idle();
  }
  ~World() { stop(); }
  void stop() {
    TaskGroup group(loop);
    bool stopped = false;
    group.spawn("stop", [&]() -> Task<> {
      co_await scheduler.stop();
      co_await informers.stop();
      stopped = true;
    });
    for (int i = 0; i < 100 && !stopped; ++i) clock.advance(100ms);
    CHECK(stopped);
  }
};

TEST(Scheduler, BindsPodsAndSaysSo) {  // BEHAVIOURS 106
  World world;
  world.api.put("nodes", node("n", kSmall));
  world.api.put("pods", pod("a"));
  world.start();
  EXPECT_EQ(world.api.node_of("a"), "n");
  world.api.put("pods", pod("b"));
  world.loop.run_until_idle();
  EXPECT_EQ(world.api.node_of("b"), "n");
  EXPECT_EQ(world.api.events, (std::vector<std::string>{"Normal Scheduled Successfully assigned ns/a to n",
                                                        "Normal Scheduled Successfully assigned ns/b to n"}));
}

TEST(Scheduler, LeavesPodsOfOthersAlone) {
  World world;
  world.api.put("nodes", node("n", kSmall));
  world.api.put("pods", testing::parse(
      R"({"metadata":{"name":"a","namespace":"ns","uid":"u"},"spec":{"schedulerName":"mine"}})"));
  world.start();
  EXPECT_EQ(world.api.bindings, 0);
}

TEST(Scheduler, CountsPodsBeforeTheirBindingIsSeen) {
  World world;
  world.api.put("nodes", node("n", R"("cpu":"1","pods":"9")"));
  world.api.put("pods", pod("a", asks(R"("cpu":"1")")));
  world.api.put("pods", pod("b", asks(R"("cpu":"1")")));
  world.start();
  EXPECT_EQ(world.api.bindings, 1);
  EXPECT_EQ(world.api.node_of("a"), "n");
  EXPECT_EQ(world.api.condition_of("b"),
            "Unschedulable: 0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: "
            "0/1 nodes are available: 1 No preemption victims found for incoming pod.");
  EXPECT_EQ(world.api.events.back().substr(0, 25), "Normal Scheduled Successf");
  EXPECT_EQ(world.api.events.front().substr(0, 25), "Warning FailedScheduling ");
}

TEST(Scheduler, SchedulesAWaitingPodWhenAnotherGoes) {
  World world;
  world.api.put("nodes", node("n", R"("cpu":"1","pods":"9")"));
  world.api.put("pods", pod("a", asks(R"("cpu":"1")")));
  world.api.put("pods", pod("b", asks(R"("cpu":"1")")));
  world.start();
  world.api.erase("pods", "ns/a");
  world.loop.run_until_idle();
  EXPECT_EQ(world.api.node_of("b"), "n");
}

TEST(Scheduler, SchedulesAWaitingPodWhenAnotherFinishes) {  // BEHAVIOURS 103
  World world;
  world.api.put("nodes", node("n", R"("cpu":"1","pods":"9")"));
  world.api.put("pods", pod("a", R"("nodeName":"n",)" + asks(R"("cpu":"1")")));
  world.api.put("pods", pod("b", asks(R"("cpu":"1")")));
  world.start();
  EXPECT_EQ(world.api.node_of("b"), "");
  world.api.put("pods", pod("a", R"("nodeName":"n",)" + asks(R"("cpu":"1")"), R"("phase":"Succeeded")"));
  world.loop.run_until_idle();
  EXPECT_EQ(world.api.node_of("b"), "n");
}

TEST(Scheduler, SchedulesAWaitingPodWhenANodeComes) {
  World world;
  world.api.put("pods", pod("a"));
  world.start();
  EXPECT_EQ(world.api.condition_of("a"), "Unschedulable: no nodes available to schedule pods");
  world.api.put("nodes", node("n", kSmall));
  world.loop.run_until_idle();
  EXPECT_EQ(world.api.node_of("a"), "n");
}

TEST(Scheduler, TriesARefusedBindingAgain) {
  World world;
  world.api.refuse_bindings = 2;
  world.api.put("nodes", node("n", kSmall));
  world.api.put("pods", pod("a"));
  world.start();
  EXPECT_EQ(world.api.condition_of("a"),
            "SchedulerError: binding rejected: running Bind plugin \"DefaultBinder\": no luck");
  EXPECT_EQ(world.api.bindings, 1);
  world.clock.advance(1s);
  EXPECT_EQ(world.api.bindings, 2);
  world.clock.advance(2s);
  EXPECT_EQ(world.api.node_of("a"), "n");
}

TEST(Scheduler, SpreadsPodsWithoutRequests) {
  World world;
  std::set<std::string> used;
  for (const std::string_view name : {"n0", "n1", "n2"}) world.api.put("nodes", node(name, kSmall));
  for (const std::string_view name : {"a", "b", "c"}) world.api.put("pods", pod(name, asks("")));
  world.start();
  for (const std::string name : {"a", "b", "c"}) used.insert(world.api.node_of(name));
  EXPECT_EQ(used.size(), 3);
}

TEST(Scheduler, DeletesPodsOfLowerPriorityToMakeRoom) {  // BEHAVIOURS 105
  World world;
  world.api.put("nodes", node("n", R"("cpu":"1","pods":"9")"));
  world.api.put("pods", pod("low", R"("nodeName":"n",)" + asks(R"("cpu":"1")")));
  world.api.put("pods", pod("high", R"("priority":10,)" + asks(R"("cpu":"1")")));
  world.start();
  EXPECT_FALSE(world.api.pod("low"));
  EXPECT_EQ(world.api.node_of("high"), "n");
  EXPECT_EQ(world.api.events,
            (std::vector<std::string>{"Warning FailedScheduling 0/1 nodes are available: 1 Insufficient cpu.",
                                      "Normal Preempted Preempted by pod uid-high on node n",
                                      "Normal Scheduled Successfully assigned ns/high to n"}));
}

TEST(Scheduler, MayBeStoppedAndStartedAgain) {
  World world;
  world.api.put("nodes", node("n", kSmall));
  world.start();
  world.stop();
  world.api.put("pods", pod("a"));
  world.loop.run_until_idle();
  EXPECT_EQ(world.api.bindings, 0);
  world.start();
  EXPECT_EQ(world.api.node_of("a"), "n");
}

}  // namespace
}  // namespace knarr::scheduler
