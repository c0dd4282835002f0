// SPDX-License-Identifier: Apache-2.0
// Whole OpenAPI documents as JSON text. Private to openapi/.
#pragma once

#include "apiserver/openapi/operations.h"

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace knarr::apiserver::openapi {

/// An OpenAPI 3.0 document of some paths and of the schemas they need. `group_version`: whose.
std::string write_v3(std::span<const Path> paths,
                     std::pair<std::string_view, std::string_view> group_version);

/// The documents of paths that are no resources: "version", "openid/v1/jwks",
/// ".well-known/openid-configuration". "" for others.
std::string write_v3_special(std::string_view path);
std::span<const std::string_view> special_documents();

}  // namespace knarr::apiserver::openapi
