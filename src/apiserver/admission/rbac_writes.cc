// SPDX-License-Identifier: Apache-2.0
#include "apiserver/admission/rbac_writes.h"

namespace knarr::apiserver {

using object::Document;
using object::Draft;
namespace atom = object::atom;

Result<> RbacWrites::check(const AdmissionRequest& request) const {
  const bool creates = request.operation == Operation::Create;
  if (!creates && request.operation != Operation::Update) return ok();
  const bool is_role = request.resource == "roles" || request.resource == "clusterroles";
  const Document object = Draft::freeze(request.draft->root());
  const std::string_view name = object[atom::metadata][atom::name].as_string();
  if (is_role) {
    return auth::check_role_write(rbac_, authorizer_,
                                  {.user = request.user,
                                   .namespace_ = request.namespace_,
                                   .name = name,
                                   .request_name = creates ? std::string_view() : name,
                                   .role = object.root(),
                                   .old = request.old_object.root()});
  }
  return auth::check_binding_write(rbac_, authorizer_,
                                   {.user = request.user,
                                    .namespace_ = request.namespace_,
                                    .name = name,
                                    .binding = object.root(),
                                    .old = request.old_object.root()});
}

Task<Result<>> RbacWrites::mutate(AdmissionRequest* request) {
  if (request->group != "rbac.authorization.k8s.io") co_return ok();
  co_return check(*request);
}

}  // namespace knarr::apiserver
