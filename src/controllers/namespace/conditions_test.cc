// SPDX-License-Identifier: Apache-2.0
// What a namespace tells of its end; BEHAVIOURS 96.
#include "controllers/namespace/conditions.h"

#include "object/draft.h"

#include <gtest/gtest.h>

namespace knarr::controllers {
namespace {

using object::Draft;

std::string told(const Draft& draft) {
  std::string text;
  for (object::NodeRef one : draft.root()["conditions"].items()) {
    text += std::string(one["type"].as_string()) + "=" + std::string(one["status"].as_string()) + " " +
            std::string(one["reason"].as_string()) + "\n";
  }
  return text;
}

TEST(NamespaceConditions, AllSayThatAllIsWellUntilSomethingIsFound) {
  Draft status;
  status.root().set_map();
  EXPECT_TRUE(update_conditions({}, status.root(), SystemTime()));
  EXPECT_EQ(told(status),
            "NamespaceDeletionDiscoveryFailure=False ResourcesDiscovered\n"
            "NamespaceDeletionGroupVersionParsingFailure=False ParsedGroupVersions\n"
            "NamespaceDeletionContentFailure=False ContentDeleted\n"
            "NamespaceContentRemaining=False ContentRemoved\n"
            "NamespaceFinalizersRemaining=False ContentHasNoFinalizers\n");
  EXPECT_FALSE(update_conditions({}, status.root(), SystemTime()));
}

TEST(NamespaceConditions, CountWhatIsLeftInOrder) {
  Draft status;
  status.root().set_map();
  NamespaceFindings findings;
  findings.remaining = {{"secrets.", 1}, {"configmaps.", 2}};
  findings.content_errors = {"no", "never"};
  update_conditions(findings, status.root(), SystemTime());
  object::NodeRef list = status.root()["conditions"];
  EXPECT_EQ(list.at(3)["message"].as_string(),
            "Some resources are remaining: configmaps. has 2 resource instances, secrets. has 1 "
            "resource instances");
  EXPECT_EQ(list.at(2)["message"].as_string(),
            "Failed to delete all resource types, 2 remaining: [no, never]");
}

TEST(NamespaceConditions, ATransitionIsAChangeOfStatus) {
  Draft status;
  status.root().set_map();
  const SystemTime later = SystemTime() + std::chrono::hours(1);
  NamespaceFindings findings;
  findings.remaining = {{"pods.", 2}};
  update_conditions(findings, status.root(), SystemTime());
  findings.remaining = {{"pods.", 1}};
  EXPECT_TRUE(update_conditions(findings, status.root(), later));
  EXPECT_EQ(status.root()["conditions"].at(3)["lastTransitionTime"].as_string(),
            "1970-01-01T00:00:00Z");
  EXPECT_TRUE(update_conditions({}, status.root(), later));
  EXPECT_EQ(status.root()["conditions"].at(3)["lastTransitionTime"].as_string(),
            "1970-01-01T01:00:00Z");
}

}  // namespace
}  // namespace knarr::controllers
