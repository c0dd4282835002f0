// SPDX-License-Identifier: Apache-2.0
// The identity endpoints and the rights they check, against the real API server in memory.
#include "server/testing/sim_server.h"

#include <gtest/gtest.h>

namespace knarr::server {
namespace {

using object::Document;

constexpr std::string_view kAccess = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
constexpr std::string_view kRbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/";

std::string status_of(const apiserver::ApiReply& reply) {
  const Document object = SimServer::object_of(reply);
  return object ? SimServer::json_of(object["status"]) : SimServer::outcome(reply);
}

std::string token_of(SimServer& server, std::string_view spec = "{}") {
  const auto reply = server.call("POST", "/api/v1/namespaces/default/serviceaccounts/robot/token",
                                 std::string(R"({"spec":)").append(spec) + "}");
  return std::string(SimServer::object_of(reply)["status"]["token"].as_string());
}

void make_robot(SimServer& server) {
  server.call("POST", "/api/v1/namespaces/default/serviceaccounts", R"({"metadata":{"name":"robot"}})");
}

// BEHAVIOURS 81, 82
TEST(Tokens, AreReviewedByAudience) {
  SimServer server;
  make_robot(server);
  const std::string token = token_of(server);
  ASSERT_FALSE(token.empty());
  const auto review = [&](std::string_view more) {
    return SimServer::object_of(
        server.call("POST", "/apis/authentication.k8s.io/v1/tokenreviews",
                    R"({"spec":{"token":")" + token + "\"" + std::string(more) + "}}"))["status"];
  };
  EXPECT_EQ(SimServer::object_of(server.call("POST", "/apis/authentication.k8s.io/v1/tokenreviews",
                                             R"({"spec":{"token":")" + token + "\"}}"))["status"]["user"]
                                                                                       ["username"]
                .as_string(),
            "system:serviceaccount:default:robot");
  EXPECT_FALSE(review(R"(,"audiences":["other"])").exists() &&
               review(R"(,"audiences":["other"])")["authenticated"].as_bool());
  EXPECT_EQ(SimServer::outcome(server.call("POST", "/apis/authentication.k8s.io/v1/tokenreviews",
                                           R"({"spec":{}})")),
            "400 BadRequest: token is required for TokenReview in authentication");
}

TEST(Tokens, EndWithTheirPodAndAreForItsAccountOnly) {
  SimServer server;
  make_robot(server);
  const std::string pods = "/api/v1/namespaces/default/pods";
  ASSERT_EQ(SimServer::outcome(server.call(
                "POST", pods,
                R"({"metadata":{"name":"p"},"spec":{"serviceAccountName":"robot",
                    "containers":[{"name":"c","image":"i"}],"automountServiceAccountToken":false}})")),
            "201");
  const std::string bound = R"({"boundObjectRef":{"kind":"Pod","apiVersion":"v1","name":"p"}})";
  const std::string token = token_of(server, bound);
  ASSERT_FALSE(token.empty());
  const auto authenticates = [&] {
    const auto verdict =
        server.tokens->authenticator().authenticate(token, {}, server.clock.system_now());
    return verdict && *verdict;
  };
  EXPECT_TRUE(authenticates());
  server.call("DELETE", pods + "/p?gracePeriodSeconds=0");
  EXPECT_FALSE(authenticates());
  EXPECT_EQ(SimServer::outcome(server.call("POST",
                                           "/api/v1/namespaces/default/serviceaccounts/robot/token",
                                           R"({"spec":)" + bound + "}")),
            "404 NotFound: pods \"p\" not found");
}

// BEHAVIOURS 85
TEST(AccessReviews, TellTheReason) {
  SimServer server;
  server.call("POST", std::string(kRbac) + "roles",
              R"({"metadata":{"name":"r"},"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}]})");
  server.call("POST", std::string(kRbac) + "rolebindings",
              R"({"metadata":{"name":"b"},"roleRef":{"kind":"Role","name":"r","apiGroup":"rbac.authorization.k8s.io"},
                  "subjects":[{"kind":"User","name":"bob","apiGroup":"rbac.authorization.k8s.io"}]})");
  const auto ask = [&](std::string_view verb) {
    return status_of(server.call(
        "POST", std::string(kAccess),
        R"({"spec":{"user":"bob","resourceAttributes":{"resource":"pods","namespace":"default","verb":")" +
            std::string(verb) + "\"}}}"));
  };
  EXPECT_EQ(ask("get"),
            R"({"allowed":true,"reason":"RBAC: allowed by RoleBinding \"b/default\" of Role \"r\" to User \"bob\""})");
  EXPECT_EQ(ask("list"), R"({"allowed":false})");
  EXPECT_EQ(SimServer::outcome(server.call("POST", std::string(kAccess), R"({"spec":{"user":"bob"}})")),
            "422 Invalid: .authorization.k8s.io \"\" is invalid: spec.resourceAttributes: Invalid value: "
            "null: exactly one of nonResourceAttributes or resourceAttributes must be specified");
}

