// SPDX-License-Identifier: Apache-2.0
#include "api/resources.h"

#include "api/types.h"

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace knarr::api {
namespace {

std::vector<std::string> texts(const TextRange& range) {
  std::vector<std::string> result;
  for (std::string_view text : range) result.emplace_back(text);
  return result;
}

TEST(Resources, AreFoundByPluralAndByKind) {
  const ResourceRow& pods = *find_resource("", "v1", "pods");
  EXPECT_EQ(pods.kind(), "Pod");
  EXPECT_EQ(pods.list_kind(), "PodList");
  EXPECT_EQ(pods.singular(), "pod");
  EXPECT_EQ(pods.api_version(), "v1");
  EXPECT_TRUE(pods.namespaced());
  EXPECT_EQ(texts(pods.short_names()), std::vector<std::string>{"po"});
  EXPECT_EQ(texts(pods.categories()), std::vector<std::string>{"all"});
  EXPECT_EQ(pods.type().name(), "core/v1.Pod");
  EXPECT_EQ(pods.list_type().name(), "core/v1.PodList");
  EXPECT_EQ(pods.storage_prefix(), "/registry/pods");
  EXPECT_EQ(find_kind("", "v1", "Pod"), &pods);
  EXPECT_FALSE(find_resource("", "v1", "deployments"));
  EXPECT_FALSE(find_kind("apps", "v1", "Pod"));
}

TEST(Resources, EveryRowIsFoundByItsOwnNames) {
  std::set<std::string> keys;
  for (const ResourceRow& resource : resources()) {
    EXPECT_EQ(find_resource(resource.group(), resource.version(), resource.plural()), &resource);
    EXPECT_EQ(find_kind(resource.group(), resource.version(), resource.kind()), &resource);
    EXPECT_TRUE(resource.type().has(object::kTypeObject)) << resource.plural();
    EXPECT_EQ(type_of_kind(resource.group(), resource.version(), resource.kind()), resource.type());
    EXPECT_TRUE(resource.verbs() != 0) << resource.plural();
    EXPECT_EQ(resource.has_verb(Verb::List), static_cast<bool>(resource.list_type()))
        << resource.plural();
    if (resource.storage_prefix().empty()) continue;
    EXPECT_EQ(resource.storage_hash().size(), 12U) << resource.plural();
    if (resource.api_version() == resource.stored_api_version()) {
      EXPECT_TRUE(keys.insert(std::string(resource.storage_prefix())).second)
          << resource.storage_prefix();
    }
  }
}

TEST(Resources, StorageHashesAreThoseOfKubernetes) {
  EXPECT_EQ(find_resource("", "v1", "pods")->storage_hash(), "xPOwRZ+Yhw8=");
  EXPECT_EQ(find_resource("apps", "v1", "deployments")->storage_hash(), "8aSe+NMegvE=");
  EXPECT_EQ(find_resource("events.k8s.io", "v1", "events")->storage_hash(), "r2yiGXH7wu8=");
  EXPECT_EQ(find_resource("autoscaling", "v1", "horizontalpodautoscalers")->storage_hash(),
            "qwQve8ut294=");
  EXPECT_EQ(
      find_resource("apiextensions.k8s.io", "v1", "customresourcedefinitions")->storage_hash(),
      "jfWCUB31mvA=");
}

TEST(Resources, AVersionMayBeStoredAsAnother) {
  const ResourceRow& events = *find_resource("events.k8s.io", "v1", "events");
  EXPECT_EQ(events.stored_api_version(), "v1");
  EXPECT_EQ(events.stored_type().name(), "core/v1.Event");
  EXPECT_EQ(events.columns().size(), find_resource("", "v1", "events")->columns().size());
  const ResourceRow& scalers = *find_resource("autoscaling", "v1", "horizontalpodautoscalers");
  EXPECT_EQ(scalers.stored_type().name(), "autoscaling/v2.HorizontalPodAutoscaler");
}

TEST(Resources, SubresourcesHaveKindsAndVerbs) {
  const ResourceRow& pods = *find_resource("", "v1", "pods");
  const SubresourceRow* eviction = pods.find_subresource("eviction");
  ASSERT_TRUE(eviction != nullptr);
  EXPECT_EQ(eviction->group(), "policy");
  EXPECT_EQ(eviction->kind(), "Eviction");
  EXPECT_TRUE(eviction->has_verb("create"));
  EXPECT_FALSE(eviction->has_verb(Verb::Get));
  EXPECT_TRUE(pods.find_subresource("exec")->is_connect());
  EXPECT_EQ(find_resource("apps", "v1", "deployments")->find_subresource("scale")->type().name(),
            "autoscaling/v1.Scale");
  EXPECT_FALSE(pods.find_subresource("scale"));
}

TEST(Resources, GroupsStandInTheOrderOfDiscovery) {
  const ResourceArrays& table = resource_table().arrays();
  ASSERT_GT(table.groups.size(), 20U);
  EXPECT_EQ(table.text(table.groups[0].name), "");
  EXPECT_EQ(table.text(table.groups[1].name), "apiregistration.k8s.io");
  EXPECT_EQ(table.text(table.groups[2].name), "apps");
  for (const GroupRow& group : table.groups) {
    if (table.text(group.name) != "autoscaling") continue;
    ASSERT_EQ(group.version_count, 2);
    EXPECT_EQ(table.text(table.versions[group.first_version].version), "v2");  // Preferred.
  }
}

TEST(Resources, ColumnsSayHowCellsAreMade) {
  const ResourceRow& pods = *find_resource("", "v1", "pods");
  ASSERT_EQ(pods.columns().size(), 9U);
  const ColumnRow& address = pods.columns()[5];
  EXPECT_EQ(pods.text(address.name), "IP");
  EXPECT_EQ(pods.text(address.argument), "status.podIPs[0].ip");
  EXPECT_EQ(pods.text(address.otherwise), "<none>");
  EXPECT_EQ(address.priority, 1);
  EXPECT_TRUE(find_resource("", "v1", "limitranges")->columns().empty());
}

TEST(Kinds, WithoutAResourceHaveTypesToo) {
  EXPECT_EQ(type_of_kind("", "v1", "PodExecOptions").name(), "core/v1.PodExecOptions");
  EXPECT_EQ(type_of_kind("apps", "v1", "DeleteOptions").name(), "meta/v1.DeleteOptions");
  EXPECT_EQ(type_of_kind("batch", "v2", "DeleteOptions").name(), "meta/v1.DeleteOptions");
  EXPECT_EQ(type_of_kind("", "v1", "Status").name(), "meta/v1.Status");
  EXPECT_EQ(type_of_kind("meta.k8s.io", "v1", "Table").name(), "meta/v1.Table");
  EXPECT_EQ(type_of_kind("autoscaling", "v1", "Scale").name(), "autoscaling/v1.Scale");
  EXPECT_FALSE(type_of_kind("apps", "v1", "Status"));
  EXPECT_FALSE(type_of_kind("", "v1", "PodSpec"));
}

}  // namespace
}  // namespace knarr::api
