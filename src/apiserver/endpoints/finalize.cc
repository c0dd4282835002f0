// SPDX-License-Identifier: Apache-2.0
// An update like any other; what is special is in the kind's rules.
#include "apiserver/endpoints/finalize.h"

namespace knarr::apiserver {

namespace {

class NamespaceFinalize final : public SpecialEndpoint {
 public:
  Task<ApiReply> serve(Call* call) override { return serve_update(call); }
};

}  // namespace

std::unique_ptr<SpecialEndpoint> make_namespace_finalize() {
  return std::make_unique<NamespaceFinalize>();
}

}  // namespace knarr::apiserver
