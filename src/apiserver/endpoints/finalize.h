// SPDX-License-Identifier: Apache-2.0
// namespaces/finalize: the one way to change a namespace's spec.finalizers (BEHAVIOURS 96). The kind's
// rules (registry/kinds/namespace.cc) say what it may change; the update that removes the last one
// from a deleted namespace ends it.
#pragma once

#include "apiserver/api_server.h"

#include <memory>

namespace knarr::apiserver {

std::unique_ptr<SpecialEndpoint> make_namespace_finalize();

}  // namespace knarr::apiserver
