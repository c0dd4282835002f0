// SPDX-License-Identifier: Apache-2.0
#include "controllers/in_namespace.h"

#include <algorithm>

namespace knarr::controllers {

namespace atom = object::atom;

bool is_active_namespace(const object::Document& namespace_) {
  return namespace_ && namespace_[atom::status][atom::phase].as_string() == "Active";
}

bool is_leaving_namespace(const Error& error) {
  if (error.is(Reason::NotFound) && error.details().kind == "namespaces") return true;
  return std::ranges::any_of(error.causes(),
                             [](const Cause& cause) { return cause.type == "NamespaceTerminating"; });
}

}  // namespace knarr::controllers
