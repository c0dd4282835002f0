// SPDX-License-Identifier: Apache-2.0
// The Endpoints object of a service. Pure. Source: k8s.io/kubernetes pkg/controller/endpoint and
// pkg/api/v1/endpoints.
#pragma once

#include "object/document.h"
#include "object/draft.h"

#include <string_view>
#include <vector>

namespace knarr::controllers::endpoints {

/// What the object should be; `now` is what is there, may be empty.
object::Draft write_endpoints(object::Value service, const std::vector<object::Document>& pods,
                              const object::Document& now);
/// Does it differ in subsets or labels?
bool differs(const object::Document& now, const object::Draft& wanted);
/// Sets or clears the trigger time.
void set_trigger_time(object::Draft& wanted, std::string_view time);

}  // namespace knarr::controllers::endpoints
