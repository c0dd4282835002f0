// SPDX-License-Identifier: Apache-2.0
// The facts of kinds, and the small languages some of them hold.
#include "apiserver/registry/kinds/cron_schedule.h"
#include "apiserver/registry/kinds/job.h"

#include "api/resources.h"
#include "apiserver/registry/kind_rules.h"

#include <gtest/gtest.h>

namespace knarr::apiserver {
namespace {

TEST(KindFacts, EveryStoredResourceHasRules) {
  for (const api::ResourceRow& row : api::resources()) {
    if (!row.enabled() || row.storage_prefix().empty()) continue;
    EXPECT_NE(find_kind_rules(row.stored_group(), row.plural()), nullptr)
        << row.stored_group() << "/" << row.plural();
  }
}

// BEHAVIOURS 131.
TEST(KindFacts, SomeKindsAreMadeByAPutAndSomeNeedAVersion) {
  for (const char* plural : {"services", "endpoints", "events", "limitranges"}) {
    EXPECT_TRUE(find_kind_rules("", plural)->create_on_update) << plural;
  }
  EXPECT_FALSE(find_kind_rules("", "configmaps")->create_on_update);
  EXPECT_TRUE(find_kind_rules("rbac.authorization.k8s.io", "roles")->create_on_update);
  EXPECT_FALSE(find_kind_rules("coordination.k8s.io", "leases")->unconditional_update);
  EXPECT_FALSE(find_kind_rules("policy", "poddisruptionbudgets")->unconditional_update);
  EXPECT_TRUE(find_kind_rules("apps", "deployments")->unconditional_update);
}

// BEHAVIOURS 133, 138.
TEST(KindFacts, GenerationsAndDeletionsDiffer) {
  EXPECT_EQ(find_kind_rules("autoscaling", "horizontalpodautoscalers")->generation,
            Generation::None);
  EXPECT_EQ(find_kind_rules("scheduling.k8s.io", "priorityclasses")->generation,
            Generation::AtCreation);
  EXPECT_EQ(find_kind_rules("apps", "deployments")->generation_also, "annotations");
  EXPECT_EQ(find_kind_rules("batch", "jobs")->propagation, DefaultPropagation::Orphan);
  EXPECT_TRUE(find_kind_rules("", "serviceaccounts")->delete_returns_object);
  EXPECT_FALSE(find_kind_rules("apps", "deployments")->delete_returns_object);
}

TEST(CronSchedule, IsReadAsTheLibraryReadsIt) {
  struct Case {
    const char* schedule;
    const char* complaint;
  };
  constexpr Case kCases[] = {
      {"*/5 * * * *", ""},
      {"@daily", ""},
      {"@every 1h30m", ""},
      {"0 0 * JAN-mar MON,wed", ""},
      {"1/5 * * * *", ""},
      {"@reboot", "unrecognized descriptor: @reboot"},
      {"* * * *", "expected exactly 5 fields, found 4: [* * * *]"},
      {"60 * * * *", "end of range (60) above maximum (59): 60"},
      {"* * 0 * *", "beginning of range (0) below minimum (1): 0"},
      {"5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"},
      {"*/0 * * * *", "step of range should be a positive number: */0"},
      {"1-2-3 * * * *", "too many hyphens: 1-2-3"},
      {"a * * * *", "failed to parse int from a: strconv.Atoi: parsing \"a\": invalid syntax"},
      {"@every 1h ",
       "failed to parse duration @every 1h : time: unknown unit \"h \" in duration \"1h \""},
  };
  for (const Case& one : kCases) {
    EXPECT_EQ(kinds::check_cron_schedule(one.schedule), one.complaint) << one.schedule;
  }
}

TEST(JobIndexes, RiseAndStayBelowCompletions) {
  struct Case {
    const char* text;
    const char* complaint;
    std::int64_t count;
  };
  constexpr Case kCases[] = {
      {"", "", 0},
      {"0,2-4", "", 4},
      {"5", "too large index: \"5\"", 0},
      {"3-1", "non-increasing order, previous: 3, current: 1", 0},
      {"1,1", "non-increasing order, previous: 1, current: 1", 1},
      {"1,", "cannot convert string to integer for index: \"\"", 1},
      {"1-2-3",
       "the fragment \"1-2-3\" violates the requirement that an index interval can have at most two "
       "parts separated by '-'", 0},
  };
  for (const Case& one : kCases) {
    std::int64_t count = -1;
    EXPECT_EQ(kinds::check_indexes(one.text, 5, count), one.complaint) << one.text;
    EXPECT_EQ(count, one.count) << one.text;
  }
}

}  // namespace
}  // namespace knarr::apiserver
