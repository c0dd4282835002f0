// SPDX-License-Identifier: Apache-2.0
// The persistent tree against std::map, with copies kept and compared later.
#include "apiserver/watch_cache/tree.h"

#include "base/rng.h"

#include <map>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace knarr::apiserver {
namespace {

using Model = std::map<std::string, Revision>;

CacheItem make_item(const std::string& key, Revision revision) {
  CacheItem item{.created = 1, .modified = revision, .storage_key = "/prefix/" + key};
  item.key = item.storage_key.view().substr(8);
  return item;
}

void expect_same(const Tree& tree, const Model& model) {
  ASSERT_EQ(tree.size(), model.size());
  Tree::Cursor cursor = tree.cursor("");
  for (const auto& [key, revision] : model) {
    ASSERT_NE(cursor.item(), nullptr);
    ASSERT_EQ(cursor.item()->key, key);
    ASSERT_EQ(cursor.item()->modified, revision);
    cursor.next();
  }
  ASSERT_EQ(cursor.item(), nullptr);
}

void expect_same_searches(const Tree& tree, const Model& model, const std::string& key) {
  const auto name = [](const CacheItem* item) {
    return item == nullptr ? std::string("none") : std::string(item->key);
  };
  const auto name_of = [&](Model::const_iterator it) {
    return it == model.end() ? "none" : it->first;
  };
  EXPECT_EQ(name(tree.find(key)), name_of(model.find(key)));
  EXPECT_EQ(name(tree.lower_bound(key)), name_of(model.lower_bound(key)));
  EXPECT_EQ(name(tree.after(key)), name_of(model.upper_bound(key)));
  EXPECT_EQ(tree.rank(key),
            static_cast<std::size_t>(std::distance(model.begin(), model.lower_bound(key))));
}

TEST(Tree, IsAnOrderedMap) {
  SeededRng rng(7);
  Tree tree;
  Model model;
  for (int i = 0; i < 20'000; ++i) {
    const bool shrinking = (i / 4000) % 2 == 1;
    const std::string key = fmt::format("n{}/{}", rng.below(9), rng.below(400));
    if (rng.below(10) < (shrinking ? 7U : 3U)) {
      EXPECT_EQ(tree.erase(key), model.erase(key) == 1);
    } else {
      tree.put(make_item(key, static_cast<Revision>(i)));
      model[key] = static_cast<Revision>(i);
    }
    if (i % 50 == 0)
      expect_same_searches(tree, model, fmt::format("n{}/{}", rng.below(9), rng.below(400)));
    if (i % 1000 == 0) expect_same(tree, model);
  }
  for (const auto& [key, revision] : model) EXPECT_TRUE(tree.erase(key));
  EXPECT_EQ(tree.size(), 0);
  EXPECT_EQ(tree.find("n1/1"), nullptr);
  EXPECT_EQ(tree.cursor("").item(), nullptr);
}

TEST(Tree, CopiesStayAsTheyWere) {
  SeededRng rng(8);
  Tree tree;
  Model model;
  std::vector<std::pair<Tree, Model>> copies;
  for (int i = 0; i < 3000; ++i) {
    const std::string key = fmt::format("{}", rng.below(700));
    if (rng.below(3) == 0) {
      tree.erase(key);
      model.erase(key);
    } else {
      tree.put(make_item(key, static_cast<Revision>(i)));
      model[key] = static_cast<Revision>(i);
    }
    if (rng.below(20) == 0) copies.emplace_back(tree, model);
    if (copies.size() > 40)
      copies.erase(copies.begin() + static_cast<std::ptrdiff_t>(rng.below(copies.size())));
  }
  for (const auto& [copy, then] : copies) expect_same(copy, then);
}

TEST(Tree, TakesKeysInTheirOrderAndBackwards) {
  Tree tree;
  Tree backwards;
  Model model;
  for (int i = 0; i < 5000; ++i) {
    const std::string key = fmt::format("{:06}", i);
    tree.put(make_item(key, 1));
    backwards.put(make_item(fmt::format("{:06}", 4999 - i), 1));
    model[key] = 1;
  }
  expect_same(tree, model);
  expect_same(backwards, model);
}

TEST(Tree, EndsThingsHeldByNobody) {
  auto kept = std::make_unique<Tree>();
  kept->put(make_item("a", 1));
  Tree copy = *kept;
  const CacheItem* item = copy.find("a");
  kept->put(make_item("a", 2));
  kept.reset();
  EXPECT_EQ(item->modified, 1);
  copy.erase(item->key);  // The key given is the item's own.
  EXPECT_EQ(copy.size(), 0);
}

}  // namespace
}  // namespace knarr::apiserver
