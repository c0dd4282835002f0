// SPDX-License-Identifier: Apache-2.0
#include "api/view.h"

#include "api/types.h"
#include "base/check.h"
#include "codec/json.h"
#include "codec/typed.h"

#include "gen/api/apps_v1.h"
#include "gen/api/core_v1.h"
#include "gen/api/events_v1.h"

#include <string>
#include <type_traits>

#include <gtest/gtest.h>

namespace knarr::api {
namespace {

template <typename T>
T view_of(std::string_view json) {
  object::Draft draft = MUST(codec::parse_json(json));
  MUST(codec::decode_typed(draft.root(), types().find(T::kTypeName)));
  return T(codec::freeze_typed(draft, types().find(T::kTypeName)));
}

TEST(View, ReadsFieldsFromTheDocument) {
  const Pod pod =
      view_of<Pod>(R"({"metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
    "spec": {"containers": [{"name": "a", "image": "nginx:1"}, {"name": "b", "image": "busybox",
      "ports": [{"containerPort": 80}], "command": ["sh", "-c"]}], "terminationGracePeriodSeconds": 5}})");
  EXPECT_EQ(pod.metadata().name(), "web");
  EXPECT_EQ(pod.metadata().namespace_(), "shop");
  EXPECT_EQ(pod.metadata().labels()["app"], "web");
  EXPECT_EQ(pod.spec().containers()[0].image(), "nginx:1");
  EXPECT_EQ(pod.spec().containers()[1].ports()[0].containerPort(), 80);
  std::string names;
  for (const auto container : pod.spec().containers()) names += container.name();
  EXPECT_EQ(names, "ab");
  EXPECT_TRUE(pod.spec().containers()[1].command().contains("sh"));
  std::string labels;
  for (const auto [key, value] : pod.metadata().labels())
    labels.append(key).append("=").append(value);
  EXPECT_EQ(labels, "app=web");
}

TEST(View, TellsAbsentFromZero) {
  const Deployment without = view_of<Deployment>(R"({"spec": {}})");
  EXPECT_FALSE(without.spec().has_replicas());
  EXPECT_EQ(without.spec().replicas(), 0);
  EXPECT_EQ(without.spec().replicas(1), 1);
  EXPECT_FALSE(without.spec().strategy().has_rollingUpdate());
  const Deployment with = view_of<Deployment>(R"({"spec": {"replicas": 0}})");
  EXPECT_TRUE(with.spec().has_replicas());
  EXPECT_EQ(with.spec().replicas(1), 0);
}

TEST(View, OfAWholeObjectKeepsTheDocument) {
  Pod kept;
  EXPECT_FALSE(kept);
  {
    const Pod pod = view_of<Pod>(R"({"metadata": {"name": "web"}})");
    kept = pod;
  }
  EXPECT_TRUE(kept);
  EXPECT_EQ(kept.metadata().name(), "web");
}

TEST(View, OfAMissingFieldIsFalseAndReadsAsEmpty) {
  const Pod pod = view_of<Pod>(R"({"metadata": {"name": "web"}})");
  EXPECT_FALSE(pod.spec().affinity());
  EXPECT_EQ(pod.spec()
                .affinity()
                .nodeAffinity()
                .requiredDuringSchedulingIgnoredDuringExecution()
                .nodeSelectorTerms()
                .size(),
            0U);
  EXPECT_EQ(pod.spec().nodeName(), "");
}

TEST(View, HasConstantsForEnumValues) {
  EXPECT_EQ(core::v1::RestartPolicy::OnFailure, "OnFailure");
  EXPECT_EQ(core::v1::PodPhase::Running, "Running");
}

TEST(View, ShortNamesMeanThePreferredVersion) {
  static_assert(std::is_same_v<Event, core::v1::Event>);
  static_assert(!std::is_same_v<Event, events::v1::Event>);
  EXPECT_EQ(Pod::kTypeName, "core/v1.Pod");
}

}  // namespace
}  // namespace knarr::api
