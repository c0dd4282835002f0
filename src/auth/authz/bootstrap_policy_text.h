// SPDX-License-Identifier: Apache-2.0
// The text of the bootstrap policy; see bootstrap_policy.cc for its notation.
#pragma once

#include <string_view>

namespace knarr::auth {

extern const std::string_view kBootstrapPolicyText;

}  // namespace knarr::auth
