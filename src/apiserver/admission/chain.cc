// SPDX-License-Identifier: Apache-2.0
// Runs the plug-ins one after the other; the first refusal ends the write.
#include "apiserver/admission/admission.h"

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
