// SPDX-License-Identifier: Apache-2.0
// The rules of pods on small specs; the bulk is judged by golden_validation_test.cc.
#include "apiserver/registry/kinds/pod.h"

#include "api/types.h"
#include "apiserver/registry/kinds/binding.h"
#include "apiserver/registry/kinds/eviction.h"
#include "apiserver/registry/kinds/go_text.h"
#include "apiserver/registry/kinds/unified_diff.h"
#include "codec/json.h"
#include "codec/typed.h"
#include "schema/defaulting.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace knarr::apiserver {
namespace {

using object::Document;
using object::Value;

Document read(std::string_view json, std::string_view type = "") {
  auto draft = codec::parse_json(json);
  EXPECT_TRUE(draft.has_value()) << json;
  if (type.empty()) return draft->freeze();
  EXPECT_TRUE(codec::decode_typed(draft->root(), api::types().find(type)).has_value()) << json;
  schema::apply_defaults(draft->root(), api::types().find(type));
  return codec::freeze_typed(*draft, api::types().find(type));
}

std::string causes(const schema::FieldErrors& errors) {
  std::string out;
  for (const Cause& cause : errors.causes()) out += fmt::format("{}: {}\n", cause.field, cause.message);
  return out;
}

struct SpecCase {
  std::string_view name;
  std::string_view spec;
  std::string_view want;  // "field: message" lines.
};

class PodSpec : public testing::TestWithParam<SpecCase> {};

TEST_P(PodSpec, IsRefusedInKubernetesWords) {
  const Document spec = read(GetParam().spec, "core/v1.PodSpec");
  schema::FieldErrors errors;
  validate_pod_spec(spec.root(), {}, schema::FieldPath("spec"), errors);
  EXPECT_EQ(causes(errors), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Table, PodSpec,
    testing::Values(
        SpecCase{"fine", R"({"containers":[{"name":"c","image":"i"}]})", ""},
        SpecCase{"no_containers", "{}", "spec.containers: Required value\n"},
        SpecCase{"unknown_volume",
                 R"({"containers":[{"name":"c","image":"i","volumeMounts":[{"name":"v","mountPath":"/a"}]}]})",
                 "spec.containers[0].volumeMounts[0].name: Not found: \"v\"\n"},
        SpecCase{"request_over_limit",
                 R"({"containers":[{"name":"c","image":"i","resources":{"limits":{"cpu":"1"},"requests":{"cpu":"2"}}}]})",
                 "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or "
                 "equal to cpu limit of 1\n"},
        SpecCase{"huge_amount_of_a_counted_resource",
                 R"({"containers":[{"name":"c","image":"i","resources":{"limits":{"a.b/c":"9223372036854775807"},
                     "requests":{"a.b/c":"9223372036854775807"}}}]})",
                 ""},
        SpecCase{"sidecar_may_have_probes",
                 R"({"containers":[{"name":"c","image":"i"}],"initContainers":[{"name":"s","image":"i",
                     "restartPolicy":"Always","readinessProbe":{"tcpSocket":{"port":1}}}]})",
                 ""}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(PodTemplate, RefusesEphemeralContainersUnderItsOwnPath) {
  const Document pod_template = read(
      R"({"metadata":{"labels":{"a b":""}},"spec":{"containers":[{"name":"c","image":"i"}],
          "ephemeralContainers":[{"name":"e","image":"i"}]}})",
      "core/v1.PodTemplateSpec");
  schema::FieldErrors errors;
  validate_pod_template(pod_template.root(), schema::FieldPath("spec"), errors);
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors.causes()[0].field, "spec.labels");
  EXPECT_EQ(errors.causes()[1].field, "spec.spec.ephemeralContainers");
}

TEST(UnifiedDiff, ShowsThreeLinesOfContextAndNothingForEqualTexts) {
  EXPECT_EQ(unified_diff("a\nb\n", "a\nb"), "");
  EXPECT_EQ(unified_diff("1\n2\n3\n4\n5\n6\n7\n8\n9", "1\n2\n3\n4\nx\n6\n7\n8\n9"),
            "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n");
  EXPECT_EQ(unified_diff("", "a"), "@@ -0,0 +1 @@\n+a\n");
}

