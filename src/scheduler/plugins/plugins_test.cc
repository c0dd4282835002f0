// SPDX-License-Identifier: Apache-2.0
#include "scheduler/plugins/all.h"
#include "scheduler/testing/objects.h"

#include <gtest/gtest.h>

namespace knarr::scheduler {
namespace {

using testing::asks;
using testing::kSmall;
using testing::node;
using testing::pod;

struct World {
  Reasons reasons;
  Plugins plugins = default_plugins(reasons);
  Snapshot snapshot;

  PodPtr info(const object::Document& document) { return make_pod_info(document, snapshot.resources()); }
  void place(std::string_view name, std::string_view node_name, std::string spec) {
    snapshot.assume(info(pod(name, spec)), node_name);
  }
  // What all filters together say of the pod on node n: "" when it may go there.
  std::string refusal(std::string_view spec) {
    const PodPtr p = info(pod("p", spec));
    Filters filters(plugins);
    const auto refused = filters.prepare(*p, snapshot);
    if (refused.by != 0) return refused.message;
    ReasonList why;
    PluginSet rejectors = 0;
    const Verdict verdict = filters.run(*snapshot.find_node("n"), why, rejectors);
    if (verdict == Verdict::Ok) return "";
    std::string text;
    for (const ReasonId reason : why) text += std::string(reasons.text(reason)) + ";";
    return text + (verdict == Verdict::Unresolvable ? " never" : "");
  }
  std::vector<std::int64_t> scores(std::string_view plugin, std::string_view spec) {
    const PodPtr p = info(pod("p", spec));
    Filters filters(plugins);
    (void)filters.prepare(*p, snapshot);
    std::vector<std::int64_t> out(snapshot.nodes().size());
    for (const auto& one : plugins) {
      if (one->name() != plugin) continue;
      if (!one->prepare_score(*p, snapshot, snapshot.nodes())) return {};
      one->score(snapshot.nodes(), out);
    }
    return out;
  }
};

struct FilterCase {
  std::string_view name;
  std::string allocatable = std::string(kSmall);
  std::string node_spec;
  std::string labels;
  std::string pod_spec;
  std::string want;
};

TEST(Plugins, FilterNodesAsKubernetesDoes) {
  const std::string require = R"("affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":)"
                              R"({"nodeSelectorTerms":[)";
  const std::string no_match = "node(s) didn't match Pod's node affinity/selector; never";
  const std::string tainted = "node(s) had untolerated taint(s); never";
  const std::string taint = R"("taints":[{"key":"k","value":"v","effect":"NoSchedule"}])";
  const FilterCase cases[] = {
      {.name = "an empty pod"},
      {.name = "no room for pods", .allocatable = R"("cpu":"1")", .want = "Too many pods;"},
      {.name = "more than the node has", .pod_spec = asks(R"("cpu":"5","memory":"9Gi")"),
       .want = "Insufficient cpu;Insufficient memory; never"},
      {.name = "an extended resource", .pod_spec = asks(R"("example.com/gpu":"1")"),
       .want = "Insufficient example.com/gpu; never"},
      {.name = "zero of an unknown resource", .pod_spec = asks(R"("example.com/gpu":"0")")},
      {.name = "a greater init container",
       .pod_spec = R"("initContainers":[{"name":"i","resources":{"requests":{"cpu":"5"}}}],)" + asks(R"("cpu":"1")"),
       .want = "Insufficient cpu; never"},
      {.name = "overhead", .pod_spec = R"("overhead":{"cpu":"2"},)" + asks(R"("cpu":"3")"),
       .want = "Insufficient cpu; never"},
      {.name = "cordoned", .node_spec = R"("unschedulable":true)", .want = "node(s) were unschedulable; never"},
      {.name = "cordon tolerated", .node_spec = R"("unschedulable":true)",
       .pod_spec = R"("tolerations":[{"operator":"Exists"}])"},
      {.name = "tainted", .node_spec = taint, .want = tainted},
      {.name = "taint tolerated by value", .node_spec = taint,
       .pod_spec = R"("tolerations":[{"key":"k","value":"v","effect":"NoSchedule"}])"},
      {.name = "another value", .node_spec = taint,
       .pod_spec = R"("tolerations":[{"key":"k","value":"w","effect":"NoSchedule"}])", .want = tainted},
      {.name = "another effect", .node_spec = taint,
       .pod_spec = R"("tolerations":[{"key":"k","operator":"Exists","effect":"NoExecute"}])", .want = tainted},
      {.name = "only disliked", .node_spec = R"("taints":[{"key":"k","effect":"PreferNoSchedule"}])"},
      {.name = "taints come before resources", .node_spec = taint, .pod_spec = asks(R"("cpu":"5")"), .want = tainted},
      {.name = "selector matches", .labels = R"("a":"b")", .pod_spec = R"("nodeSelector":{"a":"b"})"},
      {.name = "selector does not", .labels = R"("a":"c")", .pod_spec = R"("nodeSelector":{"a":"b"})", .want = no_match},
      {.name = "terms are alternatives", .labels = R"("a":"b")",
       .pod_spec = require + R"({"matchExpressions":[{"key":"x","operator":"Exists"}]},)"
                             R"({"matchExpressions":[{"key":"a","operator":"In","values":["b"]}]}]}}})"},
      {.name = "expressions of a term all hold", .labels = R"("a":"b")",
       .pod_spec = require + R"({"matchExpressions":[{"key":"x","operator":"Exists"},)"
                             R"({"key":"a","operator":"In","values":["b"]}]}]}}})",
       .want = no_match},
      {.name = "an empty term matches nothing", .pod_spec = require + "{}]}}}", .want = no_match},
      {.name = "greater than", .labels = R"("n":"5")",
       .pod_spec = require + R"({"matchExpressions":[{"key":"n","operator":"Gt","values":["4"]}]}]}}})"},
      {.name = "by the name of the node",
       .pod_spec = require + R"({"matchFields":[{"key":"metadata.name","operator":"In","values":["n"]}]}]}}})"},
      {.name = "all but this node",
       .pod_spec = require + R"({"matchFields":[{"key":"metadata.name","operator":"NotIn","values":["n"]}]}]}}})",
       .want = no_match},
      {.name = "two names at once",
       .pod_spec = require + R"({"matchFields":[{"key":"metadata.name","operator":"In","values":["n"]},)"
                             R"({"key":"metadata.name","operator":"In","values":["m"]}]}]}}})",
       .want = "pod affinity terms conflict"},
  };
  for (const FilterCase& c : cases) {
    World world;
    world.snapshot.set_node(node("n", c.allocatable, c.node_spec, c.labels));
    EXPECT_EQ(world.refusal(c.pod_spec), c.want) << c.name;
  }
}

std::string port(std::string_view more) {
  return fmt::format(R"("containers":[{{"name":"c","ports":[{{"containerPort":80,{}}}]}}])", more);
}

TEST(Plugins, RefuseHostPortsThatAreTaken) {  // BEHAVIOURS 104
  const std::string taken = "node(s) didn't have free ports for the requested pod ports;";
  struct Case {
    std::string have, want, refusal;
  };
  const Case cases[] = {
      {R"("hostPort":80)", R"("hostPort":80)", taken},
      {R"("hostPort":80)", R"("hostPort":81)", ""},
      {R"("hostPort":80)", R"("hostPort":80,"protocol":"UDP")", ""},
      {R"("hostPort":80,"hostIP":"10.0.0.1")", R"("hostPort":80,"hostIP":"10.0.0.2")", ""},
      {R"("hostPort":80,"hostIP":"10.0.0.1")", R"("hostPort":80)", taken},
      {R"("hostPort":80,"hostIP":"0.0.0.0")", R"("hostPort":80,"hostIP":"10.0.0.2")", taken},
      {R"("name":"no-host-port")", R"("hostPort":80)", ""},
  };
  for (const Case& c : cases) {
    World world;
    world.snapshot.set_node(node("n", kSmall));
    world.place("a", "n", port(c.have));
    EXPECT_EQ(world.refusal(port(c.want)), c.refusal) << c.have << " and " << c.want;
  }
}

TEST(Plugins, CountWhatPodsTakeAndFreeIt) {  // BEHAVIOURS 103
  World world;
  world.snapshot.set_node(node("n", kSmall));
  world.place("a", "n", asks(R"("cpu":"3")"));
  EXPECT_EQ(world.refusal(asks(R"("cpu":"2")")), "Insufficient cpu;");
  EXPECT_EQ(world.refusal(asks(R"("cpu":"1")")), "");
  world.snapshot.remove_pod("uid-a");
  EXPECT_EQ(world.refusal(asks(R"("cpu":"2")")), "");
}

TEST(Plugins, PreferTheEmptierNode) {
  World world;
  world.snapshot.set_node(node("n", kSmall));
  world.snapshot.set_node(node("m", kSmall));
  world.place("a", "n", asks(R"("cpu":"2")"));
  EXPECT_EQ(world.scores("NodeResourcesFit", asks("")), (std::vector<std::int64_t>{(47 + 95) / 2, (97 + 97) / 2}));
  EXPECT_EQ(world.scores("NodeResourcesBalancedAllocation", asks("")), std::vector<std::int64_t>{});
}

TEST(Plugins, PreferWhereCpuAndMemoryBecomeEven) {
  World world;
  world.snapshot.set_node(node("n", kSmall));
  world.snapshot.set_node(node("m", kSmall));
  world.place("a", "n", asks(R"("cpu":"2","memory":"512Mi")"));
  world.place("b", "m", asks(R"("cpu":"512m","memory":"4Gi")"));
  const auto scores = world.scores("NodeResourcesBalancedAllocation", asks(R"("cpu":"2","memory":"512Mi")"));
  EXPECT_LT(scores[0], scores[1]);
}

TEST(Plugins, PreferFewerDislikedTaints) {
  World world;
  world.snapshot.set_node(node("n", kSmall, R"("taints":[{"key":"k","effect":"PreferNoSchedule"},)"
                                            R"({"key":"l","effect":"PreferNoSchedule"}])"));
  world.snapshot.set_node(node("m", kSmall, R"("taints":[{"key":"k","effect":"PreferNoSchedule"}])"));
  EXPECT_EQ(world.scores("TaintToleration", ""), (std::vector<std::int64_t>{0, 50}));
}

TEST(Plugins, AddUpTheWeightsOfPreferredAffinity) {
  World world;
  world.snapshot.set_node(node("n", kSmall, "", R"("zone":"a")"));
  world.snapshot.set_node(node("m", kSmall, "", R"("zone":"b","host":"m")"));
  const std::string spec =
      R"("affinity":{"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[)"
      R"({"weight":40,"preference":{"matchExpressions":[{"key":"zone","operator":"In","values":["a"]}]}},)"
      R"({"weight":30,"preference":{"matchExpressions":[{"key":"zone","operator":"In","values":["b"]}]}},)"
      R"({"weight":50,"preference":{"matchExpressions":[{"key":"host","operator":"Exists"}]}}]}})";
  EXPECT_EQ(world.scores("NodeAffinity", spec), (std::vector<std::int64_t>{50, 100}));
}

TEST(Plugins, PreferNodesThatHaveTheImage) {
  World world;
  world.snapshot.set_node(testing::parse(
      R"({"metadata":{"name":"n"},"status":{"images":[{"names":["x:latest"],"sizeBytes":600000000}]}})"));
  world.snapshot.set_node(testing::parse(R"({"metadata":{"name":"m"}})"));
  const auto scores = world.scores("ImageLocality", R"("containers":[{"image":"x"}])");
  ASSERT_EQ(scores.size(), 2);
  EXPECT_GT(scores[0], 0);
  EXPECT_EQ(scores[1], 0);
  EXPECT_TRUE(world.scores("ImageLocality", R"("containers":[{"image":"y"}])").empty());
}

}  // namespace
}  // namespace knarr::scheduler
