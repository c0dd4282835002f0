// SPDX-License-Identifier: Apache-2.0
// Conversions between served versions of one kind. Memory and the store hold the stored version
// (resources.h); the others exist at the edge only. Renames are declared in api/ ("convert"), what
// is more than renames is a hook: a file of its own in this folder.
#pragma once

#include "base/result.h"
#include "object/draft.h"
#include "object/type_table.h"

#include <string_view>

namespace knarr::api {

/// Turns a well-typed object of one version into another, in place: fields are renamed, hooks run,
/// apiVersion is set where there is one. Types without a conversion between them have the same
/// shape. Fields are left unordered, and defaults of `to` are not applied: Kubernetes applies those
/// of the stored version after converting to it. Errors: none at present.
Result<> convert(object::Draft& draft, object::Type from, object::Type to);

/// The same for a document: a new one in the order of `to`, with the same resource version.
object::Document convert(const object::Document& document, object::Type from, object::Type to);

/// The name in `to` of a field of the object ("regarding" -> "involvedObject"); the same name when
/// it has not changed. For paths in managed fields and messages.
std::string_view converted_field(std::string_view field, object::Type from, object::Type to);

}  // namespace knarr::api
