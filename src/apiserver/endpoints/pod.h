// SPDX-License-Identifier: Apache-2.0
// The subresources of pods that are no plain reading or writing of the pod: binding, eviction, and
// the connections to its containers. The door is add_pod_endpoints(); the rest is private to
// endpoints/pod_*.cc.
#pragma once

#include "apiserver/api_server.h"

#include <memory>
#include <string_view>

namespace knarr::apiserver {

/// Adds the endpoints of pods/binding, bindings, pods/eviction, pods/log, pods/exec, pods/attach,
/// pods/portforward and pods/proxy.
void add_pod_endpoints(ApiServer& server);

/// What a POST to a pod's subresource is made of; the texts are literals.
struct PostedKind {
  std::string_view type;  // "core/v1.Binding"
  std::string_view api_version;
  std::string_view kind;
};

/// The body of a POST as a draft of the kind: decoded, its namespace that of the request. Errors:
/// BadRequest, UnsupportedMediaType.
Result<object::Draft> read_posted(Call& call, const PostedKind& kind,
                                  WriteOptions::Validation validation);
/// Admission as a creation of the called subresource.
Task<Result<>> mutate_posted(Call* call, PostedKind kind, object::Draft* draft, bool dry_run);
Task<Result<>> validate_posted(Call* call, PostedKind kind, object::Document object, bool dry_run);
/// 201 with a Status that says so.
ApiReply created_status(Call& call);
/// The pods that a call is about, whatever its resource.
const Served& served_pods(const Call& call);

std::unique_ptr<SpecialEndpoint> make_pod_binding();
std::unique_ptr<SpecialEndpoint> make_pod_eviction();
std::unique_ptr<SpecialEndpoint> make_pod_log();
/// exec and attach: both need a container.
std::unique_ptr<SpecialEndpoint> make_pod_exec();
std::unique_ptr<SpecialEndpoint> make_pod_port_forward();
std::unique_ptr<SpecialEndpoint> make_pod_proxy();

}  // namespace knarr::apiserver
