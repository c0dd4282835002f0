// SPDX-License-Identifier: Apache-2.0
// Gives services their cluster IPs and node ports.
#pragma once

#include "apiserver/registry/allocator.h"
#include "apiserver/registry/registry.h"
#include "base/result.h"

#include <memory>
#include <string>

namespace knarr::apiserver {

struct ServiceAddresses {
  std::string ranges;      // "10.43.0.0/16", or one of each family joined by a comma.
  std::string node_ports;  // "30000-32767"
};

/// Makes writes of services allocate from these ranges, from now on and as long as the result lives.
/// Call it when the watch cache has started and before requests come: what existing services hold
/// is taken from there. Errors: BadRequest that names the setting.
Result<std::unique_ptr<Allocator>> allocate_service_addresses(Registry& registry,
                                                              const ServiceAddresses& addresses);

}  // namespace knarr::apiserver
