// SPDX-License-Identifier: Apache-2.0
// NamespaceLifecycle: nothing is made in a namespace that is missing or going away, and the
// namespaces of the cluster itself stay (BEHAVIOURS 96).
// Source: k8s.io/apiserver pkg/admission/plugin/namespace/lifecycle.
#pragma once

#include "apiserver/admission/admission.h"
#include "apiserver/registry/registry.h"

namespace knarr::apiserver {

class NamespaceLifecycle final : public AdmissionPlugin {
 public:
  explicit NamespaceLifecycle(Registry& registry) : registry_(registry) {}
  [[nodiscard]] std::string_view name() const override { return "NamespaceLifecycle"; }
  /// Errors: NotFound for a missing namespace, Forbidden.
  Task<Result<>> mutate(AdmissionRequest* request) override;

 private:
  [[nodiscard]] Result<> check(const AdmissionRequest& request) const;

  Registry& registry_;
};

}  // namespace knarr::apiserver
