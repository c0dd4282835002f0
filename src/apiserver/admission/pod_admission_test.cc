// SPDX-License-Identifier: Apache-2.0
#include "apiserver/admission/default_tolerations.h"
#include "apiserver/admission/node_restriction.h"
#include "apiserver/admission/priority.h"
#include "apiserver/admission/runtime_class.h"
#include "apiserver/admission/service_account.h"
#include "codec/json.h"

#include <gtest/gtest.h>

namespace knarr::apiserver {
namespace {

object::Draft draft(std::string_view json) {
  auto read = codec::parse_json(json);
  EXPECT_TRUE(read.has_value()) << json;
  return std::move(*read);
}

object::Document document(std::string_view json) { return draft(json).freeze(); }

std::string message(const Result<>& result) {
  return result ? "" : result.error().message();
}

TEST(ServiceAccount, MountsATokenWhereNothingIsAndGivesPullSecrets) {
  object::Draft pod = draft(R"({"metadata":{"name":"p"},"spec":{"containers":[{"name":"a"},
      {"name":"b","volumeMounts":[{"name":"x","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}]}]}})");
  const auto account =
      document(R"({"metadata":{"name":"default"},"imagePullSecrets":[{"name":"s"}]})");
  ASSERT_EQ(message(admit_service_account(pod.root(), account.root(), "ns", "abcde")), "");
  EXPECT_EQ(pod["spec"]["serviceAccountName"].as_string(), "default");
  EXPECT_EQ(pod["spec"]["imagePullSecrets"].at(0)["name"].as_string(), "s");
  EXPECT_EQ(pod["spec"]["volumes"].at(0)["name"].as_string(), "kube-api-access-abcde");
  EXPECT_EQ(pod["spec"]["containers"].at(0)["volumeMounts"].size(), 1U);
  EXPECT_EQ(pod["spec"]["containers"].at(1)["volumeMounts"].size(), 1U);
}

TEST(ServiceAccount, MustExist) {
  object::Draft pod = draft(R"({"metadata":{"name":"p"},"spec":{"serviceAccountName":"x"}})");
  EXPECT_EQ(message(admit_service_account(pod.root(), {}, "ns", "abcde")),
            "pods \"p\" is forbidden: error looking up service account ns/x: serviceaccount \"x\" "
            "not found");
}

TEST(Priority, ComesFromTheClassAndNotFromTheClient) {
  object::Draft pod = draft(R"({"metadata":{"name":"p"},"spec":{"priorityClassName":"c"}})");
  const auto high = document(R"({"metadata":{"name":"c"},"value":7})");
  ASSERT_EQ(message(admit_new_priority(pod.root(), high.root())), "");
  EXPECT_EQ(pod["spec"]["priority"].as_int(), 7);
  EXPECT_EQ(pod["spec"]["preemptionPolicy"].as_string(), "PreemptLowerPriority");
  pod["spec"].set("priority", 8);
  EXPECT_NE(message(admit_new_priority(pod.root(), high.root())), "");
}

TEST(DefaultTolerations, LeaveAPodAloneThatToleratesAll) {
  object::Draft pod = draft(R"({"spec":{"tolerations":[{"operator":"Exists"}]}})");
  add_default_tolerations(pod.root());
  EXPECT_EQ(pod["spec"]["tolerations"].size(), 1U);
  object::Draft plain = draft(R"({"spec":{}})");
  add_default_tolerations(plain.root());
  EXPECT_EQ(plain["spec"]["tolerations"].size(), 2U);
}

// BEHAVIOURS 146.
TEST(RuntimeClass, RefusesAnOverheadThatIsNotItsOwn) {
  object::Draft pod = draft(R"({"metadata":{"name":"p"},"spec":{"overhead":{"cpu":"1"}}})");
  EXPECT_EQ(message(admit_runtime_class(pod.root(), {})),
            "pods \"p\" is forbidden: pod rejected: Pod Overhead set without corresponding "
            "RuntimeClass defined Overhead");
  object::Draft same = draft(R"({"spec":{"runtimeClassName":"r","overhead":{"cpu":"1000m"}}})");
  const auto runtime = document(R"({"overhead":{"podFixed":{"cpu":"1"}},
      "scheduling":{"nodeSelector":{"a":"b"}}})");
  EXPECT_EQ(message(admit_runtime_class(same.root(), runtime.root())), "");
  EXPECT_EQ(same["spec"]["nodeSelector"]["a"].as_string(), "b");
}

TEST(NodeRestriction, LetsANodeActOnItsOwnPodsOnly) {
  const auth::User user{.name = "system:node:n", .uid = {}, .groups = {"system:nodes"}, .extra = {}};
  ASSERT_TRUE(node_user(user).is_node);
  EXPECT_EQ(node_user(user).name, "n");
  const auto own = document(R"({"metadata":{"name":"p"},"spec":{"nodeName":"n"}})");
  const auto other = document(R"({"metadata":{"name":"p"},"spec":{"nodeName":"m"}})");
  EXPECT_EQ(message(check_node_deletes_pod("n", own.root())), "");
  EXPECT_NE(message(check_node_deletes_pod("n", other.root())), "");
  EXPECT_NE(message(check_node_creates_pod("n", own.root(), {})), "");
}

}  // namespace
}  // namespace knarr::apiserver
