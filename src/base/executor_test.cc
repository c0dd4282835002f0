// SPDX-License-Identifier: Apache-2.0
#include "base/executor.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace knarr {
namespace {

TEST(Executor, RunsPostedFunctionsInOrderAndNeverInsidePost) {
  ManualExecutor executor;
  std::vector<int> ran;
  executor.post([&] {
    executor.post([&] { ran.push_back(3); });
    ran.push_back(1);
  });
  executor.post([&] { ran.push_back(2); });
  EXPECT_TRUE(ran.empty());
  EXPECT_EQ(executor.run_until_idle(), 3U);
  EXPECT_EQ(ran, (std::vector{1, 2, 3}));
}

TEST(Executor, KnowsWhetherItIsCurrent) {
  ManualExecutor executor;
  Strand strand(executor);
  EXPECT_FALSE(executor.is_current());
  bool inside = false;
  bool strand_inside = false;
  executor.post([&] { inside = executor.is_current() && !strand.is_current(); });
  strand.post([&] { strand_inside = strand.is_current(); });
  executor.run_until_idle();
  EXPECT_TRUE(inside);
  EXPECT_TRUE(strand_inside);
  EXPECT_FALSE(strand.is_current());
}

TEST(Strand, RunsOneAtATimeInOrderWhateverTheThreads) {
  // Two threads run the underlying queue: only the strand keeps the order.
  ManualExecutor executor;
  Strand strand(executor);
  std::vector<int> ran;  // Unguarded on purpose.
  constexpr int kCount = 2000;
  std::jthread one([&] { executor.run(); });
  for (int i = 0; i < kCount; ++i) {
    strand.post([&, i] {
      ran.push_back(i);
      if (i == kCount - 1) executor.stop();
    });
  }
  one.join();
  ASSERT_EQ(ran.size(), static_cast<std::size_t>(kCount));
  for (int i = 0; i < kCount; ++i) EXPECT_EQ(ran[i], i);
}

TEST(Strand, RunsQueuedWorkAfterItsDestruction) {
  ManualExecutor executor;
  bool ran = false;
  {
    Strand strand(executor);
    strand.post([&] { ran = true; });
  }
  executor.run_until_idle();
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace knarr
