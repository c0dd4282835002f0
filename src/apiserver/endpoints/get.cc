// SPDX-License-Identifier: Apache-2.0
// GET of one object: a look-up in memory.
#include "apiserver/endpoints/endpoint.h"
#include "apiserver/endpoints/list_options.h"

namespace knarr::apiserver {

namespace {

Task<Result<ApiReply>> get(Call* call) {
  CO_TRY(co_await wait_for_version(call->parts->registry.cache(), std::string(call->query().get("resourceVersion"))));
  const auto object =
      call->parts->registry.get(call->collection(), call->info().namespace_, call->info().name);
  if (!object) co_return call->served->names().not_found(call->info().name);
  co_return object_reply(*call, *object, 200);
}

}  // namespace

Task<ApiReply> serve_get(Call* call) {
  auto reply = co_await get(call);
  if (!reply) co_return failed(*call, std::move(reply).error());
  co_return std::move(*reply);
}

}  // namespace knarr::apiserver
