// SPDX-License-Identifier: Apache-2.0
// POST of a collection.
#include "apiserver/endpoints/endpoint.h"
#include "schema/defaulting.h"
#include "schema/patch/managed_fields.h"

namespace knarr::apiserver {

using object::Draft;

namespace {

Task<Result<ApiReply>> create(Call* call) {
  Registry& registry = call->parts->registry;
  const Served& served = *call->served;
  const WriteOptions options = CO_TRY(read_write_options(*call, WriteVerb::Create));
  Draft draft = CO_TRY(read_object(*call, served.type, served.api_version, served.row->kind(),
                                   options.validation));
  schema::apply_defaults(draft.root(), served.type);
  WriteCall write = write_call(*call, options);
  write.name.clear();
  write.subresource.clear();
  CO_TRY(track_fields(write, served, registry, nullptr, draft, registry.clock().system_now()));
  CO_TRY(registry.to_stored(served, draft));
  auto written = co_await registry.create(&write, std::move(draft));
  call->warnings.insert(call->warnings.end(), write.warnings.begin(), write.warnings.end());
  if (!written) co_return std::move(written).error();
  co_return object_reply(*call, written->object, 201);
}

}  // namespace

Task<ApiReply> serve_create(Call* call) {
  auto reply = co_await create(call);
  if (!reply) co_return failed(*call, std::move(reply).error());
  co_return std::move(*reply);
}

}  // namespace knarr::apiserver
