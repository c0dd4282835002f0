// SPDX-License-Identifier: Apache-2.0
// Which fields a way of writing resets, so that managers do not come to own them by it. For the
// `ignored` of ManagerInfo and ApplyOptions.
#pragma once

#include "object/type_table.h"

#include <span>
#include <string_view>

namespace knarr::schema {

/// Dotted names. `type` is the stored or served type of the object (false for custom objects without
/// one), `has_status` says whether the resource has a status subresource. Lives forever.
std::span<const std::string_view> reset_fields(object::Type type, bool has_status,
                                               std::string_view subresource);

}  // namespace knarr::schema
