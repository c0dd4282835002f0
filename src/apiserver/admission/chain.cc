// SPDX-License-Identifier: Apache-2.0
// Runs the plug-ins one after the other; the first refusal ends the write.
#include "apiserver/admission/admission.h"

#include <fmt/core.h>

namespace knarr::apiserver {

std::string_view to_string(Operation operation) {
  switch (operation) {
    case Operation::Create: return "CREATE";
    case Operation::Update: return "UPDATE";
    case Operation::Delete: return "DELETE";
    case Operation::Connect: return "CONNECT";
  }
  return "";
}

Error admission_refusal(const AdmissionRequest& request, std::string_view why) {
  std::string name = request.name;
  const auto take = [&](auto metadata) {
    if (name.empty()) name = metadata[object::atom::name].as_string();
    if (name.empty()) name = metadata[object::atom::generateName].as_string();
  };
  if (request.draft != nullptr) take(request.draft->root()[object::atom::metadata]);
  take(request.object[object::atom::metadata]);
  if (name.empty()) name = "Unknown";
  const std::string_view dot = request.group.empty() ? "" : ".";
  return Error(Reason::Forbidden, fmt::format("{}{}{} \"{}\" is forbidden: {}", request.resource,
                                              dot, request.group, name, why))
      .with_details({.group = request.group, .kind = request.resource, .name = name, .uid = {}});
}

Task<Result<>> AdmissionPlugin::mutate(AdmissionRequest*) { co_return ok(); }
Task<Result<>> AdmissionPlugin::validate(AdmissionRequest*) { co_return ok(); }

Task<Result<>> AdmissionChain::mutate(AdmissionRequest* request) {
  for (const auto& plugin : plugins_) CO_TRY(co_await plugin->mutate(request));
  co_return ok();
}

Task<Result<>> AdmissionChain::validate(AdmissionRequest* request) {
  for (const auto& plugin : plugins_) CO_TRY(co_await plugin->validate(request));
  co_return ok();
}

}  // namespace knarr::apiserver
