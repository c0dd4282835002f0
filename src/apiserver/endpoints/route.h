// SPDX-License-Identifier: Apache-2.0
// What is decided of a resource request by its path, method and headers alone, before any object is
// looked at. Source: k8s.io/apiserver endpoints/installer.go, filters/request_deadline.go.
#pragma once

#include "apiserver/api.h"
#include "apiserver/registry/collection.h"

#include <string>

namespace knarr::apiserver {

/// "the server could not find the requested resource"
Error no_such_path();
/// "the server does not allow this method on the requested resource"
Error method_not_allowed();

/// Refuses paths and methods that this resource does not have. Errors: NotFound, MethodNotAllowed
/// (BEHAVIOURS 137).
Result<> check_route(const Served& served, const RequestInfo& info, std::string_view method);

/// Refuses what Accept, `timeout` or a name make impossible. Errors: NotAcceptable, BadRequest.
Result<> check_request(const ApiRequest& request);

/// "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice", or "".
std::string deprecation_warning(const api::ResourceRow& row);

}  // namespace knarr::apiserver
