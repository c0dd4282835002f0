// SPDX-License-Identifier: Apache-2.0
#include "apiserver/admission/node_writes.h"

#include "auth/certificates.h"
#include "auth/node_authorizer.h"
#include "base/base64.h"
#include "object/equality.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace knarr::apiserver {

using object::Document;
using object::NodeRef;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr std::string_view kLeases = "kube-node-lease";
constexpr std::string_view kServing = "kubernetes.io/kubelet-serving";
constexpr std::string_view kClient = "kubernetes.io/kube-apiserver-client-kubelet";

// ---- Node

// The keys of labels that differ, which a kubelet may not set.
std::set<std::string_view> forbidden_labels(Value old, NodeRef now) {
  std::set<std::string_view> keys;
  for (auto [key, atom, value] : now.entries()) {
    const Value before = old[key];
    if (!before.exists() || before.as_string() != value.as_string()) keys.insert(key);
  }
  for (auto [key, atom, value] : old.entries()) {
    if (!now[key].exists()) keys.insert(key);
  }
  std::erase_if(keys, [](std::string_view key) { return auth::kubelet_may_set_label(key); });
  return keys;
}

bool same_list(Value old, NodeRef now) {
  return (old.empty() && now.empty()) || object::equal(old, now);
}

Result<> check_node(const AdmissionRequest& request, std::string_view node) {
  std::string name = request.name;
  if (name.empty() && request.draft != nullptr) {
    name = request.draft->root()[atom::metadata][atom::name].as_string();
  }
  if (name != node) {
    return admission_refusal(
        request, fmt::format("node \"{}\" is not allowed to modify node \"{}\"", node, name));
  }
  if (request.draft == nullptr) return ok();
  NodeRef now = request.draft->root();
  const Value old = request.old_object.root();
  const bool creates = request.operation == Operation::Create;
  if (!creates) {
    if (!same_list(old[atom::spec]["taints"], now[atom::spec]["taints"])) {
      return admission_refusal(request,
                               fmt::format("node \"{}\" is not allowed to modify taints", node));
    }
    if (!same_list(old[atom::metadata][atom::ownerReferences],
                   now[atom::metadata][atom::ownerReferences])) {
      return admission_refusal(
          request, fmt::format("node \"{}\" is not allowed to modify ownerReferences", node));
    }
  }
  const auto labels =
      forbidden_labels(old[atom::metadata][atom::labels], now[atom::metadata][atom::labels]);
  if (labels.empty()) return ok();
  return admission_refusal(
      request, creates ? fmt::format("node \"{}\" is not allowed to set the following labels: {}",
                                     node, fmt::join(labels, ", "))
                       : fmt::format("is not allowed to modify labels: {}", fmt::join(labels, ", ")));
}

// ---- PersistentVolumeClaim

Result<> check_claim(const AdmissionRequest& request, std::string_view node) {
  if (request.subresource != "status") {
    return admission_refusal(request, "may only update PVC status");
  }
  if (request.operation != Operation::Update) {
    return admission_refusal(
        request, fmt::format("unexpected operation \"{}\"", to_string(request.operation)));
  }
  // What a kubelet reports of a growing volume; the rest must stay.
  static constexpr std::string_view kMayChange[] = {
      "capacity", "conditions", "allocatedResources", "allocatedResourceStatuses"};
  const auto same = [&](Value old, NodeRef now) {
    std::set<std::string_view> keys;
    for (auto [key, atom, value] : old.entries()) keys.insert(key);
    for (auto [key, atom, value] : now.entries()) keys.insert(key);
    return std::ranges::all_of(keys, [&](std::string_view key) {
      return std::ranges::find(kMayChange, key) != std::end(kMayChange) ||
             object::equal(old[key], now[key]);
    });
  };
  if (same(request.old_object[atom::status], request.draft->root()[atom::status])) return ok();
  return admission_refusal(
      request,
      fmt::format("node \"{}\" is not allowed to update fields other than status.quantity and "
                  "status.conditions",
                  node));
}

// ---- what bears the node's name

Result<> check_lease(const AdmissionRequest& request, std::string_view node) {
  if (request.namespace_ != kLeases) {
    return admission_refusal(
        request, fmt::format("can only access leases in the \"{}\" system namespace", kLeases));
  }
  if (request.name == node) return ok();
  return admission_refusal(request,
                           "can only access node lease with the same name as the requesting node");
}

Result<> check_csi_node(const AdmissionRequest& request, std::string_view node) {
  if (request.name == node) return ok();
  return admission_refusal(request,
                           "can only access CSINode with the same name as the requesting node");
}

Result<> check_slice(const AdmissionRequest& request, std::string_view node) {
  if (request.operation == Operation::Create &&
      request.draft->root()[atom::spec][atom::nodeName].as_string() != node) {
    return admission_refusal(
        request, "can only create ResourceSlice with the same NodeName as the requesting node");
  }
  if (request.operation == Operation::Delete &&
      request.old_object[atom::spec][atom::nodeName].as_string() != node) {
    return admission_refusal(
        request, "can only delete ResourceSlice with the same NodeName as the requesting node");
  }
  return ok();
}

