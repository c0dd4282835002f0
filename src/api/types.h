// SPDX-License-Identifier: Apache-2.0
// The built-in type table, made by tools/apigen from api/*.api.
#pragma once

#include "object/type_table.h"

namespace knarr::api {

namespace internal {
extern const object::TypeTable kTypeTable;  // Generated.
}

/// The types of the Kubernetes API: `types().find("apps/v1.Deployment")`. Lives forever; any
/// thread.
inline const object::TypeTable& types() {
  return internal::kTypeTable;
}

}  // namespace knarr::api
