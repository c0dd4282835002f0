// SPDX-License-Identifier: Apache-2.0
// testdata/bootstrap_policy.json is what a Kubernetes 1.36.3 server answers for its bootstrap
// objects, aggregated rules included.
#include "auth/bootstrap_policy.h"

#include "auth/pki.h"
#include "base/check.h"
#include "codec/json.h"
#include "object/equality.h"

#include <map>

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace knarr::auth {
namespace {

using object::Document;
using object::Draft;
using object::Value;

std::string json_of(Value value) {
  std::string text;
  codec::write_json(text, value);
  return text;
}

std::string id_of(Value object) {
  return fmt::format("{} {}/{}", object["kind"].as_string(), object::namespace_of(object),
                     object::name_of(object));
}

/// The object with the rules that the aggregation controller gives it.
Document aggregated(const Document& role, const std::vector<Document>& cluster_roles) {
  Draft draft = Draft::from(role);
  const std::vector<PolicyRule> rules = aggregate_rules(role.root(), cluster_roles);
  for (const PolicyRule& rule : rules) {
    write_rule(rule, draft.root().ensure_list("rules").append());
  }
  return draft.freeze();
}

TEST(BootstrapPolicy, IsThatOfTheRealServer) {
  const std::string path =
      std::string(KNARR_SOURCE_DIR) + "/src/auth/testdata/bootstrap_policy.json";
  const Document golden = MUST(codec::parse_json(MUST(read_private_file(path)))).freeze();

  std::map<std::string, Document> ours;
  std::vector<Document> cluster_roles;
  for (const PolicyObject& o : bootstrap_policy()) {
    EXPECT_TRUE(ours.emplace(id_of(o.object.root()), o.object).second);
    if (o.kind == PolicyKind::ClusterRole) cluster_roles.push_back(o.object);
  }
  // `admin` gathers from `edit`, which gathers from `view`.
  for (const char* name : {"view", "edit", "admin"}) {
    for (Document& role : cluster_roles) {
      if (object::name_of(role.root()) != name) continue;
      role = aggregated(role, cluster_roles);
      ours[id_of(role.root())] = role;
    }
  }

  EXPECT_EQ(ours.size(), golden.root().size());
  for (Value want : golden.root().items()) {
    const auto got = ours.find(id_of(want));
    ASSERT_NE(got, ours.end()) << id_of(want);
    EXPECT_TRUE(object::equal(want, got->second.root())) << json_of(want) << "\n"
                                                         << json_of(got->second.root());
    EXPECT_EQ(json_of(want["rules"]), json_of(got->second["rules"])) << id_of(want);
  }
}

TEST(BootstrapPolicy, BindingsComeAfterAllRoles) {
  bool binding_seen = false;
  for (const PolicyObject& o : bootstrap_policy()) {
    const bool role = o.kind == PolicyKind::ClusterRole || o.kind == PolicyKind::Role;
    EXPECT_FALSE(role && binding_seen);
    binding_seen |= !role;
  }
}

TEST(BootstrapPolicy, BadTextNamesTheLine) {
  const auto result = parse_policy("clusterrole x\n  get core\n");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(), "policy line 2: cannot read \"  get core\"");
}

// ---- reconciliation

PolicyObject one(std::string_view text) {
  return std::move(MUST(parse_policy(text)).front());
}

Document changed(const Document& document, auto change) {
  Draft draft = Draft::from(document);
  change(draft);
  return draft.freeze();
}

using Action = Reconciliation::Action;

TEST(Reconcile, AnAbsentObjectIsCreatedAndAnEqualOneLeftAlone) {
  const PolicyObject wanted = one("clusterrole x\n  get core pods\n");
  EXPECT_EQ(reconcile({}, wanted).action, Action::Create);
  EXPECT_EQ(reconcile(wanted.object, wanted).action, Action::None);
}

TEST(Reconcile, MissingRulesAreAddedAndOthersKept) {
  const PolicyObject wanted = one("clusterrole x\n  get,list core pods,nodes\n");
  const Document stored = one("clusterrole x\n  get core pods,nodes\n  delete core pods\n").object;
  const Reconciliation result = reconcile(stored, wanted);
  ASSERT_EQ(result.action, Action::Update);
  EXPECT_EQ(json_of(result.object["rules"]),
            R"([{"verbs":["get"],"apiGroups":[""],"resources":["pods","nodes"]},)"
            R"({"verbs":["delete"],"apiGroups":[""],"resources":["pods"]},)"
            R"({"verbs":["list"],"apiGroups":[""],"resources":["pods"]},)"
            R"({"verbs":["list"],"apiGroups":[""],"resources":["nodes"]}])");
  EXPECT_EQ(reconcile(result.object, wanted).action, Action::None);
}

TEST(Reconcile, AutoupdateFalseProtects) {
  const PolicyObject wanted = one("clusterrole x\n  get core pods\n");
  const Document stored = changed(wanted.object, [](Draft& draft) {
    draft.root().erase("rules");
    draft["metadata"]["annotations"].set("rbac.authorization.kubernetes.io/autoupdate", "false");
  });
  EXPECT_EQ(reconcile(stored, wanted).action, Action::None);
}

TEST(Reconcile, MissingLabelsAreAddedAndValuesKept) {
  const PolicyObject wanted = one("clusterrole x\n  get core pods\n");
  const Document stored = changed(wanted.object, [](Draft& draft) {
    draft["metadata"].erase("labels");
    draft["metadata"]["annotations"].set("rbac.authorization.kubernetes.io/autoupdate", "yes");
  });
  const Reconciliation result = reconcile(stored, wanted);
  ASSERT_EQ(result.action, Action::Update);
  EXPECT_EQ(json_of(result.object["metadata"]["labels"]),
            R"({"kubernetes.io/bootstrapping":"rbac-defaults"})");
  EXPECT_EQ(json_of(result.object["metadata"]["annotations"]),
            R"({"rbac.authorization.kubernetes.io/autoupdate":"yes"})");
}

TEST(Reconcile, RulesOfAggregatedRolesAreNotTouched) {
  const PolicyObject wanted = one("clusterrole x from:y\n");
  const Document stored = changed(wanted.object, [](Draft& draft) {
    object::NodeRef rule = draft.root().ensure_list("rules").append();
    write_rule({{"get"}, {""}, {"pods"}, {}, {}}, rule);
  });
  EXPECT_EQ(reconcile(stored, wanted).action, Action::None);
}

TEST(Reconcile, BindingsGetMissingSubjectsAndAreMadeAnewForAnotherRole) {
  const PolicyObject wanted = one("clusterbinding x r user:a group:b\n");
  const Document fewer = one("clusterbinding x r group:b user:c\n").object;
  const Reconciliation result = reconcile(fewer, wanted);
  ASSERT_EQ(result.action, Action::Update);
  EXPECT_EQ(result.object["subjects"].size(), 3U);
  EXPECT_EQ(reconcile(one("clusterbinding x other user:a\n").object, wanted).action,
            Action::Recreate);
}

}  // namespace
}  // namespace knarr::auth
