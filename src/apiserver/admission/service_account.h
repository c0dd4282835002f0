// SPDX-License-Identifier: Apache-2.0
// ServiceAccount: gives new pods a service account, its pull secrets and a volume with its token.
// Source: k8s.io/kubernetes/plugin/pkg/admission/serviceaccount.
#pragma once

#include "base/result.h"
#include "object/document.h"
#include "object/draft.h"

#include <string>
#include <string_view>

namespace knarr::apiserver {

/// The account a new pod runs as ("default" when it names none); "" for mirror pods, which have none.
std::string service_account_of(object::NodeRef pod);

/// Applies an account to a new pod. `account` is missing when there is none of the pod's name.
/// `volume_suffix`: five random letters for the token volume. Errors: Forbidden.
Result<> admit_service_account(object::NodeRef pod, object::Value account,
                               std::string_view namespace_, std::string_view volume_suffix);

}  // namespace knarr::apiserver
