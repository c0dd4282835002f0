// SPDX-License-Identifier: Apache-2.0
// The cases are those of the golden file auth-authn.
#include "auth/impersonation.h"

#include "auth/bootstrap_policy.h"
#include "auth/rbac.h"
#include "base/check.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace knarr::auth {
namespace {

User caller() {
  return {"system:serviceaccount:ns:imp", "", {}, {}};
}

struct World {
  explicit World(std::string_view policy) {
    for (const PolicyObject& o : MUST(parse_policy(policy))) rbac.policy_changed(o.kind, o.object);
  }
  /// The groups of the user one becomes by a POST of selfsubjectreviews, or the refusal.
  std::string become(const User& wanted, const User& as = caller()) {
    return ask(wanted, {.user = &as,
                        .verb = "create",
                        .group = "authentication.k8s.io",
                        .resource = "selfsubjectreviews"});
  }
  std::string ask(const User& wanted, const Attributes& request) {
    const auto result = impersonator.impersonate(wanted, request);
    if (!result) return result.error().message();
    return fmt::format("{}", fmt::join(result->user.groups, ","));
  }
  RbacAuthorizer rbac;
  AuthorizerChain chain{{&rbac}};
  Impersonator impersonator{chain};
};

User user(std::string name, std::vector<std::string> groups = {}, std::string uid = "",
          std::string extra_key = "", std::string extra_value = "") {
  User result{std::move(name), std::move(uid), std::move(groups), {}};
  if (!extra_key.empty()) result.extra.add(extra_key, extra_value);
  return result;
}

const std::string kCaller = "is forbidden: User \"system:serviceaccount:ns:imp\" cannot ";

TEST(Impersonation, WithoutRightsTheFirstModeThatAppliesObjects) {
  World world("");
  const std::string on = "selfsubjectreviews.authentication.k8s.io " + kCaller;
  const std::string what =
      " resource \"selfsubjectreviews\" in API group \"authentication.k8s.io\" at the cluster "
      "scope";
  EXPECT_EQ(world.become(user("bob")), on + "impersonate-on:user-info:create" + what);
  EXPECT_EQ(world.become(user("bob", {"g"})), on + "impersonate-on:user-info:create" + what);
  EXPECT_EQ(world.become(user("system:serviceaccount:ns:default")),
            on + "impersonate-on:serviceaccount:create" + what);
  EXPECT_EQ(world.become(user("system:serviceaccount:bad")),
            on + "impersonate-on:user-info:create" + what);
  EXPECT_EQ(world.become(user("system:node:n1")),
            on + "impersonate-on:arbitrary-node:create" + what);
  EXPECT_EQ(world.become(user("system:node:n1", {"system:nodes"})),
            "users \"system:node:n1\" " + kCaller +
                "impersonate resource \"users\" in API group \"\" at the cluster scope");
  EXPECT_EQ(
      world.become(user("system:serviceaccount:ns:imp", {"g"})),
      "serviceaccounts \"imp\" " + kCaller +
          "impersonate resource \"serviceaccounts\" in API group \"\" in the namespace \"ns\"");
  const User as = caller();
  EXPECT_EQ(world.ask(user("bob"),
                      {.user = &as, .verb = "get", .is_resource = false, .path = "/healthz"}),
            "forbidden: User \"system:serviceaccount:ns:imp\" cannot "
            "impersonate-on:user-info:get path \"/healthz\"");
}

TEST(Impersonation, TheLegacyRightToUsersDoesNotIncludeTheRest) {
  World world("clusterrole c\n  impersonate core users\nclusterbinding c c sa:ns/imp\n");
  EXPECT_EQ(world.become(user("bob")), "system:authenticated");
  const auto refused = [](std::string_view what, std::string_view verb, std::string_view resource,
                          std::string_view group, std::string_view where) {
    return fmt::format("{} {}{} resource \"{}\" in API group \"{}\" {}", what, kCaller, verb,
                       resource, group, where);
  };
  const char* cluster = "at the cluster scope";
  EXPECT_EQ(world.become(user("bob", {"a", "b"})),
            refused("groups \"a\"", "impersonate", "groups", "", cluster));
  EXPECT_EQ(world.become(user("bob", {"g"}, "u", "scopes", "x")),
            refused("uids.authentication.k8s.io \"u\"", "impersonate", "uids",
                    "authentication.k8s.io", cluster));
  EXPECT_EQ(world.become(user("bob", {}, "", "scopes", "x")),
            refused("userextras.authentication.k8s.io \"x\"", "impersonate", "userextras/scopes",
                    "authentication.k8s.io", cluster));
  EXPECT_EQ(world.become(user("system:serviceaccount:ns:default")),
            refused("serviceaccounts \"default\"", "impersonate", "serviceaccounts", "",
                    "in the namespace \"ns\""));
  EXPECT_EQ(world.become(user("system:node:n1")), "system:authenticated");
  EXPECT_EQ(world.become(user("bob", {"system:masters"})),
            refused("groups \"system:masters\"", "impersonate", "groups", "", cluster));
}

TEST(Impersonation, ConstrainedModesCheckEachPart) {
  World world(R"(
clusterrole c
  impersonate:user-info authentication.k8s.io users bob
  impersonate:user-info authentication.k8s.io groups g1
  impersonate:user-info authentication.k8s.io uids u
  impersonate:user-info authentication.k8s.io userextras/example.com/scopes view
  impersonate-on:user-info:create,impersonate-on:serviceaccount:create,impersonate-on:arbitrary-node:create,impersonate-on:associated-node:create authentication.k8s.io selfsubjectreviews
clusterbinding c c sa:ns/imp
)");
  EXPECT_EQ(world.become(user("bob")), "system:authenticated");
  EXPECT_EQ(world.become(user("bob", {"g1"}, "u", "example.com/scopes", "view")),
            "g1,system:authenticated");
  EXPECT_EQ(
      world.become(user("bob", {"g1", "g2"})),
      "groups.authentication.k8s.io \"g2\" " + kCaller +
          "impersonate:user-info resource \"groups\" in API group \"authentication.k8s.io\" at "
          "the cluster scope");
  EXPECT_EQ(
      world.become(user("bob", {}, "", "scopes", "view")),
      "userextras.authentication.k8s.io " + kCaller +
          "impersonate:user-info resource \"userextras\" in API group "
          "\"authentication.k8s.io\" at the cluster scope: impersonating an invalid key in extra "
          "is not allowed: extra.key: Invalid value: \"scopes\": must be a domain-prefixed path "
          "(such as \"acme.io/foo\")");
  EXPECT_EQ(
      world.become(user("carol")),
      "users.authentication.k8s.io \"carol\" " + kCaller +
          "impersonate:user-info resource \"users\" in API group \"authentication.k8s.io\" at "
          "the cluster scope");
  EXPECT_EQ(
      world.become(user("system:node:n1")),
      "nodes.authentication.k8s.io \"n1\" " + kCaller +
          "impersonate:arbitrary-node resource \"nodes\" in API group \"authentication.k8s.io\" "
          "at the cluster scope");
}

TEST(Impersonation, NodesAndServiceAccountsBringTheirGroups) {
  World world(R"(
clusterrole c
  impersonate:arbitrary-node authentication.k8s.io nodes n1
  impersonate:serviceaccount authentication.k8s.io serviceaccounts target
  impersonate:associated-node authentication.k8s.io nodes
  impersonate-on:serviceaccount:create,impersonate-on:arbitrary-node:create,impersonate-on:associated-node:create authentication.k8s.io selfsubjectreviews
clusterbinding c c sa:ns/imp
)");
  EXPECT_EQ(world.become(user("system:node:n1")), "system:nodes,system:authenticated");
  EXPECT_EQ(world.become(user("system:serviceaccount:x:target")),
            "system:serviceaccounts,system:serviceaccounts:x,system:authenticated");
  User on_node = caller();
  on_node.extra.add(kExtraNodeName, "n2");
  EXPECT_EQ(world.become(user("system:node:n2"), on_node), "system:nodes,system:authenticated");
  EXPECT_NE(world.become(user("system:node:n3"), on_node), "system:nodes,system:authenticated");
  EXPECT_NE(world.become(user("system:node:n2")), "system:nodes,system:authenticated");
}

TEST(Impersonation, GroupsAreCompletedAsForTheRealUser) {
  World world("");
  const User admin{"admin", "", {"system:masters"}, {}};
  EXPECT_EQ(world.become(user("bob", {"g2", "g1", "g2"}), admin), "g2,g1,g2,system:authenticated");
  EXPECT_EQ(world.become(user("bob", {"system:unauthenticated", "x"}), admin),
            "system:unauthenticated,x");
  EXPECT_EQ(world.become(user("system:anonymous", {"system:authenticated"}), admin),
            "system:authenticated,system:unauthenticated");
  EXPECT_EQ(world.become(user("system:serviceaccount:a:b", {"only"}), admin),
            "only,system:authenticated");
}

TEST(ImpersonationHeaders, SayWhomToActAs) {
  const auto ask = [](const Headers& headers) -> std::string {
    const auto result = requested_user(headers);
    if (!result) return result.error().message();
    return *result ? (*result)->name : "nobody";
  };
  EXPECT_EQ(ask({}), "nobody");
  EXPECT_EQ(ask({{"impersonate-user", ""}}), "nobody");
  EXPECT_EQ(ask({{"impersonate-user", "bob"}, {"impersonate-group", "g"}}), "bob");
  EXPECT_EQ(ask({{"impersonate-user", "\xfcser"}}), "\xef\xbf\xbdser");
  EXPECT_EQ(ask({{"impersonate-group", "g"}}),
            "requested &user.DefaultInfo{Name:\"\", UID:\"\", Groups:[]string{\"g\"}, "
            "Extra:map[string][]string(nil)} without impersonating a user name");
  EXPECT_EQ(ask({{"impersonate-uid", "u"}, {"impersonate-extra-a", "b"}}),
            "requested &user.DefaultInfo{Name:\"\", UID:\"u\", Groups:[]string(nil), "
            "Extra:map[string][]string{\"a\":[]string{\"b\"}}} without impersonating a user name");
  const auto bob = MUST(requested_user({{"impersonate-user", "bob"},
                                        {"impersonate-extra-example.com%2fkey", "v"},
                                        {"impersonate-extra-example.com%2fkey", "w"}}));
  EXPECT_EQ(*bob->extra.find("example.com/key"), (std::vector<std::string>{"v", "w"}));
}

}  // namespace
}  // namespace knarr::auth
