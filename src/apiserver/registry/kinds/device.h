// SPDX-License-Identifier: Apache-2.0
// The checks that the kinds of resource.k8s.io share.
#pragma once

#include "apiserver/registry/kinds/checks.h"

#include <string_view>

namespace knarr::apiserver::kinds::device {

inline constexpr std::size_t kMaxList = 32;

/// The name of a driver: a DNS subdomain, at most 63 bytes.
void check_driver(std::string_view name, const FieldPath& path, FieldErrors& errors);
/// A pool: segments of DNS subdomains joined by slashes.
void check_pool(std::string_view name, const FieldPath& path, FieldErrors& errors);
/// TooMany.
void check_size(Value list, std::size_t most, const FieldPath& path, FieldErrors& errors);
/// Selectors of devices; their expressions are checked where CEL is.
void check_selectors(Value selectors, const FieldPath& path, FieldErrors& errors);
/// An opaque configuration of a driver.
void check_opaque(Value config, const FieldPath& path, FieldErrors& errors);
/// "domain/name" or, without `qualified`, "name" as well.
void check_qualified(std::string_view name, bool qualified, const FieldPath& path,
                     FieldErrors& errors);

}  // namespace knarr::apiserver::kinds::device
