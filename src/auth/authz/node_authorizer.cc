// SPDX-License-Identifier: Apache-2.0
#include "auth/node_authorizer.h"

#include "auth/bootstrap_policy.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

namespace knarr::auth {

namespace {

Verdict allow() {
  return {Decision::Allow, "", ""};
}
Verdict no(std::string reason = "") {
  return {Decision::NoOpinion, std::move(reason), ""};
}

bool one_of(std::string_view text, std::initializer_list<std::string_view> texts) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

bool selects(const Attributes& a, std::string_view field, std::string_view value) {
  return std::any_of(a.field_selector.begin(), a.field_selector.end(), [&](const auto& term) {
    return term.equals && term.field == field && term.value == value;
  });
}

constexpr std::initializer_list<std::string_view> kOwnVerbs = {"get", "create", "update", "patch",
                                                               "delete"};

// Of a creation the authorizer does not know the name: admission checks it.
Verdict lease(std::string_view node, const Attributes& a) {
  if (!one_of(a.verb, kOwnVerbs)) {
    return no("can only get, create, update, patch, or delete a node lease");
  }
  if (a.namespace_ != "kube-node-lease") {
    return no("can only access leases in the \"kube-node-lease\" system namespace");
  }
  if (a.verb != "create" && a.name != node) {
    return no("can only access node lease with the same name as the requesting node");
  }
  return allow();
}

Verdict csi_node(std::string_view node, const Attributes& a) {
  if (!one_of(a.verb, kOwnVerbs)) {
    return no("can only get, create, update, patch, or delete a CSINode");
  }
  if (!a.subresource.empty()) return no("cannot authorize CSINode subresources");
  if (a.verb != "create" && a.name != node) {
    return no("can only access CSINode with the same name as the requesting node");
  }
  return allow();
}

Verdict own_node(std::string_view node, const Attributes& a) {
  if (a.subresource == "status") {
    return one_of(a.verb, {"update", "patch"}) ? allow() : no();
  }
  if (!a.subresource.empty()) return no();
  if (one_of(a.verb, {"create", "update", "patch"})) return allow();
  if (!a.is_read_only()) return no();
  // By name, not through the graph: kubelets ask for their Node before it exists.
  if (a.name == node) return allow();
  if (a.name.empty()) {
    return no(fmt::format("node '{}' cannot read all nodes, only its own Node object", node));
  }
  return no(fmt::format("node '{}' cannot read '{}', only its own Node object", node, a.name));
}

}  // namespace

NodeAuthorizer::NodeAuthorizer(const NodeGraph& graph) : graph_(graph), rules_(node_rules()) {}

Verdict NodeAuthorizer::authorize(const Attributes& a) const {
  const auto identity = node_identity(*a.user);
  if (!identity) return no();
  const std::string_view node = *identity;
  if (node.empty()) return no(fmt::format("unknown node for user {}", quoted(a.user->name)));

  if (a.is_resource && a.group.empty()) {
    if (a.resource == "secrets") return read_related(node, NodeObject::Secret, a);
    if (a.resource == "configmaps") return read_related(node, NodeObject::ConfigMap, a);
    if (a.resource == "persistentvolumeclaims") return claim(node, a);
    if (a.resource == "persistentvolumes")
      return get_related(node, NodeObject::PersistentVolume, a);
    if (a.resource == "serviceaccounts") return create_token(node, a);
    if (a.resource == "nodes") return own_node(node, a);
    if (a.resource == "pods") return pod(node, a);
  } else if (a.is_resource && a.group == "storage.k8s.io") {
    if (a.resource == "volumeattachments")
      return get_related(node, NodeObject::VolumeAttachment, a);
    if (a.resource == "csinodes") return csi_node(node, a);
  } else if (a.is_resource && a.group == "resource.k8s.io") {
    if (a.resource == "resourceclaims") return get_related(node, NodeObject::ResourceClaim, a);
    if (a.resource == "resourceslices") return resource_slice(node, a);
  } else if (a.is_resource && a.group == "coordination.k8s.io" && a.resource == "leases") {
    return lease(node, a);
  }
  const bool allowed = std::any_of(rules_->rules.begin(), rules_->rules.end(),
                                   [&](const PolicyRule& rule) { return rule_allows(rule, a); });
  return allowed ? allow() : no();
}

void NodeAuthorizer::list_rules(const User& user, std::string_view, RuleList& list) const {
  if (!node_identity(user)) return;
  list.incomplete = true;
  if (!list.error.empty()) list.error += ", ";
  list.error += "node authorizer does not support user rule resolution";
}

Verdict NodeAuthorizer::related(std::string_view node, NodeObject kind, const Attributes& a) const {
  if (a.name.empty()) return no("No Object name found");
  if (graph_.concerns(node, kind, a.namespace_, a.name)) return allow();
  return no(fmt::format("no relationship found between node '{}' and this object", node));
}

Verdict NodeAuthorizer::get_related(std::string_view node, NodeObject kind,
                                    const Attributes& a) const {
  if (a.verb != "get") return no("can only get individual resources of this type");
  if (!a.subresource.empty()) return no("cannot get subresource");
  return related(node, kind, a);
}

Verdict NodeAuthorizer::read_related(std::string_view node, NodeObject kind,
                                     const Attributes& a) const {
  if (!a.is_read_only()) return no("can only read resources of this type");
  if (!a.subresource.empty()) return no("cannot read subresource");
  if (a.namespace_.empty()) return no("can only read namespaced object of this type");
  return related(node, kind, a);
}

Verdict NodeAuthorizer::claim(std::string_view node, const Attributes& a) const {
  if (a.subresource != "status") return get_related(node, NodeObject::PersistentVolumeClaim, a);
  if (!one_of(a.verb, {"update", "patch"})) return no("can only get/update/patch this type");
  return related(node, NodeObject::PersistentVolumeClaim, a);
}

Verdict NodeAuthorizer::create_token(std::string_view node, const Attributes& a) const {
  if (a.verb == "get" && a.subresource.empty() && !a.name.empty()) {
    return related(node, NodeObject::ServiceAccount, a);
  }
  if (a.verb != "create" || a.name.empty()) {
    return no("can only create tokens for individual service accounts");
  }
  if (a.subresource != "token") return no("can only create token subresource of serviceaccount");
  return related(node, NodeObject::ServiceAccount, a);
}

Verdict NodeAuthorizer::resource_slice(std::string_view node, const Attributes& a) const {
  if (!a.subresource.empty()) return no("cannot authorize ResourceSlice subresources");
  if (a.verb == "create") return allow();  // Admission checks whose slice it is.
  if (one_of(a.verb, {"get", "update", "patch", "delete"})) {
    return related(node, NodeObject::ResourceSlice, a);
  }
  if (!one_of(a.verb, {"watch", "list", "deletecollection"})) {
    return no(
        "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, "
        "update, "
        "patch, delete, deletecollection");
  }
  if (selects(a, "spec.nodeName", node) || selects(a, "nodeName", node)) return allow();
  return no("can only list/watch/deletecollection resourceslices with nodeName field selector");
}

Verdict NodeAuthorizer::pod(std::string_view node, const Attributes& a) const {
  if (a.subresource == "status") return one_of(a.verb, {"update", "patch"}) ? allow() : no();
  if (a.subresource == "eviction") return a.verb == "create" ? allow() : no();
  if (!a.subresource.empty()) return no();
  if (a.verb == "get") return get_related(node, NodeObject::Pod, a);
  if (one_of(a.verb, {"create", "delete"})) return allow();  // Mirror pods; admission checks.
  if (!one_of(a.verb, {"list", "watch"})) return no();
  if (selects(a, "spec.nodeName", node)) return allow();
  if (!a.name.empty()) return related(node, NodeObject::Pod, a);
  return no("can only list/watch pods with spec.nodeName field selector");
}

bool kubelet_may_set_label(std::string_view key) {
  // Source: k8s.io/kubelet/pkg/apis well_known_labels.
  static constexpr std::array kKnown = {
      std::string_view("kubernetes.io/hostname"),
      std::string_view("topology.kubernetes.io/zone"),
      std::string_view("topology.kubernetes.io/region"),
      std::string_view("failure-domain.beta.kubernetes.io/zone"),
      std::string_view("failure-domain.beta.kubernetes.io/region"),
      std::string_view("node.kubernetes.io/instance-type"),
      std::string_view("beta.kubernetes.io/instance-type"),
      std::string_view("kubernetes.io/os"),
      std::string_view("kubernetes.io/arch"),
      std::string_view("beta.kubernetes.io/os"),
      std::string_view("beta.kubernetes.io/arch"),
  };
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return true;
  const std::string_view domain = key.substr(0, slash);
  const auto in = [&](std::string_view parent) {
    return domain == parent ||
           (domain.ends_with(parent) && domain[domain.size() - parent.size() - 1] == '.');
  };
  if (in("node-restriction.kubernetes.io")) return false;
  if (!in("kubernetes.io") && !in("k8s.io")) return true;
  if (in("kubelet.kubernetes.io") || in("node.kubernetes.io")) return true;
  return std::find(kKnown.begin(), kKnown.end(), key) != kKnown.end();
}

}  // namespace knarr::auth
