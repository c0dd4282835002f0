// SPDX-License-Identifier: Apache-2.0
#include "schema/patch/managed_fields.h"

#include "api/types.h"
#include "base/check.h"
#include "codec/json.h"
#include "codec/typed.h"
#include "schema/json_text.h"
#include "schema/patch/field_set.h"
#include "schema/patch/server_side_apply.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace knarr::schema {
namespace {

using object::Document;
using object::Draft;

std::string round_trip(std::string_view fields) {
  std::string out;
  MUST(FieldSet::parse(fields)).write(out);
  return out;
}

TEST(FieldSet, RoundTripsFieldsV1) {
  for (const char* text : {
           R"({})",
           R"({"f:data":{".":{},"f:a":{}}})",
           R"({"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}}}})",
           R"({"f:metadata":{"f:finalizers":{"v:\"a/b\"":{}}},"f:x":{"i:0":{}}})",
       }) {
    EXPECT_EQ(round_trip(text), text);
  }
  for (const char* text : {"", "[]", R"({"a":{}})", R"({"f:a":1})", R"({"k:x":{}})", R"({"i:x":{}})"}) {
    EXPECT_FALSE(FieldSet::parse(text)) << text;
  }
}

TEST(FieldSet, SortsKeysByTheirValues) {
  EXPECT_EQ(round_trip(R"({"k:{\"p\":443}":{},"k:{\"p\":80}":{},"v:1":{},"f:b":{},"f:a":{}})"),
            R"({"f:a":{},"f:b":{},"k:{\"p\":80}":{},"k:{\"p\":443}":{},"v:1":{}})");
}

TEST(FieldSet, SubtractsPathsAndTrees) {
  FieldSet set = MUST(FieldSet::parse(R"({"f:a":{".":{},"f:b":{}},"f:c":{}})"));
  set.subtract(MUST(FieldSet::parse(R"({"f:a":{}})")));
  std::string out;
  set.write(out);
  EXPECT_EQ(out, R"({"f:a":{"f:b":{}},"f:c":{}})");
  set.subtract_deep(MUST(FieldSet::parse(R"({"f:a":{}})")));
  out.clear();
  set.write(out);
  EXPECT_EQ(out, R"({"f:c":{}})");
}

class ManagedFields : public testing::Test {
 protected:
  static constexpr std::string_view kBefore = "2026-01-01T00:00:00Z";
  static constexpr std::string_view kAfter = "2026-01-01T00:01:00Z";
  object::Type type_ = api::types().find("core/v1.ConfigMap");

  Document settled(Draft& draft) {
    MUST(codec::decode_typed(draft.root(), type_));
    return codec::freeze_typed(draft, type_);
  }
  Document write(const Document* live, std::string_view json, std::string_view manager,
                 std::string_view now = kBefore) {
    Draft draft = MUST(codec::parse_json(json));
    MUST(codec::decode_typed(draft.root(), type_));
    draft.root().ensure_map("metadata").set("uid", "u");
    update_managed_fields(live, draft, type_, {manager, "v1", "", now, {}});
    return settled(draft);
  }
  Document apply(const Document* live, std::string_view json, std::string_view manager,
                 bool force = false) {
    const Draft applied = MUST(codec::parse_json(json));
    auto result = MUST(server_side_apply(live, applied.root(), type_,
                                         {manager, "v1", "ConfigMap", "", force, kAfter, {}}));
    result.object.root().ensure_map("metadata").set("uid", "u");
    return settled(result.object);
  }
  static std::string entries(const Document& document) {
    return json_text(document["metadata"]["managedFields"]);
  }
};

// BEHAVIOURS 144.
TEST_F(ManagedFields, AnUpdateOwnsWhatItChanges) {
  const Document one = write(nullptr, R"({"data":{"a":"1"}})", "m");
  EXPECT_EQ(entries(one),
            R"([{"manager":"m","operation":"Update","apiVersion":"v1","time":"2026-01-01T00:00:00Z",)"
            R"("fieldsType":"FieldsV1","fieldsV1":{"f:data":{".":{},"f:a":{}}}}])");
  const Document two = write(&one, R"({"data":{"a":"2","b":"1"}})", "n", kAfter);
  EXPECT_EQ(entries(two),
            R"([{"manager":"m","operation":"Update","apiVersion":"v1","time":"2026-01-01T00:00:00Z",)"
            R"("fieldsType":"FieldsV1","fieldsV1":{"f:data":{}}},)"
            R"({"manager":"n","operation":"Update","apiVersion":"v1","time":"2026-01-01T00:01:00Z",)"
            R"("fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:a":{},"f:b":{}}}}])");
  const Document same = write(&two, R"({"data":{"a":"2","b":"1"}})", "other", kAfter);
  EXPECT_EQ(entries(same), entries(two));
}

