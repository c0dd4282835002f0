// SPDX-License-Identifier: Apache-2.0
#include "controllers/garbage_collector/decision.h"

#include "codec/json.h"
#include "controllers/testing/objects.h"

#include <gtest/gtest.h>

namespace knarr::controllers::garbage_collector {
namespace {

using Action = Decision::Action;
using enum OwnerState;

struct DecisionCase {
  std::string name;
  std::vector<OwnerState> owners;
  bool has_dependents = false;
  bool in_circle = false;
  std::string finalizer;
  Action action = Action::Nothing;
  std::string drop;
  std::string propagation;
  bool unblock = false;
};

class Decide : public ::testing::TestWithParam<DecisionCase> {};

TEST_P(Decide, ByTheStateOfOwners) {
  const DecisionCase& c = GetParam();
  const object::Document object = controllers::testing::document(
      R"({"metadata":{"finalizers":[")" + c.finalizer + R"("],"ownerReferences":[{"uid":"a"},{"uid":"b"}]}})");
  const Decision decision = decide(object.root(), c.owners, c.has_dependents, c.in_circle);
  EXPECT_EQ(decision.action, c.action);
  std::string drop;
  for (const std::string& uid : decision.drop) drop += uid;
  EXPECT_EQ(drop, c.drop);
  EXPECT_EQ(decision.propagation, c.propagation);
  EXPECT_EQ(decision.unblock, c.unblock);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Decide,
    ::testing::Values(
        DecisionCase{.name = "no_owners", .owners = {}},
        DecisionCase{.name = "all_there", .owners = {Solid, Solid}},
        DecisionCase{.name = "one_gone", .owners = {Absent, Solid}, .action = Action::DropReferences, .drop = "a"},
        DecisionCase{.name = "one_waits", .owners = {Solid, Waiting}, .action = Action::DropReferences, .drop = "b"},
        DecisionCase{.name = "all_gone", .owners = {Absent, Absent}, .action = Action::Delete, .propagation = "Background"},
        DecisionCase{.name = "gone_and_orphaning", .owners = {Absent}, .finalizer = "orphan", .action = Action::Delete, .propagation = "Orphan"},
        DecisionCase{.name = "waits_for_a_leaf", .owners = {Waiting}, .action = Action::Delete, .propagation = "Background"},
        DecisionCase{.name = "waits_for_a_link", .owners = {Waiting}, .has_dependents = true, .action = Action::Delete, .propagation = "Foreground"},
        DecisionCase{.name = "circle", .owners = {Waiting}, .has_dependents = true, .in_circle = true, .action = Action::Delete, .propagation = "Foreground", .unblock = true}),
    [](const auto& info) { return info.param.name; });

TEST(Patches, LeaveOutWhatGoesAndNullWhenNothingIsLeft) {
  const object::Document object = controllers::testing::document(
      R"({"metadata":{"uid":"u","finalizers":["x","orphan"],"ownerReferences":[{"uid":"a"},{"uid":"b","blockOwnerDeletion":true}]}})");
  const auto text = [](const object::Draft& draft) {
    std::string out;
    codec::write_json(out, draft.root());
    return out;
  };
  EXPECT_EQ(text(references_patch(object.root(), 7, {"b"})),
            R"({"metadata":{"uid":"u","resourceVersion":"7","ownerReferences":[{"uid":"a"}]}})");
  EXPECT_EQ(text(references_patch(object.root(), 7, {"a", "b"})),
            R"({"metadata":{"uid":"u","resourceVersion":"7","ownerReferences":null}})");
  EXPECT_EQ(text(finalizer_patch(object.root(), 7, "orphan")),
            R"({"metadata":{"uid":"u","resourceVersion":"7","finalizers":["x"]}})");
  EXPECT_EQ(text(unblock_patch(object.root(), 7)),
            R"({"metadata":{"uid":"u","resourceVersion":"7","ownerReferences":[{"uid":"a"},{"uid":"b","blockOwnerDeletion":false}]}})");
}

}  // namespace
}  // namespace knarr::controllers::garbage_collector
