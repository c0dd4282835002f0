// SPDX-License-Identifier: Apache-2.0
#include "auth/rbac.h"

#include "auth/bootstrap_policy.h"
#include "base/check.h"

#include <algorithm>

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace knarr::auth {
namespace {

/// An authorizer that knows the bootstrap policy and a policy text.
struct World {
  explicit World(std::string_view text = "") : chain({&rbac}) {
    for (const PolicyObject& o : bootstrap_policy()) rbac.policy_changed(o.kind, o.object);
    add(text);
  }
  void add(std::string_view text) {
    for (const PolicyObject& o : MUST(parse_policy(text))) rbac.policy_changed(o.kind, o.object);
  }

  RbacAuthorizer rbac;
  AuthorizerChain chain;
};

User bob(std::vector<std::string> groups = {}) {
  return {"bob", "", std::move(groups), {}};
}

constexpr std::string_view kRole = R"(
role ns r
  get,list core pods,pods/log
  get core configmaps c1,c2
  * apps deployments
  create batch *
  update * */scale
  patch a.b,core widgets
  list,create,deletecollection core secrets,services,endpoints s1,x,e
binding ns r role r user:bob
)";

struct RuleCase {
  const char* verb;
  const char* group;
  const char* resource;
  const char* subresource;
  const char* name;
  const char* ns;
  bool allowed;
};

// auth-authz: rules of a Role decide by verb, group, resource, subresource and name.
TEST(Rbac, RulesDecideByVerbGroupResourceSubresourceAndName) {
  World world(kRole);
  const User user = bob();
  const RuleCase cases[] = {
      {"get", "", "pods", "", "", "ns", true},
      {"get", "", "pods", "", "p", "ns", true},
      {"watch", "", "pods", "", "", "ns", false},
      {"GET", "", "pods", "", "", "ns", false},
      {"get", "", "Pods", "", "", "ns", false},
      {"get", "", "pods", "log", "p", "ns", true},
      {"get", "", "pods/log", "", "", "ns", true},
      {"get", "", "pods", "status", "", "ns", false},
      {"get", "", "configmaps", "", "c1", "ns", true},
      {"get", "", "configmaps", "", "c3", "ns", false},
      {"get", "", "configmaps", "", "", "ns", false},
      {"bogus", "apps", "deployments", "", "", "ns", true},
      {"get", "apps", "deployments", "status", "", "ns", false},
      {"get", "extensions", "deployments", "", "", "ns", false},
      {"create", "batch", "jobs", "status", "", "ns", true},
      {"get", "batch", "jobs", "", "", "ns", false},
      {"create", "batch", "*", "", "", "ns", true},
      {"update", "apps", "statefulsets", "scale", "", "ns", true},
      {"update", "apps", "statefulsets", "", "", "ns", false},
      {"update", "apps", "statefulsets", "autoscale", "", "ns", false},
      {"patch", "a.b", "widgets", "", "", "ns", true},
      {"patch", "", "widgets", "", "", "ns", true},
      {"list", "", "secrets", "", "", "ns", false},
      {"list", "", "secrets", "", "s1", "ns", true},
      {"", "", "pods", "", "", "ns", false},
      {"get", "", "", "", "", "ns", false},
      {"*", "", "pods", "", "", "ns", false},
      {"get", "", "pods", "", "", "", false},
      {"get", "", "pods", "", "", "default", false},
  };
  for (const RuleCase& c : cases) {
    const Attributes a{.user = &user,
                       .verb = c.verb,
                       .group = c.group,
                       .resource = c.resource,
                       .subresource = c.subresource,
                       .name = c.name,
                       .namespace_ = c.ns};
    const Verdict verdict = world.chain.authorize(a);
    EXPECT_EQ(verdict.allowed(), c.allowed)
        << c.verb << " " << c.group << " " << c.resource << "/" << c.subresource << " " << c.name;
    EXPECT_EQ(
        verdict.reason,
        c.allowed ? "RBAC: allowed by RoleBinding \"r/ns\" of Role \"r\" to User \"bob\"" : "");
  }
}

TEST(Rbac, PathsMatchExactlyOrByPrefix) {
  World world("clusterrole c\n  get url /a,/b/*,/c*\n  * url /x\nclusterbinding c c user:bob\n");
  const User user = bob();
  const auto allowed = [&](const char* verb, const char* path) {
    return world.chain.authorize({.user = &user, .verb = verb, .is_resource = false, .path = path})
        .allowed();
  };
  EXPECT_TRUE(allowed("get", "/a"));
  EXPECT_FALSE(allowed("get", "/a/"));
  EXPECT_FALSE(allowed("get", "/ab"));
  EXPECT_FALSE(allowed("get", "/b"));
  EXPECT_TRUE(allowed("get", "/b/"));
  EXPECT_TRUE(allowed("get", "/b/c/d"));
  EXPECT_TRUE(allowed("get", "/cd"));
  EXPECT_FALSE(allowed("post", "/a"));
  EXPECT_TRUE(allowed("post", "/x"));
}

struct SubjectCase {
  const char* subject;
  User user;
  const char* reason;
};

TEST(Rbac, ReasonsNameTheBindingTheRoleAndTheSubject) {
  const SubjectCase cases[] = {
      {"user:bob", bob(), "RBAC: allowed by RoleBinding \"rb/ns\" of Role \"r\" to User \"bob\""},
      {"group:g", bob({"a", "g"}),
       "RBAC: allowed by RoleBinding \"rb/ns\" of Role \"r\" to Group \"g\""},
      {"sa:ns/default",
       {"system:serviceaccount:ns:default", "", {}, {}},
       "RBAC: allowed by RoleBinding \"rb/ns\" of Role \"r\" to ServiceAccount \"default/ns\""},
      {"user:system:serviceaccount:ns:default",
       {"system:serviceaccount:ns:default", "", {}, {}},
       "RBAC: allowed by RoleBinding \"rb/ns\" of Role \"r\" to User "
       "\"system:serviceaccount:ns:default\""},
  };
  for (const SubjectCase& c : cases) {
    World world("role ns r\n  get core pods\nbinding ns rb role r " + std::string(c.subject) +
                "\n");
    const Attributes a{.user = &c.user, .verb = "get", .resource = "pods", .namespace_ = "ns"};
    EXPECT_EQ(world.chain.authorize(a).reason, c.reason);
    const User other{"someone", "", {"else"}, {}};
    EXPECT_FALSE(
        world.chain
            .authorize({.user = &other, .verb = "get", .resource = "pods", .namespace_ = "ns"})
            .allowed());
    world.rbac.policy_removed(PolicyKind::RoleBinding, "ns", "rb");
    EXPECT_FALSE(world.chain.authorize(a).allowed());
  }
}

TEST(Rbac, ARoleBindingToAClusterRoleGivesItsRightsInTheNamespaceOnly) {
  World world(
      "clusterrole c\n  get core pods,nodes\n  get url /zzz\nbinding ns rb clusterrole c "
      "user:bob\n");
  const User user = bob();
  const auto allowed = [&](const char* ns) {
    return world.chain
        .authorize({.user = &user, .verb = "get", .resource = "pods", .namespace_ = ns})
        .allowed();
  };
  EXPECT_TRUE(allowed("ns"));
  EXPECT_FALSE(allowed("default"));
  EXPECT_FALSE(allowed(""));
  EXPECT_FALSE(world.chain
                   .authorize({.user = &user,
                               .verb = "get",
                               .namespace_ = "ns",
                               .is_resource = false,
                               .path = "/zzz"})
                   .allowed());
}

TEST(Rbac, ARefusalTellsOfMissingRoles) {
  World world(
      "binding ns rb role nonesuch user:bob\nclusterbinding cb nope user:bob\nclusterbinding cb2 "
      "nope user:bob\n");
  const User user = bob();
  const Attributes in_namespace{
      .user = &user, .verb = "list", .resource = "pods", .namespace_ = "ns"};
  EXPECT_EQ(world.chain.authorize(in_namespace).reason,
            "RBAC: [clusterrole.rbac.authorization.k8s.io \"nope\" not found, "
            "role.rbac.authorization.k8s.io \"nonesuch\" not found]");
  const Result<> refused =
      require(world.chain, {.user = &user, .verb = "list", .resource = "nodes"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(
      refused.error().message(),
      "nodes is forbidden: User \"bob\" cannot list resource \"nodes\" in API group \"\" at the "
      "cluster scope: RBAC: clusterrole.rbac.authorization.k8s.io \"nope\" not found");
  world.add("role ns nonesuch\n  list core pods\n");
  EXPECT_TRUE(world.chain.authorize(in_namespace).allowed());
}

TEST(Rbac, MastersMayDoEverythingWithoutAReason) {
  World world;
  const User user{"x", "", {"system:masters"}, {}};
  const Verdict verdict = world.chain.authorize({.user = &user, .verb = "*", .resource = "*"});
  EXPECT_TRUE(verdict.allowed());
  EXPECT_EQ(verdict.reason, "");
}

TEST(Rbac, RulesOfAUserAreListedOncePerBinding) {
  World world(
      "role ns r\n  get core pods\nbinding ns r role r user:bob group:g\nbinding ns s role nope "
      "user:bob\n");
  const User user = bob({"g", "system:authenticated"});
  RuleList list;
  world.chain.list_rules(user, "ns", list);
  std::vector<std::string> rules;
  for (const auto& item : list.resource_rules) rules.push_back(to_string(item.rule()));
  std::sort(rules.begin(), rules.end());
  EXPECT_EQ(rules,
            (std::vector<std::string>{
                "{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"get\"]}",
                "{APIGroups:[\"authentication.k8s.io\"], Resources:[\"selfsubjectreviews\"], "
                "Verbs:[\"create\"]}",
                "{APIGroups:[\"authorization.k8s.io\"], Resources:[\"selfsubjectaccessreviews\" "
                "\"selfsubjectrulesreviews\"], Verbs:[\"create\"]}"}));
  EXPECT_EQ(list.non_resource_rules.size(), 2U);
  EXPECT_EQ(list.error, "role.rbac.authorization.k8s.io \"nope\" not found");
  EXPECT_FALSE(list.incomplete);
}

// ---- escalation. auth-rbac: a user makes Roles with the rights the user has, and no others.

constexpr std::string_view kWriter = R"(
role ns w
  create,update core pods,roles
  get core pods
  get core configmaps c1
  bind rbac.authorization.k8s.io clusterroles view
  bind rbac.authorization.k8s.io roles big
binding ns w role w user:bob
role ns small
  get core pods
role ns big
  * core secrets
role ns huge
  delete core secrets
  get core nodes n
)";

constexpr std::string_view kNotHeld =
    "user \"bob\" (groups=[\"g\" \"system:authenticated\"]) is attempting to grant RBAC "
    "permissions "
    "not currently held:\n";

std::string role_message(World& world, std::string_view rules,
                         std::string_view kind = "role ns x") {
  const User user = bob({"g", "system:authenticated"});
  const auto objects = MUST(parse_policy(std::string(kind) + "\n" + std::string(rules)));
  const bool cluster = kind.starts_with("clusterrole");
  const Result<> result =
      check_role_write(world.rbac, world.chain,
                       {&user, cluster ? "" : "ns", "x", "", objects.front().object.root(), {}});
  return result ? "" : result.error().message();
}

TEST(Escalation, OnlyRightsThatTheUserHasMayBeGivenAway) {
  World world(kWriter);
  const std::string refused =
      "roles.rbac.authorization.k8s.io \"x\" is forbidden: " + std::string(kNotHeld);
  const std::pair<const char*, const char*> cases[] = {
      {"  get core pods\n", nullptr},
      {"  list core pods\n", "{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"list\"]}"},
      {"  get core pods,secrets\n", "{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\"]}"},
      {"  get,list core pods a\n",
       "{APIGroups:[\"\"], Resources:[\"pods\"], ResourceNames:[\"a\"], Verbs:[\"list\"]}"},
      {"  * * *\n", "{APIGroups:[\"*\"], Resources:[\"*\"], Verbs:[\"*\"]}"},
      {"  get core configmaps c1\n", nullptr},
      {"  get core configmaps c1,c2\n",
       "{APIGroups:[\"\"], Resources:[\"configmaps\"], ResourceNames:[\"c2\"], Verbs:[\"get\"]}"},
      {"  get core configmaps\n",
       "{APIGroups:[\"\"], Resources:[\"configmaps\"], Verbs:[\"get\"]}"},
      {"  get core pods/log\n", "{APIGroups:[\"\"], Resources:[\"pods/log\"], Verbs:[\"get\"]}"},
      {"  get,list core secrets\n",
       "{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\" \"list\"]}"},
      {"  get apps,extensions deployments,replicasets\n",
       "{APIGroups:[\"apps\"], Resources:[\"deployments\"], Verbs:[\"get\"]}\n"
       "{APIGroups:[\"apps\"], Resources:[\"replicasets\"], Verbs:[\"get\"]}\n"
       "{APIGroups:[\"extensions\"], Resources:[\"deployments\"], Verbs:[\"get\"]}\n"
       "{APIGroups:[\"extensions\"], Resources:[\"replicasets\"], Verbs:[\"get\"]}"},
      {"", nullptr},
  };
  for (const auto& [rules, missing] : cases) {
    EXPECT_EQ(role_message(world, rules), missing == nullptr ? "" : refused + missing) << rules;
  }
}

TEST(Escalation, TheVerbEscalateAllowsAnyRole) {
  World world(
      "role ns w\n  escalate rbac.authorization.k8s.io roles\nbinding ns w role w user:bob\n");
  EXPECT_EQ(role_message(world, "  * * *\n"), "");
}

TEST(Escalation, SubresourceWildcardsAndPathsCover) {
  World world("clusterrole w\n  get * */scale\n  get url /a/*\nclusterbinding w w user:bob\n");
  EXPECT_EQ(role_message(world, "  get apps deployments/scale\n"), "");
  EXPECT_EQ(role_message(world, "  get url /a/b\n", "clusterrole x"), "");
  const std::string refused = "clusterroles.rbac.authorization.k8s.io \"x\" is forbidden: ";
  EXPECT_EQ(role_message(world, "  post,get url /a/*\n", "clusterrole x"),
            refused + std::string(kNotHeld) + "{NonResourceURLs:[\"/a/*\"], Verbs:[\"post\"]}");
  EXPECT_EQ(role_message(world, "", "clusterrole x from:y"),
            refused + "must have cluster-admin privileges to use the aggregationRule");
}

TEST(Escalation, AWriteThatChangesNoRulesPasses) {
  World world;
  const User user = bob();
  const auto role = MUST(parse_policy("role ns x\n  * * *\n"));
  EXPECT_TRUE(
      check_role_write(world.rbac, world.chain,
                       {&user, "ns", "x", "x", role[0].object.root(), role[0].object.root()}));
}

TEST(Escalation, BindingARoleNeedsItsRightsOrTheVerbBind) {
  World world(kWriter);
  const User user = bob({"g", "system:authenticated"});
  const auto message = [&](std::string_view kind, std::string_view role, bool cluster = false) {
    const std::string text = cluster ? fmt::format("clusterbinding b {}\n", role)
                                     : fmt::format("binding ns b {} {}\n", kind, role);
    const auto binding = MUST(parse_policy(text));
    const Result<> result = check_binding_write(
        world.rbac, world.chain, {&user, cluster ? "" : "ns", "b", binding[0].object.root(), {}});
    return result ? std::string() : result.error().message();
  };
  EXPECT_EQ(message("role", "small"), "");
  EXPECT_EQ(message("role", "big"), "");
  EXPECT_EQ(
      message("role", "huge"),
      "rolebindings.rbac.authorization.k8s.io \"b\" is forbidden: " + std::string(kNotHeld) +
          "{APIGroups:[\"\"], Resources:[\"nodes\"], ResourceNames:[\"n\"], Verbs:[\"get\"]}\n"
          "{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"delete\"]}");
  EXPECT_EQ(message("role", "nonesuch"),
            "rolebindings.rbac.authorization.k8s.io \"nonesuch\" not found");
  EXPECT_EQ(message("clusterrole", "view"), "");
  EXPECT_EQ(message("clusterrole", "system:basic-user"), "");
  EXPECT_EQ(message("", "nonesuch", true),
            "clusterrolebindings.rbac.authorization.k8s.io \"nonesuch\" not found");
  EXPECT_EQ(
      message("", "cluster-admin", true),
      "clusterrolebindings.rbac.authorization.k8s.io \"b\" is forbidden: " + std::string(kNotHeld) +
          "{APIGroups:[\"*\"], Resources:[\"*\"], Verbs:[\"*\"]}\n{NonResourceURLs:[\"*\"], "
          "Verbs:[\"*\"]}");
}

TEST(Aggregation, GathersRulesOfMatchingRolesInOrderOfNamesOnce) {
  const auto objects = MUST(parse_policy(
      "clusterrole agg from:x\n  get core own\nclusterrole b to:x\n  get core b\n  get core both\n"
      "clusterrole a to:x\n  get core both\nclusterrole c\n  get core c\n"));
  std::vector<object::Document> roles;
  for (const auto& o : objects) roles.push_back(o.object);
  std::string text;
  for (const PolicyRule& rule : aggregate_rules(roles[0].root(), roles)) text += to_string(rule);
  EXPECT_EQ(text,
            "{APIGroups:[\"\"], Resources:[\"both\"], Verbs:[\"get\"]}"
            "{APIGroups:[\"\"], Resources:[\"b\"], Verbs:[\"get\"]}");
}

}  // namespace
}  // namespace knarr::auth
