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
  const Field groups = types().find("admissionregistration.k8s.io/v1.NamedRuleWithOperations").find("apiGroups");
  EXPECT_EQ(groups.row().inline_proto, 2 | 2 << 8);
}

}  // namespace
}  // namespace knarr::api
