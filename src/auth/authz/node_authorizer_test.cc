// SPDX-License-Identifier: Apache-2.0
#include "auth/node_authorizer.h"

#include "object/draft.h"

#include <set>

#include <gtest/gtest.h>

namespace knarr::auth {
namespace {

using object::Document;
using object::Draft;
using object::NodeRef;

Draft pod(std::string_view name, std::string_view node) {
  Draft draft;
  NodeRef metadata = draft.root().ensure_map("metadata");
  metadata.set("namespace", "ns");
  metadata.set("name", name);
  draft.root().ensure_map("spec").set("nodeName", node);
  draft["spec"].set("serviceAccountName", "sa");
  return draft;
}

NodeRef add_volume(Draft& draft, std::string_view kind) {
  NodeRef volume = draft["spec"].ensure_list("volumes").append();
  volume.set_map();
  volume.set("name", "v");
  return volume.ensure_map(kind);
}

struct NodeCase {
  const char* verb;
  const char* group;
  const char* resource;
  const char* subresource;
  const char* name;
  const char* ns;
  bool allowed;
  const char* reason;
};

// auth-csr-node: a node reads only what concerns it; auth-authz: reasons of bootstrap bindings.
TEST(NodeAuthorizer, AKubeletReachesOnlyWhatConcernsItsNode) {
  NodeReferences graph;
  Draft p = pod("q", "n");
  add_volume(p, "secret").set("secretName", "s");
  graph.changed(NodeObject::Pod, p.freeze().root());
  const NodeAuthorizer authorizer(graph);
  const User node{"system:node:n", "", {"system:nodes"}, {}};
  constexpr const char* kUnrelated = "no relationship found between node 'n' and this object";
  const NodeCase cases[] = {
      {"get", "", "secrets", "", "s", "ns", true, ""},
      {"get", "", "secrets", "", "other", "ns", false, kUnrelated},
      {"list", "", "secrets", "", "", "ns", false, "No Object name found"},
      {"list", "", "secrets", "", "", "", false, "can only read namespaced object of this type"},
      {"update", "", "secrets", "", "s", "ns", false, "can only read resources of this type"},
      {"get", "", "configmaps", "", "x", "ns", false, kUnrelated},
      {"get", "", "nodes", "", "n", "", true, ""},
      {"get", "", "nodes", "", "other", "", false,
       "node 'n' cannot read 'other', only its own Node object"},
      {"list", "", "nodes", "", "", "", false,
       "node 'n' cannot read all nodes, only its own Node object"},
      {"list", "", "nodes", "", "n", "", true, ""},
      {"patch", "", "nodes", "status", "n", "", true, ""},
      {"delete", "", "nodes", "", "n", "", false, ""},
      {"list", "", "pods", "", "", "ns", false,
       "can only list/watch pods with spec.nodeName field selector"},
      {"get", "", "pods", "", "q", "ns", true, ""},
      {"get", "", "pods", "", "p", "ns", false, kUnrelated},
      {"create", "", "pods", "", "", "ns", true, ""},
      {"create", "", "pods", "eviction", "q", "ns", true, ""},
      {"create", "", "pods", "exec", "q", "ns", false, ""},
      {"create", "", "serviceaccounts", "token", "sa", "ns", true, ""},
      {"create", "", "serviceaccounts", "token", "default", "ns", false, kUnrelated},
      {"create", "", "serviceaccounts", "", "", "ns", false,
       "can only create tokens for individual service accounts"},
      {"get", "coordination.k8s.io", "leases", "", "n", "kube-node-lease", true, ""},
      {"get", "coordination.k8s.io", "leases", "", "other", "kube-node-lease", false,
       "can only access node lease with the same name as the requesting node"},
      {"get", "coordination.k8s.io", "leases", "", "n", "default", false,
       "can only access leases in the \"kube-node-lease\" system namespace"},
      {"get", "storage.k8s.io", "csinodes", "", "other", "", false,
       "can only access CSINode with the same name as the requesting node"},
      {"list", "", "services", "", "", "", true, ""},
      {"list", "", "endpoints", "", "", "ns", false, ""},
  };
  for (const NodeCase& c : cases) {
    const Verdict verdict = authorizer.authorize({.user = &node,
                                                  .verb = c.verb,
                                                  .group = c.group,
                                                  .resource = c.resource,
                                                  .subresource = c.subresource,
                                                  .name = c.name,
                                                  .namespace_ = c.ns});
    EXPECT_EQ(verdict.allowed(), c.allowed) << c.verb << " " << c.resource << " " << c.name;
    EXPECT_EQ(verdict.reason, c.reason) << c.verb << " " << c.resource << " " << c.name;
  }
  Attributes list{.user = &node, .verb = "list", .resource = "pods"};
  list.field_selector = {{"spec.nodeName", true, "n"}};
  EXPECT_TRUE(authorizer.authorize(list).allowed());
  list.field_selector = {{"spec.nodeName", true, "other"}};
  EXPECT_FALSE(authorizer.authorize(list).allowed());
}

TEST(NodeAuthorizer, OthersAreNoneOfItsBusiness) {
  NodeReferences graph;
  const NodeAuthorizer authorizer(graph);
  const auto ask = [&](const User& user) {
    return authorizer.authorize({.user = &user, .verb = "get", .resource = "nodes", .name = "n"});
  };
  EXPECT_EQ(ask({"other", "", {"system:nodes"}, {}}).reason, "");
  EXPECT_EQ(ask({"system:node:n", "", {}, {}}).reason, "");
  EXPECT_EQ(ask({"system:node:", "", {"system:nodes"}, {}}).reason,
            "unknown node for user \"system:node:\"");
}

TEST(NodeReferences, PodsClaimsAndVolumesLeadToSecrets) {
  NodeReferences graph;
  Draft p = pod("p", "n");
  add_volume(p, "persistentVolumeClaim").set("claimName", "c");
  add_volume(p, "ephemeral");
  add_volume(p, "configMap").set("name", "cm");
  NodeRef container = p["spec"].ensure_list("containers").append();
  container.set_map();
  NodeRef env = container.ensure_list("env").append();
  env.ensure_map("valueFrom").ensure_map("secretKeyRef").set("name", "envsecret");
  graph.changed(NodeObject::Pod, p.freeze().root());

  Draft volume;
  volume.root().ensure_map("metadata").set("name", "pv");
  NodeRef claim = volume.root().ensure_map("spec").ensure_map("claimRef");
  claim.set("namespace", "ns");
  claim.set("name", "c");
  NodeRef csi = volume["spec"].ensure_map("csi");
  csi.ensure_map("nodeStageSecretRef").set("name", "stage");
  csi["nodeStageSecretRef"].set("namespace", "kube-system");
  csi.ensure_map("controllerPublishSecretRef").set("name", "controller");
  csi["controllerPublishSecretRef"].set("namespace", "kube-system");
  graph.changed(NodeObject::PersistentVolume, volume.freeze().root());

  const auto concerns = [&](NodeObject kind, const char* ns, const char* name) {
    EXPECT_FALSE(graph.concerns("other", kind, ns, name));
    return graph.concerns("n", kind, ns, name);
  };
  EXPECT_TRUE(concerns(NodeObject::PersistentVolumeClaim, "ns", "c"));
  EXPECT_TRUE(concerns(NodeObject::PersistentVolumeClaim, "ns", "p-v"));
  EXPECT_TRUE(concerns(NodeObject::ConfigMap, "ns", "cm"));
  EXPECT_TRUE(concerns(NodeObject::Secret, "ns", "envsecret"));
  EXPECT_TRUE(concerns(NodeObject::PersistentVolume, "", "pv"));
  EXPECT_TRUE(concerns(NodeObject::Secret, "kube-system", "stage"));
  EXPECT_FALSE(concerns(NodeObject::Secret, "kube-system", "controller"));
  EXPECT_TRUE(concerns(NodeObject::ServiceAccount, "ns", "sa"));

  graph.removed(NodeObject::Pod, "ns", "p");
  EXPECT_FALSE(concerns(NodeObject::Secret, "kube-system", "stage"));
  EXPECT_FALSE(concerns(NodeObject::ServiceAccount, "ns", "sa"));
}

TEST(NodeReferences, AMirrorPodOpensNothingElse) {
  NodeReferences graph;
  Draft p = pod("p", "n");
  p["metadata"].ensure_map("annotations").set("kubernetes.io/config.mirror", "x");
  graph.changed(NodeObject::Pod, p.freeze().root());
  EXPECT_TRUE(graph.concerns("n", NodeObject::Pod, "ns", "p"));
  EXPECT_FALSE(graph.concerns("n", NodeObject::ServiceAccount, "ns", "sa"));
}

TEST(NodeRestriction, LabelsInKubernetesDomainsAreReserved) {
  for (const char* key :
       {"a", "example.com/a", "kubernetes.io/hostname", "kubernetes.io/os", "node.kubernetes.io/x",
        "a.kubelet.kubernetes.io/x", "topology.kubernetes.io/zone"}) {
    EXPECT_TRUE(kubelet_may_set_label(key)) << key;
  }
  for (const char* key : {"node-restriction.kubernetes.io/a", "kubernetes.io/nope", "k8s.io/x",
                          "a.k8s.io/x", "node-role.kubernetes.io/control-plane"}) {
    EXPECT_FALSE(kubelet_may_set_label(key)) << key;
  }
  EXPECT_TRUE(kubelet_may_set_label("notkubernetes.io/x"));
}

}  // namespace
}  // namespace knarr::auth
