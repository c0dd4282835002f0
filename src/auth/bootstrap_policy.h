// SPDX-License-Identifier: Apache-2.0
// The roles and bindings that a cluster starts with, and how the server brings what is stored back
// in line with them at each start. Pure; any thread.
// Source: k8s.io/kubernetes pkg/registry/rbac/rest, component-helpers/auth/rbac/reconciliation.
#pragma once

#include "auth/rbac.h"
#include "base/result.h"
#include "object/document.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace knarr::auth {

struct PolicyObject {
  PolicyKind kind = PolicyKind::ClusterRole;
  object::Document object;
};

/// Reads roles and bindings from the notation that bootstrap_policy.cc describes. They get the
/// label and the annotation of bootstrap objects. Errors: BadRequest, naming the line.
Result<std::vector<PolicyObject>> parse_policy(std::string_view text);

/// Every bootstrap object of Kubernetes 1.36: ClusterRoles, Roles, ClusterRoleBindings and
/// RoleBindings, in the order in which they are to be made. Made anew by each call.
std::vector<PolicyObject> bootstrap_policy();

/// The rules of the ClusterRole system:node, which the Node authorizer gives to kubelets.
RuleSetRef node_rules();

struct Reconciliation {
  enum class Action : std::uint8_t {
    None,
    Create,
    Update,    // `object` replaces what is stored.
    Recreate,  // A binding to another role: delete what is stored, then create `object`.
  };
  Action action = Action::None;
  object::Document object;  // Empty for None.
};

/// What to do about a stored object (an empty Document when there is none) so that it gives at
/// least what `wanted` gives. Rules, subjects, selectors, labels and annotations that are missing
/// are added, nothing is taken away. An object whose annotation
/// rbac.authorization.kubernetes.io/autoupdate is "false" stays as it is.
Reconciliation reconcile(const object::Document& stored, const PolicyObject& wanted);

}  // namespace knarr::auth
