// SPDX-License-Identifier: Apache-2.0
// Role-based access control: decides by the Roles, ClusterRoles and bindings that the API server
// tells it about, keeping them compiled and indexed by subject; guards against writing roles or
// bindings that give more than their writer has.
// Source: k8s.io/kubernetes plugin/pkg/auth/authorizer/rbac, pkg/registry/rbac.
#pragma once

#include "auth/authorizer.h"
#include "base/result.h"
#include "object/document.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::auth {

enum class PolicyKind : std::uint8_t { ClusterRole, ClusterRoleBinding, Role, RoleBinding };

/// Hears of every policy object.
class PolicyObserver {
 public:
  virtual ~PolicyObserver() = default;
  /// An object is new or has changed.
  virtual void policy_changed(PolicyKind kind, const object::Document& object) = 0;
  virtual void policy_removed(PolicyKind kind, std::string_view namespace_,
                              std::string_view name) = 0;
  /// Everything told so far is void; all objects there are come next.
  virtual void policy_reset() = 0;
};

/// Where policy objects come from; the API server implements it.
class PolicySource {
 public:
  virtual ~PolicySource() = default;
  /// Tells the observer of everything there is, then of each change in order, until unsubscribe().
  virtual void subscribe(PolicyObserver& observer) = 0;
  virtual void unsubscribe(PolicyObserver& observer) = 0;
};

/// The RBAC authorizer. Changes come from one strand; questions may come from any thread.
class RbacAuthorizer final : public Authorizer, public PolicyObserver {
 public:
  RbacAuthorizer();
  ~RbacAuthorizer() override;
  RbacAuthorizer(const RbacAuthorizer&) = delete;
  RbacAuthorizer& operator=(const RbacAuthorizer&) = delete;

  /// Allow with the reason `RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "r" to User
  /// "u"`, else NoOpinion; the reason then names roles that bindings of the user refer to in vain.
  [[nodiscard]] Verdict authorize(const Attributes& attributes) const override;
  void list_rules(const User& user, std::string_view namespace_, RuleList& list) const override;

  void policy_changed(PolicyKind kind, const object::Document& object) override;
  void policy_removed(PolicyKind kind, std::string_view namespace_, std::string_view name) override;
  void policy_reset() override;

  /// The rules of a role, or null. `namespace_` is "" for a ClusterRole.
  [[nodiscard]] RuleSetRef role_rules(std::string_view namespace_, std::string_view name) const;

 private:
  class Index;
  std::unique_ptr<Index> index_;
};

/// A creation or update of a Role (with a namespace) or ClusterRole (namespace "").
struct RoleWrite {
  const User* user = nullptr;
  std::string_view namespace_;
  std::string_view name;          // Of the object; in messages.
  std::string_view request_name;  // "" for a create: what the verb `escalate` is asked about.
  object::Value role;             // As it shall be.
  object::Value old;              // As it is; missing for a create.
};

/// Refuses rules that the user does not hold, unless the user may `escalate` the role, or is in
/// system:masters; refuses an aggregationRule to whoever does not hold everything. A write that
/// leaves rules and aggregationRule as they were passes. Errors: Forbidden.
Result<> check_role_write(const RbacAuthorizer& rbac, const Authorizer& authorizer,
                          const RoleWrite& write);

/// A creation or update of a RoleBinding or ClusterRoleBinding.
struct BindingWrite {
  const User* user = nullptr;
  std::string_view namespace_;
  std::string_view name;
  object::Value binding;
  object::Value old;
};

/// Refuses a binding to a role whose rules the user does not hold, unless the user may `bind` the
/// role, or is in system:masters. A write that leaves roleRef and subjects as they were passes.
/// Errors: Forbidden, NotFound for a role that does not exist.
Result<> check_binding_write(const RbacAuthorizer& rbac, const Authorizer& authorizer,
                             const BindingWrite& write);

/// The rules of a ClusterRole with an aggregationRule: those of the ClusterRoles that its selectors
/// match, selector by selector, roles in order of their names, the role itself and repeated rules
/// left out. `cluster_roles` are all there are.
std::vector<PolicyRule> aggregate_rules(object::Value cluster_role,
                                        const std::vector<object::Document>& cluster_roles);

}  // namespace knarr::auth
