// SPDX-License-Identifier: Apache-2.0
// The first objects as YAML; some are fmt patterns. Private to bootstrap/.
#pragma once

#include <string_view>

namespace knarr::apiserver {

extern const std::string_view kNamespaces;
extern const std::string_view kPriorityClasses;
extern const std::string_view kFlowObjects;
extern const std::string_view kServiceObjects;   // {cidr} {service_ip} {port}
extern const std::string_view kEndpointObjects;  // {address} {port}

}  // namespace knarr::apiserver
