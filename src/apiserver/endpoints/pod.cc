// SPDX-License-Identifier: Apache-2.0
// What the endpoints of a pod's subresources share.
#include "apiserver/endpoints/pod.h"

#include "api/types.h"
#include "base/check.h"
#include "codec/typed.h"
#include "schema/defaulting.h"

namespace knarr::apiserver {

using object::Draft;
using object::NodeRef;
namespace atom = object::atom;

namespace {

AdmissionRequest admission_request(Call& call, const PostedKind& kind, bool dry_run) {
  return {.operation = Operation::Create,
          .group = call.info().group,
          .version = call.info().version,
          .resource = call.info().resource,
          .subresource = call.info().subresource,
          .kind = std::string(kind.kind),
          .namespace_ = call.info().namespace_,
          .name = call.info().name,
          .user = &call.request->user,
          .dry_run = dry_run,
          .draft = nullptr,
          .object = {},
          .old_object = {},
          .warnings = &call.warnings};
}

}  // namespace

void add_pod_endpoints(ApiServer& server) {
  server.add_special("/pods/binding", make_pod_binding());
  server.add_special("/bindings", make_pod_binding());
  server.add_special("/pods/eviction", make_pod_eviction());
  server.add_special("/pods/log", make_pod_log());
  server.add_special("/pods/exec", make_pod_exec());
  server.add_special("/pods/attach", make_pod_exec());
  server.add_special("/pods/portforward", make_pod_port_forward());
  server.add_special("/pods/proxy", make_pod_proxy());
}

Result<Draft> read_posted(Call& call, const PostedKind& kind,
                          WriteOptions::Validation validation) {
  const object::Type type = api::types().find(kind.type);
  Draft draft = TRY(read_object(call, type, kind.api_version, kind.kind, validation));
  NodeRef metadata = draft.root().ensure_map("metadata");
  const std::string& space = call.info().namespace_;
  const std::string_view given = metadata[atom::namespace_].as_string();
  if (!given.empty() && given != space) {
    return Error(Reason::BadRequest,
                 "the namespace of the provided object does not match the namespace sent on the "
                 "request");
  }
  metadata.set("namespace", space);
  schema::apply_defaults(draft.root(), type);
  return draft;
}

Task<Result<>> mutate_posted(Call* call, PostedKind kind, Draft* draft, bool dry_run) {
  AdmissionRequest request = admission_request(*call, kind, dry_run);
  if (request.name.empty()) request.name = draft->root()[atom::metadata][atom::name].as_string();
  request.draft = draft;
  co_return co_await call->parts->registry.admission().mutate(&request);
}

Task<Result<>> validate_posted(Call* call, PostedKind kind, object::Document object, bool dry_run) {
  AdmissionRequest request = admission_request(*call, kind, dry_run);
  if (request.name.empty()) request.name = object::name_of(object.root());
  request.object = std::move(object);
  co_return co_await call->parts->registry.admission().validate(&request);
}

ApiReply created_status(Call& call) {
  constexpr int kCreated = 201;
  const object::Type type = api::types().find("meta/v1.Status");
  Draft draft;
  NodeRef status = draft.root();
  status.ensure_map("metadata");
  status.set("status", "Success");
  status.set("code", kCreated);
  ApiReply reply;
  reply.code = kCreated;
  reply.warnings = std::move(call.warnings);
  reply.body = ObjectReply{.object = codec::freeze_typed(draft, type),
                           .type = type,
                           .api_version = "v1",
                           .kind = "Status",
                           .served = nullptr};
  return reply;
}

const Served& served_pods(const Call& call) {
  const Served* pods = call.parts->registry.find("", "v1", "pods");
  CHECK(pods != nullptr);
  return *pods;
}

}  // namespace knarr::apiserver
