// SPDX-License-Identifier: Apache-2.0
// The makers of the endpoints, a file each. Private to identity/.
#pragma once

#include "apiserver/identity.h"

#include <memory>

namespace knarr::apiserver::identity {

std::unique_ptr<SpecialEndpoint> make_token_review(const IdentityParts& parts);
std::unique_ptr<SpecialEndpoint> make_token_request(const IdentityParts& parts);
std::unique_ptr<SpecialEndpoint> make_self_subject_review();
std::unique_ptr<SpecialEndpoint> make_subject_access_review();
std::unique_ptr<SpecialEndpoint> make_local_subject_access_review();
std::unique_ptr<SpecialEndpoint> make_self_subject_access_review();
std::unique_ptr<SpecialEndpoint> make_self_subject_rules_review();
std::unique_ptr<PathHandler> make_key_paths(const IdentityParts& parts);

}  // namespace knarr::apiserver::identity
