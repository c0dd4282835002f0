// SPDX-License-Identifier: Apache-2.0
// The built-in type table, made by tools/apigen from api/*.api.
#pragma once

#include "object/type_table.h"

namespace knarr::api {

/// The types of the Kubernetes API: `types().find("apps/v1.Deployment")`. Lives forever; any thread.
const object::TypeTable& types();

}  // namespace knarr::api
