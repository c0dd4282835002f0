// SPDX-License-Identifier: Apache-2.0
#include "apiserver/admission/certificate_rights.h"

#include "auth/certificates.h"
#include "base/base64.h"
#include "object/equality.h"

#include <fmt/core.h>

#include <algorithm>

namespace knarr::apiserver {

using object::Value;
namespace atom = object::atom;

namespace {

constexpr std::string_view kGroup = "certificates.k8s.io";
constexpr std::string_view kClientSigner = "kubernetes.io/kube-apiserver-client";

Result<> check_subject(const AdmissionRequest& request) {
  const Value spec = request.object[atom::spec];
  if (spec["signerName"].as_string() != kClientSigner) return ok();
  const auto pem = base64_decode(spec["request"].as_string());
  auto csr = pem ? auth::CertificateRequest::from_pem(*pem)
                 : Result<auth::CertificateRequest>(Error(Reason::BadRequest, "no base64"));
  if (!csr) {
    return admission_refusal(request, fmt::format("failed to parse CSR: {}", csr.error().message()));
  }
  if (std::ranges::find(csr->spec().organizations, auth::kMastersGroup) ==
      csr->spec().organizations.end()) {
    return ok();
  }
  return admission_refusal(request, fmt::format("use of {} signer with {} group is not allowed",
                                                kClientSigner, auth::kMastersGroup));
}

// Signing is to set the certificate or to say that there will be none.
bool signs(const AdmissionRequest& request) {
  const auto changed = [&](std::string_view field) {
    const Value now = request.object[atom::status][field];
    const Value old = request.old_object[atom::status][field];
    return !(now.empty() && old.empty() && now.as_string().empty() && old.as_string().empty()) &&
           !object::equal(now, old);
  };
  return changed("certificate") || changed("conditions");
}

}  // namespace

// A right on a signer is a right on its name, or on all of its domain ("example.com/*").
bool CertificateRights::may(const auth::User& user, std::string_view verb,
                            std::string_view signer) const {
  auth::Attributes question{.user = &user,
                            .verb = std::string(verb),
                            .group = std::string(kGroup),
                            .version = "*",
                            .resource = "signers",
                            .name = std::string(signer)};
  if (authorizer_.authorize(question).allowed()) return true;
  question.name = fmt::format("{}/*", signer.substr(0, signer.find('/')));
  return authorizer_.authorize(question).allowed();
}

Result<> CertificateRights::check(const AdmissionRequest& request) const {
  if (request.operation == Operation::Create && request.subresource.empty()) {
    return check_subject(request);
  }
  if (request.operation != Operation::Update) return ok();
  const std::string_view signer = request.old_object[atom::spec]["signerName"].as_string();
  if (request.subresource == "approval" && !may(*request.user, "approve", signer)) {
    return admission_refusal(
        request, fmt::format("user not permitted to approve requests with signerName \"{}\"", signer));
  }
  if (request.subresource == "status" && signs(request) && !may(*request.user, "sign", signer)) {
    return admission_refusal(
        request, fmt::format("user not permitted to sign requests with signerName \"{}\"", signer));
  }
  return ok();
}

Task<Result<>> CertificateRights::validate(AdmissionRequest* request) {
  if (!request->is(kGroup, "certificatesigningrequests")) co_return ok();
  co_return check(*request);
}

}  // namespace knarr::apiserver
