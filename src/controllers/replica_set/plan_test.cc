// SPDX-License-Identifier: Apache-2.0
#include "controllers/replica_set/plan.h"

#include "controllers/conditions.h"
#include "controllers/pods.h"
#include "controllers/testing/objects.h"
#include "object/time_text.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace knarr::controllers {
namespace {

using object::Document;
namespace atom = object::atom;

const SystemTime kNow = SystemTime(*object::parse_time("2026-01-01T01:00:00Z"));

struct PodShape {
  std::string name;
  std::string node = "n0";
  std::string phase = "Running";
  bool ready = true;
  std::string created = "2026-01-01T00:00:00Z";
  std::string ready_since = "2026-01-01T00:00:10Z";
  std::string cost = {};
  int restarts = 0;
};

Document make_pod(const PodShape& shape) {
  return testing::document(fmt::format(
      R"({{"metadata":{{"name":"{0}","uid":"{0}","creationTimestamp":"{4}","annotations":{{
         "controller.kubernetes.io/pod-deletion-cost":"{6}"}}}},"spec":{{"nodeName":"{1}"}},
         "status":{{"phase":"{2}","conditions":[{{"type":"Ready","status":"{3}","lastTransitionTime":"{5}"}}],
         "containerStatuses":[{{"restartCount":{7}}}]}}}})",
      shape.name, shape.node, shape.phase, shape.ready ? "True" : "False", shape.created,
      shape.ready_since, shape.cost, shape.restarts));
}

std::string order(const std::vector<PodShape>& shapes, const std::vector<Document>& related = {}) {
  std::vector<Document> pods;
  for (const PodShape& shape : shapes) pods.push_back(make_pod(shape));
  std::string names;
  for (const Document& pod : order_of_removal(pods, related, kNow)) {
    names.append(names.empty() ? "" : " ").append(object::name_of(pod.root()));
  }
  return names;
}

TEST(OrderOfRemoval, UnassignedBeforeAssignedBeforeAllElse) {
  EXPECT_EQ(order({{.name = "a"}, {.name = "b", .node = "", .phase = "Pending", .ready = false}}), "b a");
}

TEST(OrderOfRemoval, PendingThenUnknownThenRunning) {
  EXPECT_EQ(order({{.name = "a"}, {.name = "b", .phase = "Unknown"}, {.name = "c", .phase = "Pending"}}),
            "c b a");
}

TEST(OrderOfRemoval, ReadinessComesBeforeDeletionCost) {
  EXPECT_EQ(order({{.name = "a", .cost = "-5"}, {.name = "b", .ready = false, .cost = "9"}, {.name = "c"}}),
            "b a c");
}

TEST(OrderOfRemoval, NodesWithMoreRelatedPodsGoFirst) {
  const std::vector<Document> related = {make_pod({.name = "x", .node = "n1"}), make_pod({.name = "y", .node = "n1"})};
  EXPECT_EQ(order({{.name = "a"}, {.name = "b", .node = "n1"}}, related), "b a");
}

TEST(OrderOfRemoval, YoungerByOrdersOfMagnitudeThenByUid) {
  EXPECT_EQ(order({{.name = "old"}, {.name = "new", .ready_since = "2026-01-01T00:59:50Z"}}), "new old");
  EXPECT_EQ(order({{.name = "b", .ready_since = "2026-01-01T00:00:12Z"}, {.name = "a"}}), "a b");
}

TEST(OrderOfRemoval, MoreRestartsGoFirst) {
  EXPECT_EQ(order({{.name = "a"}, {.name = "b", .restarts = 3}}), "b a");
}

Document make_set(std::string_view spec, std::string_view status = "{}") {
  return testing::document(
      fmt::format(R"({{"metadata":{{"name":"rs","generation":2}},"spec":{},"status":{}}})", spec, status));
}

TEST(PlanReplicas, MakesWhatIsMissingAndDeletesWhatIsTooMuch) {
  const Document set = make_set(R"({"replicas":2})");
  EXPECT_EQ(plan_replicas(set.root(), {}, {}, kNow).to_create, 2);
  const ReplicaPlan plan = plan_replicas(
      set.root(), {make_pod({.name = "a"}), make_pod({.name = "b", .ready = false}), make_pod({.name = "c"})}, {}, kNow);
  EXPECT_EQ(plan.to_create, 0);
  ASSERT_EQ(plan.to_delete.size(), 1U);
  EXPECT_EQ(object::name_of(plan.to_delete[0].root()), "b");
}

TEST(PlanReplicas, StopsAtFiveHundredAtOnce) {
  EXPECT_EQ(plan_replicas(make_set(R"({"replicas":1000})").root(), {}, {}, kNow).to_create, 500);
}

TEST(ReplicaStatus, CountsReadyAndAvailableByMinReadySeconds) {
  const Document set = make_set(R"({"replicas":2,"minReadySeconds":60})");
  const std::vector<Document> pods = {make_pod({.name = "a"}),
                                      make_pod({.name = "b", .ready_since = "2026-01-01T00:59:30Z"})};
  const object::Draft status = replica_status({.set = set.root(), .active = pods, .terminating = 0, .failure = {}, .now = kNow});
  EXPECT_EQ(status["replicas"].as_int(), 2);
  EXPECT_EQ(status["readyReplicas"].as_int(), 2);
  EXPECT_EQ(status["availableReplicas"].as_int(), 1);
  EXPECT_EQ(status["observedGeneration"].as_int(), 2);
  EXPECT_TRUE(status["terminatingReplicas"].is_int());
  EXPECT_EQ(next_available(set.root(), pods, kNow), std::chrono::seconds(30));
}

TEST(ReplicaStatus, KeepsTheFirstFailureUntilItIsOver) {
  const Document set = make_set(R"({"replicas":2})");
  const object::Draft failed = replica_status(
      {.set = set.root(), .active = {}, .terminating = {}, .failure = "no room", .now = kNow});
  const object::NodeRef condition = failed["conditions"].at(0);
  EXPECT_EQ(condition["type"].as_string(), "ReplicaFailure");
  EXPECT_EQ(condition["reason"].as_string(), "FailedCreate");
  EXPECT_EQ(condition["message"].as_string(), "no room");
  EXPECT_FALSE(failed["terminatingReplicas"].exists());
  const Document again = make_set(R"({"replicas":2})", R"({"conditions":[{"type":"ReplicaFailure","status":"True"}]})");
  const object::Draft mended =
      replica_status({.set = again.root(), .active = {}, .terminating = {}, .failure = {}, .now = kNow});
  EXPECT_FALSE(mended["conditions"].exists());
}

}  // namespace
}  // namespace knarr::controllers
