// SPDX-License-Identifier: Apache-2.0
// What loops that put something into every namespace ask about namespaces.
#pragma once

#include "base/error.h"
#include "object/document.h"

namespace knarr::controllers {

/// There, and not being deleted.
bool is_active_namespace(const object::Document& namespace_);
/// The refusal of a write because its namespace is gone or going: nothing to try again for.
bool is_leaving_namespace(const Error& error);

}  // namespace knarr::controllers
