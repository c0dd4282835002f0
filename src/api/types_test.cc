// SPDX-License-Identifier: Apache-2.0
#include "api/types.h"

#include <gtest/gtest.h>

namespace knarr::api {
namespace {

using namespace object;

TEST(Types, AreFoundByName) {
  const Type deployment = types().find("apps/v1.Deployment");
  ASSERT_TRUE(deployment);
  EXPECT_EQ(deployment.openapi(), "io.k8s.api.apps.v1.Deployment");
  EXPECT_EQ(deployment.field(0).name(), "kind");
  EXPECT_EQ(deployment.field(1).name(), "apiVersion");
  EXPECT_FALSE(types().find("apps/v1.Nothing"));
}

TEST(Types, AFieldKnowsItsShape) {
  const Field replicas = types().find("apps/v1.DeploymentSpec").find("replicas");
  ASSERT_TRUE(replicas);
  EXPECT_EQ(replicas.row().proto, 1);
  EXPECT_TRUE(replicas.has(kPointer));
  EXPECT_TRUE(replicas.has(kOmitEmpty));
  EXPECT_EQ(replicas.default_json(), "1");
  EXPECT_TRUE(replicas.type().is(TypeKind::Int32));
}

TEST(Types, InlinedStructsAreExpandedWithTheirNumber) {
  const Type volume = types().find("core/v1.Volume");
  const Field host_path = volume.find("hostPath");
  ASSERT_TRUE(host_path);
  EXPECT_EQ(host_path.row().proto, 1);
  EXPECT_EQ(host_path.row().inline_proto, 2);
  EXPECT_EQ(volume.find("name").row().inline_proto, 0);
  const Field groups =
      types().find("admissionregistration.k8s.io/v1.NamedRuleWithOperations").find("apiGroups");
  EXPECT_EQ(groups.row().inline_proto, 2 | 2 << 8);
}

TEST(Types, FieldsThatExplainShowsHaveWordsOfHelp) {
  for (const char* name :
       {"core/v1.Pod", "core/v1.PodSpec", "core/v1.Container", "core/v1.PodTemplateSpec",
        "core/v1.Volume", "core/v1.Probe", "core/v1.SecurityContext", "apps/v1.Deployment",
        "apps/v1.DeploymentSpec", "apps/v1.DeploymentStrategy", "meta/v1.ObjectMeta"}) {
    const Type type = types().find(name);
    ASSERT_TRUE(type) << name;
    for (std::size_t i = 0; i < type.field_count(); ++i) {
      EXPECT_FALSE(type.field(i).help().empty()) << name << "." << type.field(i).name();
    }
  }
  EXPECT_EQ(types().find("apps/v1.DeploymentSpec").find("replicas").help(),
            "How many pods should run.");
}

struct NumberCase {
  const char* type;
  const char* field;
  int number;
};

// Protobuf numbers of Kubernetes 1.36: clients and etcd hold bytes in them, they never change.
TEST(Types, ProtobufNumbersAreThoseOfKubernetes) {
  constexpr NumberCase kCases[] = {
      {"meta/v1.ObjectMeta", "name", 1},
      {"meta/v1.ObjectMeta", "managedFields", 17},
      {"meta/v1.OwnerReference", "apiVersion", 5},
      {"core/v1.PodSpec", "containers", 2},
      {"core/v1.PodSpec", "initContainers", 20},
      {"core/v1.PodSpec", "ephemeralContainers", 34},
      {"core/v1.Container", "image", 2},
      {"core/v1.Container", "startupProbe", 22},
      {"core/v1.ServiceSpec", "clusterIPs", 18},
      {"core/v1.NodeStatus", "nodeInfo", 7},
      {"core/v1.Event", "series", 11},
      {"core/v1.Secret", "data", 2},
      {"apps/v1.DeploymentSpec", "progressDeadlineSeconds", 9},
      {"batch/v1.JobSpec", "completionMode", 9},
      {"rbac.authorization.k8s.io/v1.PolicyRule", "nonResourceURLs", 5},
      {"apiextensions.k8s.io/v1.JSONSchemaProps", "x-kubernetes-validations", 44}};
  for (const NumberCase& c : kCases) {
    const Field field = types().find(c.type).find(c.field);
    ASSERT_TRUE(field) << c.type << "." << c.field;
    EXPECT_EQ(field.row().proto, c.number) << c.type << "." << c.field;
  }
}

TEST(Types, KnowHowListsMerge) {
  const Field ports = types().find("core/v1.Container").find("ports");
  EXPECT_TRUE(ports.has(kPatchMerge));
  EXPECT_EQ(ports.merge_key(), "containerPort");
  EXPECT_EQ(ports.list_map_keys(), "containerPort,protocol");
  EXPECT_TRUE(types().find("apps/v1.DeploymentSpec").find("strategy").has(kRetainKeys));
  EXPECT_TRUE(types().find("core/v1.Container").find("command").has(kListAtomic));
  EXPECT_TRUE(types().find("meta/v1.LabelSelector").has(kTypeAtomic));
}

TEST(Types, EnumsKnowTheirValues) {
  const Field policy = types().find("core/v1.PodSpec").find("restartPolicy");
  EXPECT_TRUE(policy.has(kEnumPublished));
  ASSERT_EQ(policy.type().enum_count(), 3U);
  EXPECT_EQ(policy.type().enum_value(0), "Always");
  EXPECT_FALSE(types().find("core/v1.NodeCondition").find("status").has(kEnumPublished));
}

TEST(Types, EveryFieldHasAnAtomAndAType) {
  for (std::uint32_t i = 0; i < types().types.size(); ++i) {
    const Type type = types().at(i);
    for (std::size_t f = 0; type.is(TypeKind::Struct) && f < type.field_count(); ++f) {
      const Field field = type.field(f);
      EXPECT_EQ(atom_name(field.atom()), field.name());
      EXPECT_EQ(type.find(field.atom()).row().name, field.row().name);
    }
  }
}

}  // namespace
}  // namespace knarr::api
