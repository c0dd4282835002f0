// SPDX-License-Identifier: Apache-2.0
#include "auth/user.h"

#include <gtest/gtest.h>

namespace knarr::auth {
namespace {

TEST(User, NamesOfServiceAccountsAreParsedOnlyWhenValid) {
  const auto name = parse_service_account_user("system:serviceaccount:ns:a.b");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->namespace_, "ns");
  EXPECT_EQ(name->name, "a.b");
  for (const char* bad : {"system:serviceaccount:a", "system:serviceaccount:a:b:c",
                          "system:serviceaccount::", "system:serviceaccount:A:b", "bob", ""}) {
    EXPECT_FALSE(parse_service_account_user(bad)) << bad;
  }
}

TEST(User, NodeIdentityNeedsThePrefixAndTheGroup) {
  EXPECT_EQ(node_identity({"system:node:n", "", {"system:nodes"}, {}}), "n");
  EXPECT_EQ(node_identity({"system:node:", "", {"system:nodes"}, {}}), "");
  EXPECT_FALSE(node_identity({"system:node:n", "", {}, {}}));
  EXPECT_FALSE(node_identity({"other", "", {"system:nodes"}, {}}));
}

TEST(User, ExtraKeepsKeysSorted) {
  Extra extra;
  extra.add("b", "2");
  extra.add("a", "1");
  extra.add("b", "3");
  ASSERT_EQ(extra.size(), 2U);
  EXPECT_EQ(extra.begin()->key, "a");
  EXPECT_EQ(*extra.find("b"), (std::vector<std::string>{"2", "3"}));
  EXPECT_EQ(extra.only("a"), "1");
  EXPECT_EQ(extra.only("b"), "");
}

TEST(User, RefusalsAreWordedAsKubernetesDoes) {
  const User bob{"bob", "", {}, {}};
  Attributes a{.user = &bob,
               .verb = "create",
               .resource = "serviceaccounts",
               .subresource = "token",
               .name = "a",
               .namespace_ = "ns"};
  EXPECT_EQ(forbidden(a, "").message(),
            "serviceaccounts \"a\" is forbidden: User \"bob\" cannot create resource "
            "\"serviceaccounts/token\" in API group \"\" in the namespace \"ns\"");
  a = {.user = &bob, .verb = "list", .group = "apps", .resource = "deployments"};
  EXPECT_EQ(
      forbidden(a, "because").message(),
      "deployments.apps is forbidden: User \"bob\" cannot list resource \"deployments\" in API "
      "group \"apps\" at the cluster scope: because");
  a = {.user = &bob, .verb = "get", .is_resource = false, .path = "/metrics"};
  EXPECT_EQ(forbidden(a, "").message(), "forbidden: User \"bob\" cannot get path \"/metrics\"");
}

TEST(User, QuotesAsGo) {
  EXPECT_EQ(quoted("a\"b\\\n\x01\xff"
                   "\xc3\xbc"),
            "\"a\\\"b\\\\\\n\\x01\\xff\xc3\xbc\"");
  EXPECT_EQ(quoted_list({"g", "h"}), "[\"g\" \"h\"]");
}

}  // namespace
}  // namespace knarr::auth