TEST(GoText, HasInternalNamesAndLeavesNothingOut) {
  const Document variable = read(R"({"name":"A","value":"<"})", "core/v1.EnvVar");
  EXPECT_EQ(go_text(variable.root(), api::types().find("core/v1.EnvVar")),
            "{\n \"Name\": \"A\",\n \"Value\": \"\\u003c\",\n \"ValueFrom\": null\n}");
}

// BEHAVIOURS 148.
TEST(Binding, SetsTheNodeLabelsAndTheConditionOnce) {
  const Document binding = read(R"({"metadata":{"name":"p","labels":{"z":"1"}},"target":{"name":"n"}})");
  object::Draft pod = object::Draft::from(read(R"({"metadata":{"name":"p"},"spec":{}})"));
  ASSERT_TRUE(bind_pod(pod.root(), binding.root(), "2024-01-01T00:00:00Z").has_value());
  EXPECT_EQ(pod["spec"]["nodeName"].as_string(), "n");
  EXPECT_EQ(pod["metadata"]["labels"]["z"].as_string(), "1");
  EXPECT_EQ(pod["status"]["conditions"].at(0)["type"].as_string(), "PodScheduled");
  const auto again = bind_pod(pod.root(), binding.root(), "2024-01-01T00:00:00Z");
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().message(), "Operation cannot be fulfilled on pods/binding \"p\": pod p is "
                                     "already assigned to node \"n\"");
}

struct EvictionCase {
  std::string_view name;
  std::string_view pod_status;
  std::string_view budget_status;
  std::string_view want;  // The step, or the cause of the refusal.
};

class Eviction : public testing::TestWithParam<EvictionCase> {};

// BEHAVIOURS 149.
TEST_P(Eviction, IsDecidedByTheBudget) {
  const Document pod = read(fmt::format(R"({{"status":{}}})", GetParam().pod_status));
  const Document budget = read(fmt::format(
      R"({{"metadata":{{"name":"b","generation":1}},"status":{}}})", GetParam().budget_status));
  const Value budgets[] = {budget.root()};
  const Result<EvictionPlan> plan = plan_eviction(pod.root(), budgets);
  if (!plan) {
    EXPECT_EQ(plan.error().code(), 429);
    EXPECT_EQ(plan.error().causes().at(0).message, GetParam().want);
    return;
  }
  constexpr std::string_view kSteps[] = {"delete", "delete as seen", "take"};
  EXPECT_EQ(kSteps[static_cast<int>(plan->step)], GetParam().want);
}

constexpr std::string_view kReady =
    R"({"phase":"Running","conditions":[{"type":"Ready","status":"True"}]})";

INSTANTIATE_TEST_SUITE_P(
    Table, Eviction,
    testing::Values(
        EvictionCase{"pending", R"({"phase":"Pending"})", "{}", "delete"},
        EvictionCase{"unseen", kReady, "{}",
                     "The disruption budget b is still being processed by the server."},
        EvictionCase{"allowed", kReady, R"({"observedGeneration":1,"disruptionsAllowed":1})", "take"},
        EvictionCase{"none_left", kReady,
                     R"({"observedGeneration":1,"currentHealthy":1,"desiredHealthy":1})",
                     "The disruption budget b needs 1 healthy pods and has 1 currently"},
        EvictionCase{"unready_in_a_healthy_budget", R"({"phase":"Running"})",
                     R"({"observedGeneration":1,"currentHealthy":1,"desiredHealthy":1})",
                     "delete as seen"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Eviction, UsesUpTheBudgetAndSaysSo) {
  object::Draft budget = object::Draft::from(
      read(R"({"status":{"observedGeneration":2,"disruptionsAllowed":1}})"));
  take_from_budget(budget.root(), "p", "2024-01-01T00:00:00Z");
  EXPECT_EQ(budget["status"]["disruptionsAllowed"].as_int(7), 0);
  EXPECT_TRUE(budget["status"]["disruptedPods"]["p"].exists());
  EXPECT_EQ(budget["status"]["conditions"].at(0)["reason"].as_string(), "InsufficientPods");
}

}  // namespace
}  // namespace knarr::apiserver
