// SPDX-License-Identifier: Apache-2.0
// NodeRestriction, the part about everything but pods (those: node_restriction.h): a kubelet writes
// its own Node within bounds, its lease, its CSINode and its slices, the status of claims, tokens
// for pods that run on it, and certificate requests about itself.
// Source: k8s.io/kubernetes plugin/pkg/admission/noderestriction.
#pragma once

#include "apiserver/admission/admission.h"
#include "apiserver/registry/registry.h"
#include "auth/authorizer.h"

namespace knarr::apiserver {

class NodeWrites final : public AdmissionPlugin {
 public:
  /// Both outlive it.
  NodeWrites(Registry& registry, const auth::Authorizer& authorizer)
      : registry_(registry), authorizer_(authorizer) {}
  [[nodiscard]] std::string_view name() const override { return "NodeRestriction"; }
  /// Errors: Forbidden, NotFound for a pod that a token is to be bound to.
  Task<Result<>> mutate(AdmissionRequest* request) override;

 private:
  [[nodiscard]] Result<> check(const AdmissionRequest& request, std::string_view node) const;
  [[nodiscard]] Result<> check_token(const AdmissionRequest& request, std::string_view node) const;
  [[nodiscard]] Result<> check_audience(const AdmissionRequest& request, object::Value pod) const;

  Registry& registry_;
  const auth::Authorizer& authorizer_;
};

}  // namespace knarr::apiserver
