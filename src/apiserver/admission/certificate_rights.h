// SPDX-License-Identifier: Apache-2.0
// CertificateApproval, CertificateSigning and CertificateSubjectRestriction: who may approve and sign
// for a signer, and that no client certificate makes a cluster administrator.
// Source: k8s.io/kubernetes plugin/pkg/admission/certificates.
#pragma once

#include "apiserver/admission/admission.h"
#include "auth/authorizer.h"

namespace knarr::apiserver {

class CertificateRights final : public AdmissionPlugin {
 public:
  explicit CertificateRights(const auth::Authorizer& authorizer) : authorizer_(authorizer) {}
  [[nodiscard]] std::string_view name() const override { return "CertificateApproval"; }
  /// Errors: Forbidden.
  Task<Result<>> validate(AdmissionRequest* request) override;

 private:
  [[nodiscard]] Result<> check(const AdmissionRequest& request) const;
  [[nodiscard]] bool may(const auth::User& user, std::string_view verb,
                         std::string_view signer) const;

  const auth::Authorizer& authorizer_;
};

}  // namespace knarr::apiserver
