// SPDX-License-Identifier: Apache-2.0
// NodeRestriction: what a kubelet may do to pods, nodes and what belongs to them. Source: k8s.io/kubernetes/plugin/pkg/admission/
// noderestriction.
#pragma once

#include "auth/user.h"
#include "base/result.h"
#include "object/document.h"

#include <string_view>

namespace knarr::apiserver {

/// The node behind a user of the group system:nodes: `is_node` is false for others; the name is ""
/// for a user of the group whose name is none of a node.
struct NodeUser {
  bool is_node = false;
  std::string_view name;
};
NodeUser node_user(const auth::User& user);

/// A node makes mirror pods of its own, owned by itself. `node`: its Node object, maybe missing.
Result<> check_node_creates_pod(std::string_view node_name, object::Value pod, object::Value node);
/// Only pods bound to it, and only their status.
Result<> check_node_deletes_pod(std::string_view node_name, object::Value pod);
Result<> check_node_updates_pod_status(std::string_view node_name, object::Value pod,
                                       object::Value old);
Result<> check_node_evicts_pod(std::string_view node_name, object::Value pod);

/// Its own Node object, without taints and without labels that schedulers trust. `old` is missing on
/// creation; on deletion both are.
Result<> check_node_writes_node(std::string_view node_name, std::string_view target,
                                object::Value node, object::Value old);
/// Its own Lease in kube-node-lease.
Result<> check_node_writes_lease(std::string_view node_name, std::string_view namespace_,
                                 std::string_view target);
Result<> check_node_writes_csi_node(std::string_view node_name, std::string_view target);
/// Tokens of service accounts for pods that run on it. `pod`: the pod the request is bound to,
/// missing when there is none of that name.
Result<> check_node_requests_token(std::string_view node_name, std::string_view account,
                                   object::Value token_request, object::Value pod);
/// Its own ResourceSlices.
Result<> check_node_writes_slice(std::string_view node_name, std::string_view target,
                                 std::string_view verb, object::Value slice);

}  // namespace knarr::apiserver
