// SPDX-License-Identifier: Apache-2.0
#include "controllers/deployment/rollout.h"

#include "controllers/deployment/annotations.h"
#include "controllers/testing/objects.h"
#include "object/draft.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace knarr::controllers::deployment {
namespace {

using controllers::testing::document;

struct Size {
  std::int64_t replicas;
  std::int64_t available;
  std::int64_t desired = -1;
  std::int64_t most = -1;
};

ReplicaSet make_set(std::string name, const Size& size) {
  ReplicaSet set;
  set.name = name;
  set.created = name;
  set.uid = std::move(name);
  set.replicas = size.replicas;
  set.actual = size.replicas;
  set.available = size.available;
  if (size.desired >= 0) set.desired_annotation = size.desired;
  if (size.most >= 0) set.max_annotation = size.most;
  return set;
}

Split make_split(const Size& current, const std::vector<Size>& old) {
  Split split;
  for (std::size_t i = 0; i < old.size(); ++i) split.old.push_back(make_set(fmt::format("old{}", i), old[i]));
  split.current = make_set("zcurrent", current);
  return split;
}

std::string text(const std::vector<Scale>& plan) {
  std::string result;
  for (const Scale& step : plan) result += fmt::format("{}{}={}", result.empty() ? "" : " ", step.uid, step.to);
  return result;
}

struct RolloutCase {
  std::string name;
  std::int64_t replicas;
  std::int64_t surge;
  std::int64_t unavailable;
  Size current;
  std::vector<Size> old;
  std::string plan;
};

class Rolling : public ::testing::TestWithParam<RolloutCase> {};

TEST_P(Rolling, Plans) {
  const RolloutCase& c = GetParam();
  const Spec spec{.replicas = c.replicas, .max_surge = c.surge, .max_unavailable = c.unavailable};
  EXPECT_EQ(text(plan_rolling(spec, make_split(c.current, c.old))), c.plan);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Rolling,
    ::testing::Values(
        RolloutCase{"surges_by_one", 4, 1, 0, {0, 0}, {{4, 4}}, "zcurrent=1"},
        RolloutCase{"waits_for_ready", 4, 1, 0, {1, 0}, {{4, 4}}, ""},
        RolloutCase{"takes_an_old_one_when_ready", 4, 1, 0, {1, 1}, {{4, 4}}, "old0=3"},
        RolloutCase{"without_surge_takes_first", 4, 0, 1, {0, 0}, {{4, 4}}, "old0=3"},
        RolloutCase{"cleans_up_unhealthy_first", 10, 0, 2, {0, 0}, {{4, 0}, {6, 6}}, "old0=2"},
        RolloutCase{"unhealthy_and_healthy", 10, 3, 2, {3, 3}, {{8, 7}, {2, 2}}, "old0=7 old0=3"},
        RolloutCase{"shrinks_the_current_one", 3, 1, 0, {5, 5}, {}, "zcurrent=3"},
        RolloutCase{"is_done", 3, 1, 0, {3, 3}, {{0, 0}}, ""}),
    [](const auto& info) { return info.param.name; });

class Scaling : public ::testing::TestWithParam<RolloutCase> {};

TEST_P(Scaling, Plans) {
  const RolloutCase& c = GetParam();
  const Spec spec{.replicas = c.replicas, .max_surge = c.surge, .max_unavailable = c.unavailable};
  EXPECT_EQ(text(plan_scaling(spec, make_split(c.current, c.old), 0)), c.plan);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Scaling,
    ::testing::Values(
        RolloutCase{"the_only_set", 5, 1, 0, {3, 3, 3, 4}, {}, "zcurrent=5"},
        RolloutCase{"in_proportion_up", 15, 3, 2, {5, 0, 10, 13}, {{8, 8, 10, 13}}, "old0=11 zcurrent=7"},
        RolloutCase{"in_proportion_down", 5, 3, 2, {5, 0, 10, 13}, {{8, 8, 10, 13}}, "old0=5 zcurrent=3"},
        RolloutCase{"to_none", 0, 0, 0, {5, 0, 10, 13}, {{8, 8, 10, 13}}, "old0=0 zcurrent=0"},
        RolloutCase{"saturated", 5, 1, 0, {5, 5, 5, 6}, {{1, 1, 5, 6}}, "old0=0"}),
    [](const auto& info) { return info.param.name; });

TEST(DeploymentSpec, RoundsSurgeUpAndUnavailableDown) {
  const auto read = [](std::string_view rolling, int replicas) {
    return read_spec(document(fmt::format(
                                  R"({{"spec":{{"replicas":{},"strategy":{{"type":"RollingUpdate","rollingUpdate":{}}}}}}})",
                                  replicas, rolling))
                         .root());
  };
  const Spec quarter = read(R"({"maxSurge":"25%","maxUnavailable":"25%"})", 10);
  EXPECT_EQ(quarter.max_surge, 3);
  EXPECT_EQ(quarter.max_unavailable, 2);
  EXPECT_EQ(read(R"({"maxSurge":0,"maxUnavailable":"10%"})", 3).max_unavailable, 1);
  EXPECT_EQ(read(R"({"maxSurge":0,"maxUnavailable":5})", 3).max_unavailable, 3);
}

TEST(Templates, AreEqualWhateverTheHash) {
  const auto a = document(R"({"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c"}]}})");
  const auto b = document(R"({"metadata":{"labels":{"a":"b","pod-template-hash":"x"}},"spec":{"containers":[{"name":"c"}]}})");
  const auto c = document(R"({"metadata":{"labels":{"a":"c"}},"spec":{"containers":[{"name":"c"}]}})");
  EXPECT_TRUE(templates_equal(a.root(), b.root()));
  EXPECT_FALSE(templates_equal(a.root(), c.root()));
  EXPECT_NE(template_hash(a.root(), {}), template_hash(a.root(), 1));
}

TEST(Annotations, RememberTheRevisionsOfASetThatIsRolledBackTo) {
  const auto deployment = document(
      R"({"metadata":{"annotations":{"note":"n","deployment.kubernetes.io/revision":"3","kubectl.kubernetes.io/last-applied-configuration":"{}"}}})");
  object::Draft set;
  EXPECT_TRUE(carry_annotations(set.root(), deployment.root(), 1));
  EXPECT_FALSE(carry_annotations(set.root(), deployment.root(), 1));
  EXPECT_TRUE(carry_annotations(set.root(), deployment.root(), 3));
  EXPECT_TRUE(carry_annotations(set.root(), deployment.root(), 5));
  const object::NodeRef annotations = set["metadata"]["annotations"];
  EXPECT_EQ(annotations["note"].as_string(), "n");
  EXPECT_EQ(annotations[kRevision].as_string(), "5");
  EXPECT_EQ(annotations[kRevisionHistory].as_string(), "1,3");
  EXPECT_EQ(annotations.size(), 3U);
}

}  // namespace
}  // namespace knarr::controllers::deployment
