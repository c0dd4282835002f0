// SPDX-License-Identifier: Apache-2.0
// The objects a cluster begins with: namespaces, roles, priority classes, the service of the API
// itself. Made through the API as system:apiserver, so that they pass what every object passes;
// what is there already stays, but roles are brought up to date (BEHAVIOURS 78, 98, 161).
#pragma once

#include "apiserver/api_server.h"

#include <cstdint>
#include <string>
#include <vector>

namespace knarr::apiserver {

struct BootstrapOptions {
  std::string advertise_address;  // Where clients reach this server, an IP.
  std::uint16_t port = 6443;
  std::string service_cidr;
  std::string service_ip;  // The first address of service_cidr: default/kubernetes.
  std::string client_ca;   // PEM; for extension servers.
  std::string request_header_ca;
  std::string host_name;
};

/// Makes what is missing. Errors name the object.
Task<Result<>> bootstrap(ApiServer* server, BootstrapOptions options);

/// Endpoints and EndpointSlice of default/kubernetes; again when the address changes.
Task<Result<>> publish_endpoints(ApiServer* server, BootstrapOptions options);

}  // namespace knarr::apiserver
