// SPDX-License-Identifier: Apache-2.0
// Who owns which field: the calls into schema's managed fields, with what a resource resets.
#include "apiserver/endpoints/endpoint.h"
#include "apiserver/registry/metadata.h"
#include "schema/defaulting.h"
#include "schema/patch/managed_fields.h"
#include "schema/patch/reset_fields.h"
#include "schema/patch/server_side_apply.h"

namespace knarr::apiserver {

using object::Document;
using object::Draft;
namespace atom = object::atom;

Result<> track_fields(const WriteCall& write, const Served& served, Registry& registry,
                      const Document* current, Draft& draft, SystemTime now) {
  const std::string time = time_text(now);
  const std::span<const std::string_view> ignored =
      schema::reset_fields(served.type, served.collection->has_status, write.subresource);
  const Document live = current == nullptr ? Document() : registry.to_served(served, *current);
  schema::update_managed_fields(current == nullptr ? nullptr : &live, draft, served.type,
                                {.manager = write.manager,
                                 .api_version = served.api_version,
                                 .subresource = write.subresource,
                                 .now = time,
                                 .ignored = ignored});
  return ok();
}

Result<Draft> apply_fields(const WriteCall& write, const Served& served, Registry& registry,
                           const Document* current, const Draft& applied, bool force,
                           SystemTime now) {
  const std::string time = time_text(now);
  const std::span<const std::string_view> ignored =
      schema::reset_fields(served.type, served.collection->has_status, write.subresource);
  const Document live = current == nullptr ? Document() : registry.to_served(served, *current);
  schema::ApplyResult result = TRY(schema::server_side_apply(
      current == nullptr ? nullptr : &live, applied.root(), served.type,
      {.manager = write.manager,
       .api_version = served.api_version,
       .kind = served.row->kind(),
       .subresource = write.subresource,
       .force = force,
       .now = time,
       .ignored = ignored}));
  TRY(codec::decode_typed(result.object.root(), served.type, nullptr));
  result.object.root().erase(atom::kind);
  result.object.root().erase(atom::apiVersion);
  schema::apply_defaults(result.object.root(), served.type);
  return std::move(result.object);
}

}  // namespace knarr::apiserver
