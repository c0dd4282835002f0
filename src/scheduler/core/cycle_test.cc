// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/cycle.h"

#include "scheduler/plugins/all.h"
#include "scheduler/testing/objects.h"

#include <gtest/gtest.h>

#include <set>

namespace knarr::scheduler {
namespace {

using testing::asks;
using testing::kSmall;
using testing::node;
using testing::pod;

struct World {
  Reasons reasons;
  Plugins plugins = default_plugins(reasons);
  SeededRng rng{1};
  std::vector<object::Document> budgets;
  Remedies remedies = default_remedies(reasons, rng, [this] { return budgets; });
  Snapshot snapshot;
  Cycle cycle{snapshot, plugins, reasons, rng, {remedies[0].get(), remedies[1].get()}};

  Decision run(std::string_view spec) {
    return cycle.run(*make_pod_info(pod("p", spec), snapshot.resources()));
  }
  std::string chosen(std::string_view spec) {
    const Decision decision = run(spec);
    return decision.node == nullptr ? "" : decision.node->facts->name;
  }
};

TEST(Cycle, SaysThatThereAreNoNodes) {
  World world;
  EXPECT_EQ(world.run("").message, "no nodes available to schedule pods");
}

TEST(Cycle, CountsReasonsInKubernetesWords) {  // BEHAVIOURS 106
  World world;
  world.snapshot.set_node(node("n0", kSmall, R"("unschedulable":true)"));
  world.snapshot.set_node(node("n1", kSmall, R"("taints":[{"key":"k","effect":"NoSchedule"}])"));
  world.snapshot.set_node(node("n2", kSmall));
  EXPECT_EQ(world.run(asks(R"("cpu":"100","memory":"1Ti")")).message,
            "0/3 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 node(s) had untolerated "
            "taint(s), 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/3 nodes are "
            "available: 3 Preemption is not helpful for scheduling.");
}

TEST(Cycle, CountsNodesThatWereNotLookedAt) {
  World world;
  world.snapshot.set_node(node("n0", kSmall));
  world.snapshot.set_node(node("n1", kSmall));
  world.snapshot.assume(make_pod_info(pod("a", asks(R"("cpu":"4")")), world.snapshot.resources()), "n0");
  const std::string named =
      R"("affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[)"
      R"({"matchFields":[{"key":"metadata.name","operator":"In","values":["n0"]}]}]}}},)";
  EXPECT_EQ(world.run(named + asks(R"("cpu":"1")")).message,
            "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't satisfy plugin(s) [NodeAffinity]. no new "
            "claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for "
            "incoming pod, 1 Preemption is not helpful for scheduling.");
  EXPECT_EQ(world.chosen(named + asks(R"("memory":"1Gi")")), "n0");
}

TEST(Cycle, TellsWhoNeverPreempts) {
  World world;
  world.snapshot.set_node(node("n0", R"("cpu":"1","pods":"10")"));
  EXPECT_EQ(world.run(R"("preemptionPolicy":"Never",)" + asks(R"("cpu":"2")")).message,
            "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible "
            "due to preemptionPolicy=Never.");
}

struct PreemptionWorld : World {
  void place(std::string_view name, std::string_view node_name, int priority, std::string_view cpu,
             std::string_view labels = "") {
    snapshot.assume(
        make_pod_info(testing::parse(fmt::format(
                          R"({{"metadata":{{"name":"{0}","namespace":"ns","uid":"uid-{0}","labels":{{{1}}}}},)"
                          R"("spec":{{"priority":{2},{3}}}}})",
                          name, labels, priority, asks(fmt::format(R"("cpu":"{}")", cpu)))),
                      snapshot.resources()),
        node_name);
  }
  std::string victims(std::string_view spec) {
    const Decision decision = run(spec);
    std::string out = decision.nominate.value_or("-") + ":";
    for (const PodPtr& victim : decision.victims) out += fmt::format(" {}", victim->uid.substr(4));
    return out;
  }
};

TEST(Preemption, TakesTheFewestAndLeastImportantOfANode) {  // BEHAVIOURS 105
  PreemptionWorld world;
  world.snapshot.set_node(node("n", kSmall));
  world.place("a", "n", 5, "1");
  world.place("b", "n", 1, "2");
  world.place("c", "n", 1, "500m");
  EXPECT_EQ(world.victims(R"("priority":9,)" + asks(R"("cpu":"2")")), "n: b");
  EXPECT_EQ(world.victims(R"("priority":1,)" + asks(R"("cpu":"2")")), ":");
  EXPECT_EQ(world.snapshot.find_node("n")->takes(kCpu), 3500) << "nothing is changed by looking";
  EXPECT_EQ(world.run(R"("priority":9,)" + asks(R"("cpu":"4")")).message, "0/1 nodes are available: 1 Insufficient cpu.");
}

TEST(Preemption, ChoosesTheNodeWhereLessIsLost) {
  PreemptionWorld world;
  world.snapshot.set_node(node("n", kSmall));
  world.snapshot.set_node(node("m", kSmall));
  world.place("a", "n", 5, "4");
  world.place("b", "m", 3, "2");
  world.place("c", "m", 3, "2");
  EXPECT_EQ(world.victims(R"("priority":9,)" + asks(R"("cpu":"4")")), "m: b c");
}

TEST(Preemption, AvoidsPodsThatABudgetProtects) {
  PreemptionWorld world;
  world.snapshot.set_node(node("n", kSmall));
  world.place("a", "n", 1, "2", R"("app":"a")");
  world.place("b", "n", 2, "2");
  const std::string spec = R"("priority":9,)" + asks(R"("cpu":"2")");
  EXPECT_EQ(world.victims(spec), "n: a");
  world.budgets.push_back(testing::parse(R"({"metadata":{"name":"x","namespace":"ns"},)"
                                         R"("spec":{"selector":{"matchLabels":{"app":"a"}}},"status":{}})"));
  EXPECT_EQ(world.victims(spec), "n: b");
}

TEST(Preemption, KeepsRoomForTheNominated) {
  PreemptionWorld world;
  world.snapshot.set_node(node("n", kSmall));
  world.snapshot.nominate(make_pod_info(pod("x", R"("priority":5,)" + asks(R"("cpu":"3")")), world.snapshot.resources()), "n");
  EXPECT_EQ(world.chosen(R"("priority":4,)" + asks(R"("cpu":"2")")), "");
  EXPECT_EQ(world.chosen(R"("priority":6,)" + asks(R"("cpu":"2")")), "n");
  EXPECT_TRUE(world.snapshot.find_node("n")->pods.empty());
}

TEST(Cycle, ChoosesTheBestAndAnyOfEquals) {
  World world;
  world.snapshot.set_node(node("n0", kSmall));
  world.snapshot.set_node(node("n1", kSmall));
  world.snapshot.set_node(node("n2", R"("cpu":"1","memory":"1Gi","pods":"9")"));
  std::set<std::string> chosen;
  for (int i = 0; i < 50; ++i) chosen.insert(world.chosen(asks(R"("cpu":"500m")")));
  EXPECT_EQ(chosen, (std::set<std::string>{"n0", "n1"}));
}

TEST(Cycle, LooksAtEnoughNodesOfALargeClusterInTurn) {
  World world;
  for (int i = 0; i < 1000; ++i) world.snapshot.set_node(node(fmt::format("n{}", i), kSmall));
  std::set<std::string> chosen;
  for (int i = 0; i < 100; ++i) chosen.insert(world.chosen(asks(R"("cpu":"1")")));
  EXPECT_GT(chosen.size(), 50);
}

TEST(Snapshot, TakesZonesInTurn) {
  Snapshot snapshot;
  for (const std::string_view name : {"a0", "a1", "b0", "b1", "c0"}) {
    snapshot.set_node(node(name, kSmall, "", fmt::format(R"("topology.kubernetes.io/zone":"{}")", name[0])));
  }
  std::string order;
  for (const NodeInfo* info : snapshot.nodes()) order += info->facts->name + " ";
  EXPECT_EQ(order, "a0 b0 c0 a1 b1 ");
  snapshot.remove_node("b0");
  order.clear();
  for (const NodeInfo* info : snapshot.nodes()) order += info->facts->name + " ";
  EXPECT_EQ(order, "a0 b1 c0 a1 ");
}

TEST(Snapshot, KeepsPodsOfANodeThatIsNotKnownYet) {
  Snapshot snapshot;
  snapshot.assume(make_pod_info(pod("a", asks(R"("cpu":"3")")), snapshot.resources()), "n");
  EXPECT_EQ(snapshot.find_node("n"), nullptr);
  snapshot.set_node(node("n", kSmall));
  EXPECT_EQ(snapshot.find_node("n")->takes(kCpu), 3000);
  snapshot.remove_node("n");
  snapshot.remove_pod("uid-a");
  EXPECT_TRUE(snapshot.nodes().empty());
}

}  // namespace
}  // namespace knarr::scheduler
