// SPDX-License-Identifier: Apache-2.0
// Decides by the namespace as it is in memory, which has seen every write acknowledged so far.
#include "apiserver/admission/namespace_lifecycle.h"

#include <fmt/core.h>

#include <algorithm>

namespace knarr::apiserver {

namespace atom = object::atom;

namespace {

constexpr std::string_view kProtected[] = {"default", "kube-system", "kube-public"};

// The review must not tell those who may not know whether a namespace exists.
bool is_access_review(const AdmissionRequest& request) {
  return request.is("authorization.k8s.io", "localsubjectaccessreviews");
}

Error terminating(const AdmissionRequest& request) {
  Error error = admission_refusal(
      request, fmt::format("unable to create new content in namespace {} because it is being "
                           "terminated",
                           request.namespace_));
  return std::move(error).with_causes(
      {{.type = "NamespaceTerminating",
        .field = "metadata.namespace",
        .message = fmt::format("namespace {} is being terminated", request.namespace_)}});
}

}  // namespace

Result<> NamespaceLifecycle::check(const AdmissionRequest& request) const {
  const bool is_namespace = request.is("", "namespaces");
  if (is_namespace) {
    const bool is_protected = std::ranges::find(kProtected, request.name) != std::end(kProtected);
    if (request.operation == Operation::Delete && is_protected) {
      return admission_refusal(request, "this namespace may not be deleted");
    }
    return ok();
  }
  if (request.namespace_.empty() || request.operation == Operation::Delete ||
      is_access_review(request)) {
    return ok();
  }
  const Collection* namespaces = registry_.find_stored("", "namespaces");
  const object::Document space = TRY(registry_.get(*namespaces, "", request.namespace_));
  const bool ends = space[atom::status][atom::phase].as_string() == "Terminating";
  if (request.operation == Operation::Create && ends) return terminating(request);
  return ok();
}

Task<Result<>> NamespaceLifecycle::mutate(AdmissionRequest* request) { co_return check(*request); }

}  // namespace knarr::apiserver
