// SPDX-License-Identifier: Apache-2.0
// The last step before a role or binding is prepared and stored: nobody gives away rights they do
// not have. No plug-in in Kubernetes, where the storage of these kinds does it, so it cannot be
// turned off. Source: k8s.io/kubernetes pkg/registry/rbac/*/policybased.
#pragma once

#include "apiserver/admission/admission.h"
#include "auth/rbac.h"

namespace knarr::apiserver {

class RbacWrites final : public AdmissionPlugin {
 public:
  /// Both outlive it.
  RbacWrites(const auth::RbacAuthorizer& rbac, const auth::Authorizer& authorizer)
      : rbac_(rbac), authorizer_(authorizer) {}
  [[nodiscard]] std::string_view name() const override { return "RBACWrites"; }
  /// Errors: Forbidden, NotFound for the role of a binding.
  Task<Result<>> mutate(AdmissionRequest* request) override;

 private:
  [[nodiscard]] Result<> check(const AdmissionRequest& request) const;

  const auth::RbacAuthorizer& rbac_;
  const auth::Authorizer& authorizer_;
};

}  // namespace knarr::apiserver
