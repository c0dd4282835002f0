// SPDX-License-Identifier: Apache-2.0
#include "controllers/job/plan.h"

#include "controllers/job/policy.h"
#include "controllers/testing/objects.h"
#include "object/time_text.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace knarr::controllers::job {
namespace {

using controllers::testing::document;
using object::Document;

const SystemTime kNow = SystemTime(*object::parse_time("2026-01-01T01:00:00Z"));

Document make_job(std::string_view spec, std::string_view status = "{}") {
  return document(fmt::format(R"({{"metadata":{{"name":"j","namespace":"n","uid":"job"}},"spec":{},"status":{}}})", spec, status));
}

struct Shape {
  std::string uid;
  std::string phase = "Running";
  int index = -1;
  std::string ended = "2026-01-01T00:59:55Z";
  int code = 1;
};

Document job_pod(const Shape& shape) {
  const bool ended = shape.phase == "Failed" || shape.phase == "Succeeded";
  return document(fmt::format(
      R"({{"metadata":{{"name":"{0}","namespace":"n","uid":"{0}","finalizers":["batch.kubernetes.io/job-tracking"],
        "annotations":{{"batch.kubernetes.io/job-completion-index":"{1}"}}}},
        "status":{{"phase":"{2}","containerStatuses":[{{"name":"c","state":{3}}}]}}}})",
      shape.uid, shape.index, shape.phase,
      ended ? fmt::format(R"({{"terminated":{{"exitCode":{},"finishedAt":"{}"}}}})", shape.code, shape.ended) : "{}"));
}

Findings look(const Document& job, const std::vector<Shape>& shapes) {
  std::vector<Document> pods;
  for (const Shape& shape : shapes) pods.push_back(job_pod(shape));
  return examine({.job = job.root(), .pods = std::move(pods), .leaving = {}, .backoff = {}, .now = kNow});
}

TEST(Indexes, AreWrittenAsRangesFromThreeOn) {
  EXPECT_EQ(indexes_text({0, 1, 3, 5, 6, 7}), "0,1,3,5-7");
  EXPECT_EQ(indexes_text(parse_indexes("0-4,9,x,20", 10)), "0-4,9");
  EXPECT_EQ(indexes_text({}), "");
}

TEST(PlanPods, MakesNoMoreThanIsLeftToComplete) {
  const Document job = make_job(R"({"parallelism":5,"completions":3,"backoffLimit":6})");
  EXPECT_EQ(plan_pods(look(job, {{.uid = "a", .phase = "Succeeded", .code = 0}}), kNow).create, 2);
}

TEST(PlanPods, WaitsTenSecondsAfterAFailure) {
  const Document job = make_job(R"({"parallelism":1,"completions":1,"backoffLimit":6})");
  const PodPlan plan = plan_pods(look(job, {{.uid = "a", .phase = "Failed"}}), kNow);
  EXPECT_EQ(plan.create, 0);
  EXPECT_EQ(plan.wait, std::chrono::seconds(5));
}

TEST(PlanPods, GivesTheFirstFreeIndexes) {
  const Document job = make_job(R"({"parallelism":3,"completions":5,"completionMode":"Indexed","backoffLimit":6})",
                                R"({"completedIndexes":"0,2"})");
  const PodPlan plan = plan_pods(look(job, {{.uid = "a", .index = 1}}), kNow);
  EXPECT_EQ(plan.indexes, (std::vector<std::int64_t>{3, 4}));
}

TEST(PlanPods, RemovesTheSecondPodOfAnIndex) {
  const Document job = make_job(R"({"parallelism":2,"completions":2,"completionMode":"Indexed","backoffLimit":6})");
  EXPECT_EQ(plan_pods(look(job, {{.uid = "a", .index = 0}, {.uid = "b", .index = 0}}), kNow).remove.size(), 1U);
}

TEST(Examine, FailsBeyondTheBackoffLimit) {
  const Document job = make_job(R"({"parallelism":1,"completions":1,"backoffLimit":0})");
  const Findings f = look(job, {{.uid = "a", .phase = "Failed"}});
  ASSERT_TRUE(f.finished);
  EXPECT_EQ(f.finished->type, "FailureTarget");
  EXPECT_EQ(f.finished->reason, "BackoffLimitExceeded");
}

TEST(Examine, FailsPastTheDeadline) {
  const Document job = make_job(R"({"backoffLimit":6,"activeDeadlineSeconds":60})", R"({"startTime":"2026-01-01T00:58:00Z"})");
  ASSERT_TRUE(look(job, {}).finished);
  EXPECT_EQ(look(job, {}).finished->reason, "DeadlineExceeded");
}

TEST(FailurePolicy, NamesTheContainerThatFailedTheJob) {
  const Document job = make_job(
      R"({"backoffLimit":6,"podFailurePolicy":{"rules":[{"action":"FailJob","onExitCodes":{"operator":"In","values":[42]}}]}})");
  const Findings f = look(job, {{.uid = "a", .phase = "Failed", .code = 42}});
  ASSERT_TRUE(f.finished);
  EXPECT_EQ(f.finished->message, "Container c for pod n/a failed with exit code 42 matching FailJob rule at index 0");
  EXPECT_FALSE(look(job, {{.uid = "a", .phase = "Failed", .code = 1}}).finished);
}

TEST(SuccessPolicy, CountsAmongTheNamedIndexes) {
  const Document policy = document(R"({"rules":[{"succeededIndexes":"0-1"},{"succeededIndexes":"2-4","succeededCount":2}]})");
  EXPECT_EQ(match_success_policy(policy.root(), 5, {0, 2}), std::nullopt);
  EXPECT_EQ(match_success_policy(policy.root(), 5, {2, 4}), "Matched rules at index 1");
  EXPECT_EQ(match_success_policy(policy.root(), 5, {0, 1}), "Matched rules at index 0");
}

TEST(CountPods, NotesEachUidBeforeItsFinalizerGoes) {
  const Document job = make_job(R"({"parallelism":2,"completions":2,"backoffLimit":6})");
  Findings f = look(job, {{.uid = "a", .phase = "Succeeded", .code = 0}, {.uid = "b", .phase = "Failed"}, {.uid = "c"}});
  bool all = false;
  EXPECT_EQ(count_pods(f, all).size(), 2U);
  EXPECT_TRUE(all);
  EXPECT_EQ(f.status.uncounted_succeeded, std::vector<std::string>{"a"});
  EXPECT_EQ(f.status.uncounted_failed, std::vector<std::string>{"b"});
  settle_counts(f.status, {"c"});
  EXPECT_EQ(f.status.succeeded, 1);
  EXPECT_EQ(f.status.failed, 1);
  EXPECT_TRUE(f.status.uncounted_failed.empty());
}

TEST(CountPods, PodsThatRanWhenTheJobFailedCountAsFailed) {
  const Document job = make_job(R"({"parallelism":2,"completions":2,"backoffLimit":0})");
  Findings f = look(job, {{.uid = "a", .phase = "Failed"}, {.uid = "b"}});
  bool all = false;
  EXPECT_EQ(count_pods(f, all).size(), 2U);
  EXPECT_EQ(f.status.uncounted_failed.size(), 2U);
}

}  // namespace
}  // namespace knarr::controllers::job
