// SPDX-License-Identifier: Apache-2.0
// The config map for extension API servers. Private to bootstrap/.
#pragma once

#include "apiserver/bootstrap/bootstrap.h"
#include "object/draft.h"

#include <string_view>

namespace knarr::apiserver {

inline constexpr std::string_view kExtensionAuthentication = "extension-apiserver-authentication";

/// The config map as it should be, made from the stored one (empty: none).
object::Draft extension_authentication(const BootstrapOptions& options,
                                       const object::Document& stored);

}  // namespace knarr::apiserver
