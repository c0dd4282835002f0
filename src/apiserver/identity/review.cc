// SPDX-License-Identifier: Apache-2.0
// Bodies to reviews and back.
#include "apiserver/identity/review.h"

#include "api/types.h"
#include "codec/typed.h"
#include "schema/defaulting.h"

namespace knarr::apiserver::identity {

using object::Draft;
using object::NodeRef;
namespace atom = object::atom;

Result<Draft> read_review(Call& call, const ReviewKind& kind) {
  const object::Type type = api::types().find(kind.type);
  const WriteOptions options = TRY(read_write_options(call, WriteVerb::Create));
  Draft draft = TRY(read_object(call, type, kind.api_version, kind.kind, options.validation));
  NodeRef root = draft.root();
  NodeRef metadata = root.ensure_map("metadata");
  const std::string& space = call.info().namespace_;
  const std::string_view given = metadata[atom::namespace_].as_string();
  if (space.empty()) {
    metadata.erase(atom::namespace_);
  } else if (!given.empty() && given != space) {
    return Error(Reason::BadRequest,
                 "the namespace of the provided object does not match the namespace sent on the "
                 "request");
  } else {
    metadata.set("namespace", space);
  }
  schema::apply_defaults(root, type);

  Served served = *call.served;  // Tracked as the review it is, not as what the URL names.
  served.type = type;
  served.api_version = kind.api_version;
  const WriteCall write = write_call(call, options);
  Registry& registry = call.parts->registry;
  TRY(track_fields(write, served, registry, nullptr, draft, registry.clock().system_now()));
  return draft;
}

Task<Result<>> admit_review(Call* call, Draft* draft, ReviewKind kind) {
  const WriteOptions options = CO_TRY(read_write_options(*call, WriteVerb::Create));
  AdmissionRequest request{.operation = Operation::Create,
                           .group = call->info().group,
                           .version = call->info().version,
                           .resource = call->info().resource,
                           .subresource = call->info().subresource,
                           .kind = std::string(kind.kind),
                           .namespace_ = call->info().namespace_,
                           .name = call->info().name,
                           .user = &call->request->user,
                           .dry_run = options.dry_run,
                           .draft = draft,
                           .object = {},
                           .old_object = {},
                           .warnings = &call->warnings};
  AdmissionChain& admission = call->parts->registry.admission();
  CO_TRY(co_await admission.mutate(&request));
  request.draft = nullptr;
  request.object = codec::freeze_typed(*draft, api::types().find(kind.type));
  co_return co_await admission.validate(&request);
}

ApiReply review_reply(Call& call, Draft& draft, const ReviewKind& kind) {
  const object::Type type = api::types().find(kind.type);
  ApiReply reply;
  reply.code = 201;
  reply.warnings = std::move(call.warnings);
  reply.body = ObjectReply{.object = codec::freeze_typed(draft, type),
                           .type = type,
                           .api_version = kind.api_version,
                           .kind = kind.kind,
                           .served = nullptr};
  return reply;
}

void write_user(const auth::User& user, NodeRef to) {
  to.set_map();
  if (!user.name.empty()) to.set("username", user.name);
  if (!user.uid.empty()) to.set("uid", user.uid);
  if (!user.groups.empty()) {
    NodeRef groups = to.ensure_list("groups");
    for (const std::string& group : user.groups) groups.append_string(group);
  }
  if (user.extra.empty()) return;
  NodeRef extra = to.ensure_map("extra");
  for (const auth::Extra::Entry& entry : user.extra) {
    NodeRef values = extra.ensure_list(entry.key);
    for (const std::string& value : entry.values) values.append_string(value);
  }
}

}  // namespace knarr::apiserver::identity
