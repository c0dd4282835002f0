// SPDX-License-Identifier: Apache-2.0
// PUT of an object or of its status.
#include "apiserver/endpoints/endpoint.h"
#include "schema/defaulting.h"

#include <fmt/core.h>

namespace knarr::apiserver {

using object::Document;
using object::Draft;
using object::NodeRef;
namespace atom = object::atom;

namespace {

// The body must be about the object in the URL.
Result<> check_identity(const Call& call, NodeRef object) {
  NodeRef metadata = object.ensure_map("metadata");
  const std::string_view name = metadata[atom::name].as_string();
  if (name.empty()) return undetermined_name(call.info().name);
  if (name != call.info().name) {
    return Error(Reason::BadRequest,
                 fmt::format("the name of the object ({}) does not match the name on the URL ({})",
                             name, call.info().name));
  }
  if (!call.collection().namespaced) {
    metadata.erase(atom::namespace_);
    return ok();
  }
  const std::string_view space = metadata[atom::namespace_].as_string();
  if (!space.empty() && space != call.info().namespace_) {
    return Error(Reason::BadRequest,
                 "the namespace of the provided object does not match the namespace sent on the "
                 "request");
  }
  metadata.set("namespace", call.info().namespace_);
  return ok();
}

Task<Result<ApiReply>> update(Call* call) {
  Registry& registry = call->parts->registry;
  const Served& served = *call->served;
  const WriteOptions options = CO_TRY(read_write_options(*call, WriteVerb::Update));
  Draft body = CO_TRY(read_object(*call, served.type, served.api_version, served.row->kind(),
                                  options.validation));
  CO_TRY(check_identity(*call, body.root()));
  schema::apply_defaults(body.root(), served.type);
  WriteCall write = write_call(*call, options);
  write.create_if_absent =
      call->collection().rules->create_on_update && call->info().subresource.empty();
  auto written = co_await registry.update(
      &write, [&](const Document* current) -> Result<Draft> {
        if (current == nullptr) TRY(require_create(*call));
        Draft draft = Draft::from(body.root());
        TRY(track_fields(write, served, registry, current, draft, registry.clock().system_now()));
        TRY(registry.to_stored(served, draft));
        return draft;
      });
  call->warnings.insert(call->warnings.end(), write.warnings.begin(), write.warnings.end());
  if (!written) co_return std::move(written).error();
  co_return object_reply(*call, written->object, written->created ? 201 : 200);
}

}  // namespace

Task<ApiReply> serve_update(Call* call) {
  auto reply = co_await update(call);
  if (!reply) co_return failed(*call, std::move(reply).error());
  co_return std::move(*reply);
}

}  // namespace knarr::apiserver
