// SPDX-License-Identifier: Apache-2.0
// Where each endpoint is.
#include "apiserver/identity/endpoints.h"

namespace knarr::apiserver {

void add_identity_endpoints(ApiServer& server, const IdentityParts& parts) {
  server.add_special("authentication.k8s.io/tokenreviews", identity::make_token_review(parts));
  server.add_special("authentication.k8s.io/selfsubjectreviews",
                     identity::make_self_subject_review());
  server.add_special("authorization.k8s.io/subjectaccessreviews",
                     identity::make_subject_access_review());
  server.add_special("authorization.k8s.io/localsubjectaccessreviews",
                     identity::make_local_subject_access_review());
  server.add_special("authorization.k8s.io/selfsubjectaccessreviews",
                     identity::make_self_subject_access_review());
  server.add_special("authorization.k8s.io/selfsubjectrulesreviews",
                     identity::make_self_subject_rules_review());
  server.add_special("/serviceaccounts/token", identity::make_token_request(parts));
  server.add_paths(identity::make_key_paths(parts));
}

}  // namespace knarr::apiserver