TEST(Reviews, OfOneselfNeedNoMoreThanAName) {
  SimServer server;
  const auth::User bob = SimServer::user("bob", {"g"});
  EXPECT_EQ(status_of(server.call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}", bob)),
            R"({"userInfo":{"username":"bob","groups":["g","system:authenticated"]}})");
  EXPECT_EQ(SimServer::outcome(server.call("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
                                           "{}", bob)),
            "400 BadRequest: no namespace on request");
}

TEST(Roles, GiveNoMoreThanTheirWriterHas) {
  SimServer server;
  server.call("POST", std::string(kRbac) + "rolebindings",
              R"({"metadata":{"name":"edit"},"roleRef":{"kind":"ClusterRole","name":"admin","apiGroup":"rbac.authorization.k8s.io"},
                  "subjects":[{"kind":"User","name":"bob","apiGroup":"rbac.authorization.k8s.io"}]})");
  server.start_controllers({"clusterrole-aggregation-controller"});
  const auth::User bob = SimServer::user("bob");
  const auto make = [&](std::string_view resource, std::string_view group) {
    return SimServer::outcome(server.call(
        "POST", std::string(kRbac) + "roles",
        R"({"metadata":{"generateName":"r-"},"rules":[{"verbs":["get"],"apiGroups":[")" +
            std::string(group) + R"("],"resources":[")" + std::string(resource) + "\"]}]}",
        bob));
  };
  EXPECT_EQ(make("pods", ""), "201");
  EXPECT_EQ(make("nodes", ""),
            "403 Forbidden: roles.rbac.authorization.k8s.io \"\" is forbidden: user \"bob\" "
            "(groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently "
            "held:\n{APIGroups:[\"\"], Resources:[\"nodes\"], Verbs:[\"get\"]}");
}

TEST(Kubelets, WriteOnlyTheirOwnNodeAndWithinBounds) {
  SimServer server;
  const auth::User kubelet = SimServer::user("system:node:n1", {"system:nodes"});
  const auto write = [&](std::string method, std::string path, std::string_view json) {
    return SimServer::outcome(server.call(std::move(method), "/api/v1/nodes" + path, json, kubelet));
  };
  EXPECT_EQ(write("POST", "", R"({"metadata":{"name":"n1","labels":{"kubernetes.io/hostname":"n1"}}})"), "201");
  EXPECT_EQ(write("POST", "", R"({"metadata":{"name":"n2"}})"),
            "403 Forbidden: nodes \"n2\" is forbidden: node \"n1\" is not allowed to modify node \"n2\"");
  EXPECT_EQ(write("PATCH", "/n1", R"({"metadata":{"labels":{"node-restriction.kubernetes.io/a":"b"}}})"),
            "403 Forbidden: nodes \"n1\" is forbidden: is not allowed to modify labels: "
            "node-restriction.kubernetes.io/a");
  EXPECT_EQ(write("PATCH", "/n1", R"({"spec":{"taints":[{"key":"a","effect":"NoSchedule"}]}})"),
            "403 Forbidden: nodes \"n1\" is forbidden: node \"n1\" is not allowed to modify taints");
  EXPECT_EQ(write("PATCH", "/n1", R"({"metadata":{"labels":{"mine":"x"}}})"), "200");
}

TEST(Keys, ArePublishedInTheirOwnMediaType) {
  SimServer server;
  apiserver::ApiRequest request;
  request.method = "GET";
  request.info = apiserver::parse_request_info("GET", "/openid/v1/jwks", {});
  request.user = SimServer::admin();
  request.accept = "application/jwk-set+json";
  const auto reply = server.run(server.api->serve(std::move(request)));
  const auto* raw = std::get_if<apiserver::RawReply>(&reply.body);
  ASSERT_NE(raw, nullptr);
  EXPECT_EQ(raw->content_type, "application/jwk-set+json");
  EXPECT_EQ(*raw->bytes, server.tokens->keys().jwks_json());
}

}  // namespace
}  // namespace knarr::server
