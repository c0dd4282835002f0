// SPDX-License-Identifier: Apache-2.0
#include "api/resources_sum.h"

#include "codec/json.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace knarr::api {
namespace {

object::Document pod(std::string_view spec, std::string_view status = "{}") {
  auto draft = codec::parse_json(fmt::format(R"({{"spec":{},"status":{}}})", spec, status));
  EXPECT_TRUE(draft.has_value()) << spec;
  return draft->freeze();
}

std::string text(const Resources& sum) {
  std::string out;
  for (const auto& [name, amount] : sum) {
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", name, amount.text());
  }
  return out;
}

constexpr std::string_view kInit = R"({"initContainers":[
    {"name":"i","resources":{"requests":{"cpu":"3","memory":"1Gi"}}},
    {"name":"s","restartPolicy":"Always","resources":{"requests":{"cpu":"500m","memory":"100Mi"}}},
    {"name":"j","resources":{"requests":{"cpu":"1","memory":"4Gi"}}}],
  "containers":[{"name":"a","resources":{"requests":{"cpu":"1"}}},
                {"name":"b","resources":{"requests":{"cpu":"250m","memory":"1Gi"}}}]})";

TEST(ResourcesSum, InitContainersCountOneByOneAndSidecarsStay) {
  // cpu: 3 while i runs, 1.5 while j does, 1.75 after; memory: 4Gi + the sidecar while j runs.
  EXPECT_EQ(text(container_requests(pod(kInit)["spec"])), "cpu=3 memory=4196Mi");
}

TEST(ResourcesSum, PodLevelResourcesReplaceTheSumAndOverheadComesOnTop) {
  const auto document = pod(R"({"containers":[{"name":"a","resources":{"requests":
      {"cpu":"1","example.com/x":"2"},"limits":{"example.com/x":"2"}}}],
      "resources":{"requests":{"cpu":"4"},"limits":{"cpu":"5"}},
      "overhead":{"cpu":"100m","memory":"8Mi"}})");
  EXPECT_EQ(text(pod_requests(document.root())), "cpu=4100m example.com/x=2 memory=8Mi");
  EXPECT_EQ(text(pod_limits(document.root())), "cpu=5100m example.com/x=2");
  EXPECT_EQ(text(pod_requests(document.root(), {.pod_level = false, .overhead = false})),
            "cpu=1 example.com/x=2");
}

TEST(ResourcesSum, AResizeUnderWayHoldsTheLargerAmount) {
  const auto document = pod(
      R"({"containers":[{"name":"a","resources":{"requests":{"cpu":"1"}}}]})",
      R"({"containerStatuses":[{"name":"a","allocatedResources":{"cpu":"2"},
          "resources":{"requests":{"cpu":"1500m"}}}]})");
  EXPECT_EQ(text(pod_requests(document.root())), "cpu=1");
  EXPECT_EQ(text(pod_requests(document.root(), {.use_status = true})), "cpu=2");
}

struct QosCase {
  std::string_view spec;
  QosClass want;
};

class Qos : public testing::TestWithParam<QosCase> {};

TEST_P(Qos, FollowsRequestsAndLimits) {
  EXPECT_EQ(qos_class(pod(GetParam().spec)["spec"]), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Qos,
    testing::Values(
        QosCase{R"({"containers":[{"name":"a"}]})", QosClass::BestEffort},
        QosCase{R"({"containers":[{"name":"a","resources":{"requests":{"cpu":"0"}}}]})",
                QosClass::BestEffort},
        QosCase{R"({"containers":[{"name":"a","resources":{"requests":{"ephemeral-storage":"1Gi"}}}]})",
                QosClass::BestEffort},
        QosCase{R"({"containers":[{"name":"a","resources":{"requests":{"cpu":"1"}}}]})",
                QosClass::Burstable},
        QosCase{R"({"containers":[{"name":"a","resources":{"limits":{"cpu":"1","memory":"1"},
                   "requests":{"cpu":"1","memory":"1"}}}]})",
                QosClass::Guaranteed},
        QosCase{R"({"containers":[{"name":"a","resources":{"limits":{"cpu":"1","memory":"1"},
                   "requests":{"cpu":"1","memory":"1"}}},{"name":"b"}]})",
                QosClass::Burstable},
        QosCase{R"({"containers":[{"name":"a"}],"resources":{"limits":{"cpu":"1","memory":"1"},
                   "requests":{"cpu":"1","memory":"1"}}})",
                QosClass::Guaranteed}));

}  // namespace
}  // namespace knarr::api
