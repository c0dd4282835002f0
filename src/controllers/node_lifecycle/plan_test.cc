// SPDX-License-Identifier: Apache-2.0
#include "controllers/node_lifecycle/plan.h"

#include "controllers/taint_eviction/tolerations.h"
#include "controllers/testing/objects.h"
#include "object/time_text.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace knarr::controllers::node_lifecycle {
namespace {

using controllers::testing::document;

const SystemTime kNow = SystemTime(*object::parse_time("2026-01-01T01:00:00Z"));

object::Document make_node(std::string_view ready, std::string_view taints = "[]") {
  return document(fmt::format(R"({{"metadata":{{"name":"n"}},"spec":{{"taints":{}}},
    "status":{{"conditions":[{{"type":"Ready","status":"{}"}}]}}}})", taints, ready));
}

std::string text(const Taints& taints) {
  std::string result;
  for (const Taint& taint : taints) result += fmt::format("{}{}:{}", result.empty() ? "" : " ", taint.key, taint.effect);
  return result;
}

TEST(NodeTaints, FollowConditionsAndKeepThoseOfOthers) {
  EXPECT_EQ(text(wanted_taints(make_node("False", R"([{"key":"mine","effect":"NoSchedule"}])").root(), Evict::Yes, kNow)),
            "mine:NoSchedule node.kubernetes.io/not-ready:NoSchedule node.kubernetes.io/not-ready:NoExecute");
  EXPECT_EQ(text(wanted_taints(make_node("Unknown").root(), Evict::Wait, kNow)),
            "node.kubernetes.io/unreachable:NoSchedule");
  EXPECT_EQ(text(wanted_taints(make_node("True", R"([{"key":"node.kubernetes.io/not-ready","effect":"NoSchedule"}])").root(), Evict::Yes, kNow)), "");
}

TEST(NodeTaints, AreSwappedAtOnceWhenEvictionHasBegun) {
  EXPECT_EQ(text(wanted_taints(make_node("Unknown", R"([{"key":"node.kubernetes.io/not-ready","effect":"NoExecute"}])").root(), Evict::Wait, kNow)),
            "node.kubernetes.io/unreachable:NoSchedule node.kubernetes.io/unreachable:NoExecute");
}

TEST(SilentNode, IsUnknownInAllThatItsKubeletSays) {
  const Conditions conditions = silent_conditions(make_node("True").root(), kNow);
  ASSERT_EQ(conditions.size(), 4U);
  EXPECT_EQ(conditions[0].reason, "NodeStatusUnknown");
  EXPECT_EQ(conditions[1].reason, "NodeStatusNeverUpdated");
}

TEST(Zone, EvictsSlowlyOrNotAtAllWhenManyAreLost) {
  EXPECT_EQ((Zone{.ready = 3, .lost = 1}).state(), ZoneState::Normal);
  EXPECT_EQ((Zone{.ready = 2, .lost = 4}).pause(), std::nullopt);
  EXPECT_EQ((Zone{.ready = 20, .lost = 40}).pause(), std::chrono::seconds(100));
  EXPECT_EQ((Zone{.ready = 0, .lost = 1}).state(), ZoneState::Full);
}

TEST(Tolerance, IsTheShortestOfThoseThatApply) {
  const auto node = make_node("True", R"([{"key":"a","effect":"NoExecute"},{"key":"b","effect":"NoExecute"}])");
  const auto with = [&](std::string_view tolerations) {
    return taint_eviction::tolerance(document(fmt::format(R"({{"spec":{{"tolerations":{}}}}})", tolerations)).root(), node.root()).time;
  };
  EXPECT_EQ(with("[]"), std::chrono::seconds(0));
  EXPECT_EQ(with(R"([{"operator":"Exists"}])"), std::nullopt);
  EXPECT_EQ(with(R"([{"operator":"Exists"},{"key":"a","operator":"Exists","tolerationSeconds":30}])"), std::chrono::seconds(30));
  EXPECT_EQ(with(R"([{"key":"a","operator":"Exists"}])"), std::chrono::seconds(0));
}

}  // namespace
}  // namespace knarr::controllers::node_lifecycle