TEST_F(ManagedFields, AnEmptyListEndsTheTracking) {
  const Document one = write(nullptr, R"({"data":{"a":"1"}})", "m");
  const Document two = write(&one, R"({"metadata":{"managedFields":[]},"data":{"a":"2"}})", "m");
  EXPECT_EQ(entries(two), "null");
  const Document three = write(&two, R"({"data":{"a":"3"}})", "m");
  EXPECT_EQ(entries(three), "null");
}

TEST_F(ManagedFields, TheEleventhUpdaterFoldsTheOldest) {
  Document live = write(nullptr, R"({"data":{"k":"v"}})", "u0", "2026-01-01T00:00:00Z");
  std::string data = R"("k":"v")";
  for (int i = 1; i <= 10; ++i) {
    data += fmt::format(R"(,"k{}":"v")", i);
    live = write(&live, "{\"data\":{" + data + "}}", fmt::format("u{}", i),
                 fmt::format("2026-01-01T00:00:{:02}Z", i));
  }
  const object::Value list = live["metadata"]["managedFields"];
  ASSERT_EQ(list.size(), 10U);
  EXPECT_EQ(list.at(0)["manager"].as_string(), "ancient-changes");
  EXPECT_EQ(list.at(0)["fieldsV1"].as_raw(), R"({"f:data":{".":{},"f:k":{},"f:k1":{}}})");
}

TEST_F(ManagedFields, ApplyPrunesConflictsAndTakesByForce) {
  constexpr auto kBoth = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","labels":{"l":"m"}},"data":{"a":"1","b":"2"}})";
  constexpr auto kOne = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"9"}})";
  const Document made = apply(nullptr, kBoth, "m1");
  const Draft other = MUST(codec::parse_json(kOne));
  const auto refused = server_side_apply(&made, other.root(), type_,
                                         {"m2", "v1", "ConfigMap", "", false, kAfter, {}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), Reason::Conflict);
  EXPECT_EQ(refused.error().message(),
            "Apply failed with 1 conflict: conflict with \"m1\": .data.a");
  const Document taken = apply(&made, kOne, "m2", true);
  EXPECT_EQ(json_text(taken["data"]), R"({"a":"9","b":"2"})");
  const Document let_go =
      apply(&taken, R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}})", "m1");
  EXPECT_EQ(json_text(let_go["data"]), R"({"a":"9"})");
  EXPECT_EQ(json_text(let_go["metadata"]["labels"]), "null");
  EXPECT_EQ(object::name_of(let_go.root()), "x");
}

TEST_F(ManagedFields, ApplyRefusesWhatTheTypeDoesNotHave) {
  for (const char* json : {
           R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"foo":1})",
           R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":1}})",
           R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"managedFields":[]}})",
           R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"}})",
       }) {
    const Draft applied = MUST(codec::parse_json(json));
    const auto result = server_side_apply(nullptr, applied.root(), type_,
                                          {"m", "v1", "ConfigMap", "", false, kAfter, {}});
    ASSERT_FALSE(result) << json;
    EXPECT_EQ(result.error().reason(), Reason::BadRequest) << json;
  }
}

// Custom objects without a schema: maps by key, lists whole.
TEST_F(ManagedFields, ObjectsWithoutASchemaMergeEntryByEntry) {
  const auto run = [](const Document* live, std::string_view json, std::string_view manager) {
    const Draft applied = MUST(codec::parse_json(json));
    auto result = MUST(server_side_apply(live, applied.root(), {},
                                         {manager, "e.io/v1", "W", "", true, kAfter, {}}));
    return result.object.freeze();
  };
  const Document one = run(nullptr, R"({"apiVersion":"e.io/v1","kind":"W","spec":{"a":1,"l":[1,2]}})", "m");
  EXPECT_EQ(json_text(one["spec"]), R"({"a":1,"l":[1,2]})");
  const Document two = run(&one, R"({"apiVersion":"e.io/v1","kind":"W","spec":{"b":{"c":2}}})", "n");
  EXPECT_EQ(json_text(two["spec"]), R"({"a":1,"l":[1,2],"b":{"c":2}})");
  const Document three = run(&two, R"({"apiVersion":"e.io/v1","kind":"W","spec":{"l":[3]}})", "m");
  EXPECT_EQ(json_text(three["spec"]), R"({"l":[3],"b":{"c":2}})");
}

TEST_F(ManagedFields, AWriteOfNewTimesAloneKeepsTheOldOnes) {
  const Document one = write(nullptr, R"({"data":{"a":"1"}})", "m");
  Draft next = Draft::from(one.root());
  next["metadata"]["managedFields"].at(0).set("time", kAfter);
  EXPECT_TRUE(keep_managed_times(one, next.root()));
  EXPECT_EQ(next["metadata"]["managedFields"].at(0)["time"].as_string(), kBefore);
  next["metadata"]["managedFields"].at(0).set("time", kAfter);
  next["data"].set("a", "2");
  EXPECT_FALSE(keep_managed_times(one, next.root()));
}

}  // namespace
}  // namespace knarr::schema
