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

/// The one Swagger 2.0 document of all paths. `group_versions`: all there are.
std::string write_v2(std::span<const Path> paths,
                     std::span<const std::pair<std::string, std::string>> group_versions);

/// The documents of paths that are no resources: "version", "openid/v1/jwks",
/// ".well-known/openid-configuration". "" for others.
std::string write_v3_special(std::string_view path);
std::span<const std::string_view> special_documents();

/// One of those paths.
struct SpecialDocument {
  std::string_view path;  // Without slashes around it.
  std::string_view tag;
  std::string_view id;
  std::string_view help;
  std::string_view media;
};
std::span<const SpecialDocument> special_operations();

class JsonOut;
/// The schema of what /version holds, as a value: no kind of the API, so no type of it.
void write_version_schema(JsonOut& json, bool with_defaults);
inline constexpr std::string_view kVersionSchema = "io.k8s.apimachinery.pkg.version.Info";

}  // namespace knarr::apiserver::openapi