Result<> check_certificate(const AdmissionRequest& request) {
  if (request.operation != Operation::Create) return ok();
  NodeRef spec = request.draft->root()[atom::spec];
  const std::string_view signer = spec["signerName"].as_string();
  if (signer != kServing && signer != kClient) return ok();
  const auto pem = base64_decode(spec["request"].as_string());
  auto csr = pem ? auth::CertificateRequest::from_pem(*pem)
                 : Result<auth::CertificateRequest>(Error(Reason::BadRequest, "no base64"));
  if (!csr) {
    return admission_refusal(request,
                             fmt::format("unable to parse csr: {}", csr.error().message()));
  }
  if (csr->spec().common_name == request.user->name) return ok();
  return admission_refusal(
      request, fmt::format("can only create a node CSR with CN={}", request.user->name));
}

// ---- tokens

// Whether a volume of the pod gets a token for this audience ("" is the API server's).
bool uses_audience(Value pod, std::string_view audience) {
  for (Value volume : pod[atom::spec][atom::volumes].items()) {
    for (Value source : volume["projected"]["sources"].items()) {
      const Value token = source["serviceAccountToken"];
      if (token.exists() && token["audience"].as_string() == audience) return true;
    }
  }
  return false;
}

}  // namespace

Result<> NodeWrites::check_audience(const AdmissionRequest& request, Value pod) const {
  NodeRef audiences = request.draft->root()[atom::spec][atom::audiences];
  if (audiences.size() > 1) {
    return admission_refusal(request, "node may only request 0 or 1 audiences");
  }
  const std::string audience(audiences.size() == 1 ? audiences.at(0).as_string()
                                                   : std::string_view());
  if (uses_audience(pod, audience) || audience.empty()) return ok();
  // CSI drivers and others may have tokens for more, when a role says so.
  const auth::Attributes question{
      .user = request.user,
      .verb = "request-serviceaccounts-token-audience",
      .group = "",
      .version = "*",
      .resource = audience,
      .name = std::string(pod[atom::spec][atom::serviceAccountName].as_string()),
      .namespace_ = request.namespace_};
  if (authorizer_.authorize(question).allowed()) return ok();
  return admission_refusal(request,
                           fmt::format("audience \"{}\" not found in pod spec volume", audience));
}

Result<> NodeWrites::check_token(const AdmissionRequest& request, std::string_view node) const {
  if (request.operation != Operation::Create || request.subresource != "token") return ok();
  NodeRef bound = request.draft->root()[atom::spec][atom::boundObjectRef];
  const std::string_view name = bound[atom::name].as_string();
  if (!bound.is_map() || bound[atom::apiVersion].as_string() != "v1" ||
      bound[atom::kind].as_string() != "Pod" || name.empty()) {
    return admission_refusal(request, "node requested token not bound to a pod");
  }
  const std::string_view uid = bound[atom::uid].as_string();
  if (uid.empty()) {
    return admission_refusal(request, "node requested token with a pod binding without a uid");
  }
  const Document pod =
      TRY(registry_.get(*registry_.find_stored("", "pods"), request.namespace_, name));
  if (object::uid_of(pod.root()) != uid) {
    return admission_refusal(
        request, fmt::format("the UID in the bound object reference ({}) does not match the UID in "
                             "record. The object might have been deleted and then recreated",
                             uid));
  }
  if (pod[atom::spec][atom::nodeName].as_string() != node) {
    return admission_refusal(
        request, "node requested token bound to a pod scheduled on a different node");
  }
  return check_audience(request, pod.root());
}

Result<> NodeWrites::check(const AdmissionRequest& request, std::string_view node) const {
  if (node.empty()) {
    return admission_refusal(
        request, fmt::format("could not determine node from user {}", auth::quoted(request.user->name)));
  }
  if (request.is("", "nodes")) return check_node(request, node);
  if (request.is("", "persistentvolumeclaims")) return check_claim(request, node);
  if (request.is("", "serviceaccounts")) return check_token(request, node);
  if (request.is("coordination.k8s.io", "leases")) return check_lease(request, node);
  if (request.is("storage.k8s.io", "csinodes")) return check_csi_node(request, node);
  if (request.is("resource.k8s.io", "resourceslices")) return check_slice(request, node);
  if (request.is("certificates.k8s.io", "certificatesigningrequests")) {
    return check_certificate(request);
  }
  return ok();
}

Task<Result<>> NodeWrites::mutate(AdmissionRequest* request) {
  const auto node = auth::node_identity(*request->user);
  if (!node) co_return ok();
  co_return check(*request, *node);
}

}  // namespace knarr::apiserver
