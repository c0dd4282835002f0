// SPDX-License-Identifier: Apache-2.0
// JSON, merge and strategic merge patches on small trees; golden_patch_test.cc has the long tables.
#include "api/types.h"
#include "base/check.h"
#include "codec/json.h"
#include "schema/json_text.h"
#include "schema/patch/json_patch.h"
#include "schema/patch/merge_patch.h"
#include "schema/patch/strategic_merge.h"

#include <gtest/gtest.h>

namespace knarr::schema {
namespace {

using object::Draft;

std::string json_patched(std::string_view object, std::string_view patch) {
  Draft draft = MUST(codec::parse_json(object));
  const Draft operations = MUST(codec::parse_json(patch));
  const Result<> result = apply_json_patch(draft, operations.root());
  return result ? json_text(draft.root()) : std::string(to_string(result.error().reason()));
}

// BEHAVIOURS 44, 140.
TEST(JsonPatch, AppliesOperationsInOrder) {
  struct Row {
    const char *object, *patch, *want;
  };
  const Row rows[] = {
      {R"({"a":[1,2]})", R"([{"op":"add","path":"/a/1","value":9}])", R"({"a":[1,9,2]})"},
      {R"({"a":[1,2]})", R"([{"op":"add","path":"/a/-","value":9}])", R"({"a":[1,2,9]})"},
      {R"({"a":[1,2]})", R"([{"op":"add","path":"/a/-1","value":9}])", R"({"a":[1,2,9]})"},
      {R"({"a":[1,2]})", R"([{"op":"add","path":"/a/3","value":9}])", "Invalid"},
      {R"({"a":[1,2]})", R"([{"op":"remove","path":"/a/-1"}])", R"({"a":[1]})"},
      {R"({"a":1})", R"([{"op":"remove","path":"/b"}])", "Invalid"},
      {R"({"a":1})", R"([{"op":"replace","path":"/b","value":2}])", R"({"a":1,"b":2})"},
      {R"({"a/b~":1})", R"([{"op":"replace","path":"/a~1b~0","value":2}])", R"({"a/b~":2})"},
      {R"({"a":1})", R"([{"op":"move","from":"/a","path":"/b"}])", R"({"b":1})"},
      {R"({"a":{"c":1}})", R"([{"op":"move","from":"/a","path":"/a/b"}])", "Invalid"},
      {R"({"a":{"c":1}})", R"([{"op":"copy","from":"/a","path":"/a/b"}])", R"({"a":{"c":1,"b":{"c":1}}})"},
      {R"({"a":1})", R"([{"op":"test","path":"/a","value":1}])", R"({"a":1})"},
      {R"({"a":1})", R"([{"op":"test","path":"/a","value":2}])", "Invalid"},
      {R"({"a":1})", R"([{"op":"test","path":"/b","value":null}])", R"({"a":1})"},
      {R"({"a":1})", R"([{"op":"nonsense","path":"/a"}])", "Invalid"},
      {R"({"a":1})", R"({"op":"add"})", "BadRequest"},
      {R"({"a":1})", R"([{"op":1}])", "BadRequest"},
  };
  for (const Row& row : rows) EXPECT_EQ(json_patched(row.object, row.patch), row.want) << row.patch;
}

TEST(JsonPatch, BoundsWorkAndCopies) {
  std::string many = "[";
  for (int i = 0; i < 10'001; ++i) many += i == 0 ? "{}" : ",{}";
  EXPECT_EQ(json_patched("{}", many + "]"), "RequestEntityTooLarge");
  std::string doubling = "[";
  for (int i = 0; i < 64; ++i) {
    doubling += R"({"op":"copy","from":"/a","path":"/a/)" + std::to_string(i) + "\"},";
  }
  doubling.back() = ']';
  EXPECT_EQ(json_patched(R"({"a":{"b":"0123456789"}})", doubling), "Invalid");
}

TEST(MergePatch, NullRemovesAndMapsMerge) {
  struct Row {
    const char *object, *patch, *want;
  };
  const Row rows[] = {
      {R"({"a":{"b":1,"c":2}})", R"({"a":{"b":null,"d":3}})", R"({"a":{"c":2,"d":3}})"},
      {R"({"a":[1]})", R"({"a":[2,null]})", R"({"a":[2,null]})"},
      {R"({})", R"({"a":{"b":null,"c":[{"d":null}]}})", R"({"a":{"c":[{}]}})"},
      {R"({"a":"x"})", R"({"a":{"b":1}})", R"({"a":{"b":1}})"},
  };
  for (const Row& row : rows) {
    Draft draft = MUST(codec::parse_json(row.object));
    ASSERT_TRUE(apply_merge_patch(draft, MUST(codec::parse_json(row.patch)).root()));
    EXPECT_EQ(json_text(draft.root()), row.want);
  }
  Draft draft;
  EXPECT_FALSE(apply_merge_patch(draft, MUST(codec::parse_json("[]")).root()));
}

std::string merged(std::string_view object, std::string_view patch) {
  Draft draft = MUST(codec::parse_json(object));
  const Draft parsed = MUST(codec::parse_json(patch));
  const Result<> result = apply_strategic_merge_patch(draft, parsed.root(),
                                                      api::types().find("core/v1.PodSpec"));
  return result ? json_text(draft.root()) : std::string(to_string(result.error().reason()));
}

// BEHAVIOURS 43, 141.
TEST(StrategicMerge, MergesListsByKey) {
  constexpr auto kTwo = R"({"containers":[{"name":"a","image":"1"},{"name":"b"}]})";
  EXPECT_EQ(merged(kTwo, R"({"containers":[{"name":"b","image":"2"}]})"),
            R"({"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]})");
  EXPECT_EQ(merged(kTwo, R"({"containers":[{"name":"n"}]})"),
            R"({"containers":[{"name":"n"},{"name":"a","image":"1"},{"name":"b"}]})");
  EXPECT_EQ(merged(kTwo, R"({"containers":[{"name":"a","$patch":"delete"}]})"),
            R"({"containers":[{"name":"b"}]})");
  EXPECT_EQ(merged(kTwo, R"({"containers":[{"$patch":"replace"},{"name":"z"}]})"),
            R"({"containers":[{"name":"z"}]})");
  EXPECT_EQ(merged(kTwo, R"({"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]})"),
            R"({"containers":[{"name":"b"},{"name":"a","image":"1"}]})");
  EXPECT_EQ(merged(kTwo, R"({"containers":[{"image":"x"}]})"), "BadRequest");
  EXPECT_EQ(merged(kTwo, R"({"containers":[null]})"), "BadRequest");
}

TEST(StrategicMerge, ListsWithoutAStrategyAreReplacedAndVolumesRetainKeys) {
  EXPECT_EQ(merged(R"({"tolerations":[{"key":"a"}]})", R"({"tolerations":[{"key":"b"}]})"),
            R"({"tolerations":[{"key":"b"}]})");
  EXPECT_EQ(merged(R"({"volumes":[{"name":"v","emptyDir":{}}]})",
                   R"({"volumes":[{"name":"v","$retainKeys":["name","hostPath"],"hostPath":{"path":"/"}}]})"),
            R"({"volumes":[{"name":"v","hostPath":{"path":"/"}}]})");
  EXPECT_EQ(merged(R"({"readinessGates":[{"conditionType":"a"}]})",
                   R"({"$setElementOrder/readinessGates":[{"conditionType":"a"}]})"),
            "BadRequest");
}

}  // namespace
}  // namespace knarr::schema
