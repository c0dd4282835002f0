// SPDX-License-Identifier: Apache-2.0
// DELETE of an object and of a collection.
#include "apiserver/endpoints/endpoint.h"
#include "apiserver/endpoints/list_options.h"

#include <fmt/core.h>

namespace knarr::apiserver {

namespace atom = object::atom;

namespace {

constexpr std::string_view kJobWarning =
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to "
    "remove them or set propagationPolicy=Orphan to suppress this warning";

WriteCall delete_call(const Call& call, bool dry_run) {
  WriteOptions options;
  options.dry_run = dry_run;
  options.field_manager = call.request->default_manager();
  return write_call(call, options);
}

void warn_of_orphans(Call& call, const DeleteOptions& options) {
  const KindRules& rules = *call.collection().rules;
  if (rules.warns_of_orphans && options.propagation.empty() && !options.orphan_dependents) {
    call.warnings.emplace_back(kJobWarning);
  }
}

Task<Result<ApiReply>> remove(Call* call) {
  const DeleteOptions options = CO_TRY(read_delete_options(*call));
  warn_of_orphans(*call, options);
  WriteCall write = delete_call(*call, options.dry_run);
  auto deleted = co_await call->parts->registry.remove(&write, options);
  call->warnings.insert(call->warnings.end(), write.warnings.begin(), write.warnings.end());
  if (!deleted) co_return std::move(deleted).error();
  const Collection& collection = call->collection();
  if (!deleted->gone || collection.rules->delete_returns_object) {
    co_return object_reply(*call, deleted->object, 200);
  }
  ApiReply reply;
  reply.warnings = call->warnings;
  reply.body = StatusReply{{std::string(call->served->row->group()), collection.resource, call->info().name,
                            std::string(object::uid_of(deleted->object.root()))}};
  co_return reply;
}

Task<Result<ApiReply>> remove_collection(Call* call) {
  const DeleteOptions options = CO_TRY(read_delete_options(*call));
  ListReply list = CO_TRY(co_await read_list(call));
  warn_of_orphans(*call, options);
  for (object::Document& item : list.items) {
    WriteCall write = delete_call(*call, options.dry_run);
    write.name = object::name_of(item.root());
    write.namespace_ = object::namespace_of(item.root());
    auto deleted = co_await call->parts->registry.remove(&write, options);
    if (!deleted && !deleted.error().is(Reason::NotFound)) co_return std::move(deleted).error();
    if (deleted) item = call->parts->registry.to_served(*call->served, deleted->object);
    co_await yield();
  }
  ApiReply reply;
  reply.warnings = call->warnings;
  reply.body = std::move(list);
  co_return reply;
}

}  // namespace

Task<ApiReply> serve_delete(Call* call) {
  auto reply = co_await remove(call);
  if (!reply) co_return failed(*call, std::move(reply).error());
  co_return std::move(*reply);
}

Task<ApiReply> serve_delete_collection(Call* call) {
  auto reply = co_await remove_collection(call);
  if (!reply) co_return failed(*call, std::move(reply).error());
  co_return std::move(*reply);
}

}  // namespace knarr::apiserver
