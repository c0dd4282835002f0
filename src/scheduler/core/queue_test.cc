// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/queue.h"

#include "base/testing/sim_clock.h"
#include "scheduler/core/cluster_events.h"
#include "scheduler/plugins/all.h"
#include "scheduler/testing/objects.h"

#include <gtest/gtest.h>

namespace knarr::scheduler {
namespace {

using namespace std::chrono_literals;
using testing::asks;
using testing::kSmall;
using testing::node;
using testing::pod;

struct World {
  Reasons reasons;
  Plugins plugins = default_plugins(reasons);
  ResourceNames names;
  SimClock clock;
  Queue queue{clock, plugins};

  PodPtr info(std::string_view name, std::string_view spec = "") {
    return make_pod_info(pod(name, spec), names);
  }
  std::string pop() {
    const PodPtr next = queue.pop();
    return next == nullptr ? "" : std::string(object::name_of(next->object.root()));
  }
  PluginSet bit(std::string_view name) const {
    for (std::size_t i = 0; i < plugins.size(); ++i) {
      if (plugins[i]->name() == name) return PluginSet{1} << i;
    }
    return 0;
  }
};

TEST(Queue, GivesHigherPriorityFirstAndElseTheOlder) {
  World world;
  world.queue.set(world.info("a"));
  world.queue.set(world.info("b", R"("priority":10)"));
  world.queue.set(world.info("c"));
  EXPECT_EQ(world.pop(), "b");
  EXPECT_EQ(world.pop(), "a");
  EXPECT_EQ(world.pop(), "c");
  EXPECT_EQ(world.pop(), "");
}

TEST(Queue, KeepsGatedPodsUntilTheirGatesGo) {
  World world;
  world.queue.set(world.info("a", R"("schedulingGates":[{"name":"g"}])"));
  EXPECT_EQ(world.queue.sizes().gated, 1);
  EXPECT_EQ(world.pop(), "");
  world.queue.set(world.info("a"));
  EXPECT_EQ(world.pop(), "a");
}

TEST(Queue, WakesOnNewsThatMayHelpOnly) {  // BEHAVIOURS 107
  World world;
  world.queue.set(world.info("a", asks(R"("cpu":"2")")));
  EXPECT_EQ(world.pop(), "a");
  world.queue.unschedulable("uid-a", world.bit("NodeResourcesFit"));
  EXPECT_EQ(world.queue.sizes().unschedulable, 1);

  const auto small = make_node_facts(node("n", R"("cpu":"1","pods":"9")"), world.names);
  const auto labelled = make_node_facts(node("n", R"("cpu":"1","pods":"9")", "", R"("a":"b")"), world.names);
  const auto large = make_node_facts(node("n", kSmall), world.names);
  world.queue.tell(node_event(nullptr, *small));
  world.queue.tell(node_event(small.get(), *labelled));
  EXPECT_EQ(world.queue.sizes().unschedulable, 1);
  world.queue.tell(node_event(labelled.get(), *large));
  EXPECT_EQ(world.queue.sizes().backoff, 1);
  EXPECT_EQ(world.pop(), "a") << "nothing else is active";
}

TEST(Queue, WakesThoseWhomNoPluginRefusedOnAnyNews) {
  World world;
  world.queue.set(world.info("a"));
  EXPECT_EQ(world.pop(), "a");
  world.queue.unschedulable("uid-a", 0);
  const auto any = make_node_facts(node("n", ""), world.names);
  world.queue.tell(node_event(nullptr, *any));
  EXPECT_EQ(world.pop(), "a");
}

TEST(Queue, WaitsLongerAfterEachFailure) {
  World world;
  world.queue.set(world.info("a"));
  for (const auto wait : {1s, 2s, 4s, 8s, 10s, 10s}) {
    EXPECT_EQ(world.pop(), "a");
    world.queue.failed("uid-a");
    EXPECT_EQ(world.pop(), "");
    EXPECT_EQ(*world.queue.next_deadline() - world.clock.steady_now(), wait);
    world.clock.advance(wait);
  }
  EXPECT_EQ(world.pop(), "a");
}

TEST(Queue, LooksAgainAfterFiveMinutesWithoutNews) {
  World world;
  world.queue.set(world.info("a"));
  EXPECT_EQ(world.pop(), "a");
  world.queue.unschedulable("uid-a", world.bit("NodeAffinity"));
  world.clock.advance(299s);
  EXPECT_EQ(world.pop(), "");
  world.clock.advance(1s);
  EXPECT_EQ(world.pop(), "a");
}

TEST(Queue, WakesAPodThatChangedItselfButNotForItsCondition) {
  World world;
  world.queue.set(world.info("a", asks(R"("cpu":"9")")));
  EXPECT_EQ(world.pop(), "a");
  world.queue.unschedulable("uid-a", world.bit("NodeResourcesFit"));
  world.queue.set(make_pod_info(pod("a", asks(R"("cpu":"9")"), R"("conditions":[{"type":"PodScheduled"}])"), world.names));
  EXPECT_EQ(world.pop(), "");
  world.queue.set(world.info("a", asks(R"("cpu":"1")")));
  EXPECT_EQ(world.pop(), "a");
}

TEST(Queue, ForgetsDeletedPodsWhereverTheyAre) {
  World world;
  world.queue.set(world.info("a"));
  world.queue.set(world.info("b"));
  EXPECT_EQ(world.pop(), "a");
  world.queue.remove("uid-a");
  world.queue.remove("uid-b");
  world.queue.unschedulable("uid-a", 0);
  EXPECT_EQ(world.pop(), "");
  EXPECT_FALSE(world.queue.next_deadline());
}

}  // namespace
}  // namespace knarr::scheduler
