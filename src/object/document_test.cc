// SPDX-License-Identifier: Apache-2.0
// Documents and drafts: what goes in comes out, in order, in one small allocation.
#include "object/document.h"

#include "object/draft.h"
#include "object/equality.h"

#include <gtest/gtest.h>

#include <string>

namespace knarr::object {
namespace {

Draft sample() {
  Draft draft;
  NodeRef root = draft.root();
  root.set("kind", "Pod");
  NodeRef metadata = root.ensure_map("metadata");
  metadata.set("name", "a-name-longer-than-a-slot");
  metadata.set("resourceVersion", "42");
  NodeRef labels = metadata.ensure_map("labels");
  labels.set("zz", "1");
  labels.set("app", "knarr");
  labels.sort_keys();
  root.ensure("big").set_int(1LL << 40);
  root.ensure("small").set_int(-7);
  root.ensure("real").set_double(0.5);
  root.ensure("yes").set_bool(true);
  root.ensure("nothing").set_null();
  root.ensure("raw").set_raw(R"({"f:a":{}})");
  NodeRef list = root.ensure_list("items");
  list.append_string("x");
  list.append().set_int(2);
  return draft;
}

TEST(Document, GivesBackEveryKindOfValue) {
  const Document document = sample().freeze();
  EXPECT_EQ(document["kind"].as_string(), "Pod");
  EXPECT_EQ(name_of(document.root()), "a-name-longer-than-a-slot");
  EXPECT_EQ(document["big"].as_int(), 1LL << 40);
  EXPECT_EQ(document["small"].as_int(), -7);
  EXPECT_EQ(document["real"].as_double(), 0.5);
  EXPECT_TRUE(document["yes"].as_bool());
  EXPECT_TRUE(document["nothing"].exists());
  EXPECT_TRUE(document["nothing"].is_null());
  EXPECT_EQ(document["raw"].as_raw(), R"({"f:a":{}})");
  ASSERT_EQ(document["items"].size(), 2U);
  EXPECT_EQ(document["items"].at(0).as_string(), "x");
  EXPECT_EQ(document["items"].at(1).as_int(), 2);
  EXPECT_FALSE(document["items"].at(2).exists());
}

TEST(Document, WalksThroughMissingValues) {
  const Document document = sample().freeze();
  EXPECT_FALSE(document["no"]["such"].at(3)["path"].exists());
  EXPECT_EQ(document["no"].as_int(5), 5);
  EXPECT_EQ(document["kind"].as_int(5), 5);
}

TEST(Document, KeepsTheResourceVersionInItsHeaderOnly) {
  Document document = sample().freeze();
  EXPECT_EQ(document.resource_version(), 42U);
  EXPECT_FALSE(document[atom::metadata][atom::resourceVersion].exists());
  const Draft again = Draft::from(document);
  EXPECT_EQ(again[atom::metadata][atom::resourceVersion].as_string(), "42");
}

TEST(Document, FindsKeysOfSortedMapsByBytes) {
  Draft draft;
  NodeRef map = draft.root();
  for (int i = 0; i < 300; ++i) map.set("key-" + std::to_string(i), i);
  map.sort_keys();
  const Document document = draft.freeze();
  EXPECT_TRUE(document.root().is_sorted_map());
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(document["key-" + std::to_string(i)].as_int(-1), i);
  }
  EXPECT_FALSE(document["key-300"].exists());
}

TEST(Document, SharesOneTreeBetweenCopies) {
  const Document one = sample().freeze();
  const Document two = one;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_TRUE(one.same(two));
  EXPECT_TRUE(equal(one.root(), sample().freeze().root()));
}

TEST(Draft, KeepsHandlesWhileItGrowsAndMoves) {
  Draft draft;
  NodeRef first = draft.root().ensure("first");
  for (int i = 0; i < 1000; ++i) draft.root().set("k" + std::to_string(i), i);
  const Draft moved = std::move(draft);
  first.set_string("still here");
  EXPECT_EQ(moved["first"].as_string(), "still here");
}

TEST(Draft, AssignsFromItsOwnSubtree) {
  Draft draft = sample();
  draft.root().assign(draft["metadata"]);
  EXPECT_EQ(draft["name"].as_string(), "a-name-longer-than-a-slot");
  draft["labels"].assign(draft.root());
  EXPECT_EQ(draft["labels"]["labels"]["app"].as_string(), "knarr");
}

TEST(Draft, EditsListsInPlace) {
  Draft draft;
  NodeRef list = draft.root();
  for (const char* text : {"a", "b", "d"}) list.append_string(text);
  list.insert_at(2).set_string("c");
  list.erase_at(0);
  std::string all;
  for (NodeRef item : list.items()) all += item.as_string();
  EXPECT_EQ(all, "bcd");
}

TEST(Atoms, AreFoundByNameAndNamedByNumber) {
  EXPECT_EQ(find_atom("metadata"), atom::metadata);
  EXPECT_EQ(atom_name(atom::namespace_), "namespace");
  EXPECT_FALSE(find_atom("no-such-field"));
}

}  // namespace
}  // namespace knarr::object
