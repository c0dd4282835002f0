// SPDX-License-Identifier: Apache-2.0
// The first controllers against the real API server in memory, under a simulated clock.
#include "server/testing/sim_server.h"

#include <gtest/gtest.h>

namespace knarr::server {
namespace {

using namespace std::chrono_literals;
using object::Document;

constexpr std::string_view kNamespace = R"({"metadata":{"name":"shop"}})";
constexpr std::string_view kShop = "/api/v1/namespaces/shop";

std::string in_shop(std::string_view rest) { return std::string(kShop).append(rest); }

// BEHAVIOURS 86
TEST(RootCa, IsPublishedInEveryNamespaceMendedAndMadeAgain) {
  SimServer server;
  server.start_controllers({"root-ca-certificate-publisher-controller"});
  server.call("POST", "/api/v1/namespaces", kNamespace);
  const std::string path = in_shop("/configmaps/kube-root-ca.crt");
  Document map = SimServer::object_of(server.call("GET", path));
  EXPECT_EQ(map["data"]["ca.crt"].as_string(), "the root");

  server.call("PATCH", path, R"({"data":{"ca.crt":"another","more":"x"}})");
  map = SimServer::object_of(server.call("GET", path));
  EXPECT_EQ(SimServer::json_of(map["data"]), R"({"ca.crt":"the root"})");

  server.call("DELETE", path);
  EXPECT_EQ(SimServer::outcome(server.call("GET", path)), "200");
}

TEST(ServiceAccounts, DefaultIsThereAndMadeAgain) {
  SimServer server;
  server.start_controllers({"*"});
  server.call("POST", "/api/v1/namespaces", kNamespace);
  const std::string path = in_shop("/serviceaccounts/default");
  const Document first = SimServer::object_of(server.call("GET", path));
  ASSERT_TRUE(first);
  server.call("DELETE", path);
  const Document second = SimServer::object_of(server.call("GET", path));
  ASSERT_TRUE(second);
  EXPECT_NE(object::uid_of(first.root()), object::uid_of(second.root()));
}

// BEHAVIOURS 96
TEST(Namespaces, AreEmptiedAndGo) {
  SimServer server;
  server.start_controllers({"*"});
  server.call("POST", "/api/v1/namespaces", kNamespace);
  server.call("POST", in_shop("/configmaps"), R"({"metadata":{"name":"c"}})");
  server.call("DELETE", std::string(kShop));
  EXPECT_EQ(SimServer::object_of(server.call("GET", std::string(kShop)))["status"]["phase"].as_string(),
            "Terminating");
  server.advance(5s);
  EXPECT_EQ(SimServer::outcome(server.call("GET", std::string(kShop))),
            "404 NotFound: namespaces \"shop\" not found");
  EXPECT_EQ(SimServer::outcome(server.call("GET", in_shop("/configmaps/c"))),
            "404 NotFound: configmaps \"c\" not found");
}

// BEHAVIOURS 96
TEST(Namespaces, TellWhatFinalizersHold) {
  SimServer server;
  server.start_controllers({"namespace-controller"});
  server.call("POST", "/api/v1/namespaces", kNamespace);
  server.call("POST", in_shop("/configmaps"),
              R"({"metadata":{"name":"held","finalizers":["example.com/hold"]}})");
  server.call("DELETE", std::string(kShop));
  server.advance(5s);
  const Document space = SimServer::object_of(server.call("GET", std::string(kShop)));
  ASSERT_TRUE(space);
  std::string told;
  for (object::Value one : space["status"]["conditions"].items()) {
    if (one["status"].as_string() != "True") continue;
    told += std::string(one["type"].as_string()) + ": " + std::string(one["message"].as_string()) + "\n";
  }
  EXPECT_EQ(told,
            "NamespaceContentRemaining: Some resources are remaining: configmaps. has 1 resource "
            "instances\n"
            "NamespaceFinalizersRemaining: Some content in the namespace has finalizers remaining: "
            "example.com/hold in 1 resource instances\n");

  server.call("PATCH", in_shop("/configmaps/held"), R"({"metadata":{"finalizers":null}})");
  server.advance(5s);
  EXPECT_EQ(SimServer::outcome(server.call("GET", std::string(kShop))),
            "404 NotFound: namespaces \"shop\" not found");
}

TEST(Namespaces, PodsGoBeforeEverythingElse) {
  SimServer server;
  server.start_controllers({"namespace-controller"});
  server.call("POST", "/api/v1/namespaces", kNamespace);
  server.call("POST", in_shop("/configmaps"), R"({"metadata":{"name":"c"}})");
  const auto made = server.call(
      "POST", in_shop("/pods"),
      R"({"metadata":{"name":"p","finalizers":["example.com/hold"]},
          "spec":{"containers":[{"name":"c","image":"i"}],"automountServiceAccountToken":false}})");
  ASSERT_EQ(SimServer::outcome(made), "201");
  server.call("DELETE", std::string(kShop));
  server.advance(20s);
  EXPECT_EQ(SimServer::outcome(server.call("GET", in_shop("/configmaps/c"))), "200");
  server.call("PATCH", in_shop("/pods/p"), R"({"metadata":{"finalizers":null}})");
  server.call("DELETE", in_shop("/pods/p?gracePeriodSeconds=0"));
  server.advance(1s);  // The end of the pod is news.
  EXPECT_EQ(SimServer::outcome(server.call("GET", std::string(kShop))),
            "404 NotFound: namespaces \"shop\" not found");
}

TEST(Namespaces, ThatEndTakeNothingNew) {
  SimServer server;
  server.call("POST", "/api/v1/namespaces", kNamespace);
  server.call("DELETE", std::string(kShop));
  const auto refused = server.call("POST", in_shop("/configmaps"), R"({"metadata":{"name":"c"}})");
  EXPECT_EQ(SimServer::outcome(refused),
            "403 Forbidden: configmaps \"c\" is forbidden: unable to create new content in "
            "namespace shop because it is being terminated");
  EXPECT_EQ(std::get<Error>(refused.body).causes().at(0).type, "NamespaceTerminating");
  EXPECT_EQ(SimServer::outcome(server.call("DELETE", "/api/v1/namespaces/kube-system")),
            "403 Forbidden: namespaces \"kube-system\" is forbidden: this namespace may not be deleted");
  EXPECT_EQ(SimServer::outcome(server.call("POST", "/api/v1/namespaces/none/configmaps",
                                           R"({"metadata":{"name":"c"}})")),
            "404 NotFound: namespaces \"none\" not found");
}

TEST(Aggregation, FollowsTheRolesItSelects) {
  SimServer server;
  server.start_controllers({"clusterrole-aggregation-controller"});
  const std::string roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
  server.call("POST", roles,
              R"({"metadata":{"name":"all"},"rules":[],
                  "aggregationRule":{"clusterRoleSelectors":[{"matchLabels":{"a":"b"}}]}})");
  server.call("POST", roles,
              R"({"metadata":{"name":"part","labels":{"a":"b"}},
                  "rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}]})");
  EXPECT_EQ(SimServer::json_of(SimServer::object_of(server.call("GET", roles + "/all"))["rules"]),
            R"([{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}])");
  server.call("DELETE", roles + "/part");
  EXPECT_EQ(SimServer::object_of(server.call("GET", roles + "/all"))["rules"].size(), 0U);
  // The bootstrap roles are aggregates, too.
  EXPECT_GT(SimServer::object_of(server.call("GET", roles + "/admin"))["rules"].size(), 10U);
}

TEST(Controllers, MayBeStoppedAndStartedAgain) {
  SimServer server;
  ControllerSet set(*server.api, server.loop, server.clock, {.selection = {"*"}, .options = {}});
  for (const char* name : {"a", "b"}) {
    set.start();
    server.loop.run_until_idle();
    server.call("POST", "/api/v1/namespaces", std::string(R"({"metadata":{"name":")") + name + "\"}}");
    EXPECT_EQ(SimServer::outcome(server.call(
                  "GET", std::string("/api/v1/namespaces/") + name + "/serviceaccounts/default")),
              "200");
    server.run(set.stop());
  }
}

}  // namespace
}  // namespace knarr::server
