// SPDX-License-Identifier: Apache-2.0
#include "schema/semantic_equality.h"

#include "api/types.h"
#include "base/check.h"
#include "codec/json.h"
#include "schema/gates.h"

#include <gtest/gtest.h>

namespace knarr::schema {
namespace {

TEST(SemanticEquality, NilIsEmptyAndQuantitiesCompareByAmount) {
  struct Row {
    const char *type, *a, *b;
    bool want;
  };
  const Row rows[] = {
      {"core/v1.PodSpec", R"({"containers":[]})", R"({})", true},
      {"core/v1.PodSpec", R"({"hostNetwork":false,"nodeName":""})", R"({})", true},
      {"core/v1.PodSpec", R"({"hostNetwork":true})", R"({})", false},
      {"core/v1.PodSpec", R"({"priority":0})", R"({})", false},  // A pointer.
      {"core/v1.PodSpec", R"({"securityContext":{}})", R"({})", false},
      {"core/v1.Container", R"({"resources":{"limits":{}}})", R"({})", true},
      {"core/v1.Container", R"({"resources":{"limits":{"cpu":"1000m"}}})",
       R"({"resources":{"limits":{"cpu":"1"}}})", true},
      {"core/v1.Container", R"({"resources":{"limits":{"cpu":"2"}}})",
       R"({"resources":{"limits":{"cpu":"1"}}})", false},
      {"core/v1.Container", R"({"args":["a","b"]})", R"({"args":["b","a"]})", false},
      {"core/v1.ConfigMap", R"({"data":{"a":"1","b":"2"}})", R"({"data":{"b":"2","a":"1"}})", true},
      {"core/v1.ConfigMap", R"({"data":{"a":""}})", R"({"data":{}})", false},
      {"core/v1.PodSpec", R"({"volumes":[{"name":"v"}]})", R"({"volumes":null})", false},
  };
  for (const Row& row : rows) {
    const auto a = MUST(codec::parse_json(row.a)).freeze();
    const auto b = MUST(codec::parse_json(row.b)).freeze();
    const object::Type type = api::types().find(row.type);
    EXPECT_EQ(semantic_equal(a.root(), b.root(), type), row.want) << row.a << " " << row.b;
    EXPECT_EQ(semantic_equal(b.root(), a.root(), type), row.want) << row.b << " " << row.a;
  }
}

// BEHAVIOURS 154.
TEST(Gates, FieldsOfGatesThatAreOffAreDropped) {
  const object::Type type = api::types().find("apps/v1.StatefulSet");
  const char* json =
      R"({"spec":{"updateStrategy":{"rollingUpdate":{"partition":1,"maxUnavailable":"50%"}}}})";
  object::Draft draft = MUST(codec::parse_json(json));
  const auto before = draft.freeze();
  drop_disabled_fields(draft.root(), before.root(), type);
  EXPECT_TRUE(draft["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"].exists());
  drop_disabled_fields(draft.root(), {}, type);
  EXPECT_FALSE(draft["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"].exists());
  EXPECT_EQ(draft["spec"]["updateStrategy"]["rollingUpdate"]["partition"].as_int(), 1);
}

}  // namespace
}  // namespace knarr::schema
