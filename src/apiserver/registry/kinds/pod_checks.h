// SPDX-License-Identifier: Apache-2.0
// The checks of a pod spec, by idea: each part lives in pod_<idea>.cc. Private to the pod rules and
// to the kinds that share a part (claims, priority classes).
#pragma once

#include "apiserver/registry/kinds/pod.h"
#include "apiserver/registry/kinds/pod_text.h"

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::apiserver {

/// What the checks of containers know about their pod.
struct PodContext {
  object::Value spec;
  const PodSpecOptions* options = nullptr;
  std::map<std::string_view, object::Value> volumes;  // The sound ones, by name.
  std::vector<std::string_view> claims;  // Names in spec.resourceClaims, in order.
  std::int64_t grace_seconds = 0;
  bool host_users = true;
};

// ---- pod.cc
/// A whole Pod without its metadata; what only creation checks is not in it.
void validate_pod(object::Value pod, object::Value old, schema::FieldErrors& errors);

// ---- pod_containers.cc
void check_containers(const PodContext& pod, const schema::FieldPath& path,
                      schema::FieldErrors& errors);
void check_init_containers(const PodContext& pod, const schema::FieldPath& path,
                           schema::FieldErrors& errors);
void check_ephemeral_containers(const PodContext& pod, const schema::FieldPath& path,
                                schema::FieldErrors& errors);
/// With hostNetwork every host port is the container port.
void check_host_network_ports(object::Value containers, const schema::FieldPath& path,
                              schema::FieldErrors& errors);
void check_host_port_conflicts(object::Value containers, const schema::FieldPath& path,
                               schema::FieldErrors& errors);

// ---- pod_env.cc
void check_env(const PodContext& pod, object::Value env, const schema::FieldPath& path,
               schema::FieldErrors& errors);
void check_env_from(object::Value sources, const schema::FieldPath& path,
                    schema::FieldErrors& errors);
/// fieldRef of environment variables and downward API volumes; `allowed` are the paths without a
/// subscript.
void check_field_ref(object::Value ref, std::initializer_list<std::string_view> allowed,
                     const schema::FieldPath& path, schema::FieldErrors& errors);
void check_resource_field_ref(object::Value ref, bool in_volume, const schema::FieldPath& path,
                              schema::FieldErrors& errors);

// ---- pod_probes.cc
enum class ProbeKind : std::uint8_t { Liveness, Readiness, Startup };
void check_probe(object::Value probe, ProbeKind kind, std::int64_t grace_seconds,
                 const schema::FieldPath& path, schema::FieldErrors& errors);
void check_lifecycle(object::Value lifecycle, std::int64_t grace_seconds,
                     const schema::FieldPath& path, schema::FieldErrors& errors);

// ---- pod_mounts.cc
void check_volume_mounts(const PodContext& pod, object::Value container,
                         const schema::FieldPath& path, schema::FieldErrors& errors);
void check_volume_devices(const PodContext& pod, object::Value container,
                          const schema::FieldPath& path, schema::FieldErrors& errors);

// ---- pod_resources.cc
void check_container_resources(const PodContext& pod, object::Value resources,
                               const schema::FieldPath& path, schema::FieldErrors& errors);
void check_pod_resources(const PodContext& pod, const schema::FieldPath& path,
                         schema::FieldErrors& errors);
void check_resize_policy(object::Value policies, std::string_view pod_restart_policy,
                         const schema::FieldPath& path, schema::FieldErrors& errors);
void check_pod_resource_claims(object::Value claims, object::Value metadata,
                               const schema::FieldPath& path, schema::FieldErrors& errors);
/// overhead: a resource list with the rules of a container's limits.
void check_overhead(object::Value overhead, const schema::FieldPath& path,
                    schema::FieldErrors& errors);
/// The name of a resource, for lists that are not of a container (limit ranges, quotas, claims).
void check_resource_name(std::string_view name, const schema::FieldPath& path,
                         schema::FieldErrors& errors);
/// A quantity: not negative; whole for resources that are counted in whole units.
void check_resource_quantity(std::string_view resource, object::Value quantity,
                             const schema::FieldPath& path, schema::FieldErrors& errors);
bool is_native_resource(std::string_view name);
bool is_extended_resource(std::string_view name);
bool is_hugepage_resource(std::string_view name);
bool overcommit_allowed(std::string_view name);

// ---- pod_security.cc, pod_windows.cc
void check_container_security(object::Value context, bool host_users,
                              const schema::FieldPath& path, schema::FieldErrors& errors);
void check_pod_security(object::Value spec, const schema::FieldPath& spec_path,
                        schema::FieldErrors& errors);
void check_host_users(object::Value spec, const schema::FieldPath& spec_path,
                      schema::FieldErrors& errors);
void check_windows_options(object::Value options, const schema::FieldPath& path,
                           schema::FieldErrors& errors);
void check_host_process(object::Value spec, const schema::FieldPath& spec_path,
                        schema::FieldErrors& errors);
/// spec.os and what each system forbids.
void check_os(object::Value spec, const schema::FieldPath& spec_path, schema::FieldErrors& errors);

// ---- pod_volumes.cc and its parts
/// Checks the volumes and fills `pod.volumes`.
void check_volumes(PodContext& pod, const schema::FieldPath& path, schema::FieldErrors& errors);
/// One source that is a block or file service of a cloud or a storage system, in a pod; `path` is
/// the volume's (pod_storage.cc).
/// False when the type is none of them.
bool check_storage_source(std::string_view type, object::Value source,
                          const schema::FieldPath& path, schema::FieldErrors& errors);
/// secret, configMap, downwardAPI, projected (pod_files.cc).
void check_secret_volume(object::Value source, const schema::FieldPath& path,
                         schema::FieldErrors& errors);
void check_config_map_volume(object::Value source, const schema::FieldPath& path,
                             schema::FieldErrors& errors);
void check_downward_volume(object::Value source, const schema::FieldPath& path,
                           schema::FieldErrors& errors);
void check_projected_volume(object::Value source, const schema::FieldPath& path,
                            schema::FieldErrors& errors);
/// The spec of a PersistentVolumeClaim (claim_spec.cc).
void check_claim_spec(object::Value spec, const schema::FieldPath& path,
                      schema::FieldErrors& errors);

// ---- pod_affinity.cc, pod_scheduling.cc
void check_affinity(object::Value affinity, const schema::FieldPath& path,
                    schema::FieldErrors& errors);
/// A NodeSelector (also of persistent volumes).
void check_node_selector(object::Value selector, const schema::FieldPath& path,
                         schema::FieldErrors& errors);
void check_tolerations(object::Value tolerations, const schema::FieldPath& path,
                       schema::FieldErrors& errors);
void check_topology_spread(object::Value constraints, const schema::FieldPath& path,
                           schema::FieldErrors& errors);
void check_readiness_gates(object::Value gates, const schema::FieldPath& path,
                           schema::FieldErrors& errors);
void check_scheduling_gates(object::Value gates, const schema::FieldPath& path,
                            schema::FieldErrors& errors);
void check_preemption_policy(std::string_view policy, const schema::FieldPath& path,
                             schema::FieldErrors& errors);

// ---- pod_network.cc
void check_dns(object::Value spec, const schema::FieldPath& path, schema::FieldErrors& errors);
void check_host_aliases(object::Value aliases, const schema::FieldPath& path,
                        schema::FieldErrors& errors);
void check_hostname_override(object::Value spec, const schema::FieldPath& spec_path,
                             schema::FieldErrors& errors);

// ---- pod_metadata.cc
/// Annotations that mean something for pods (templates too).
void check_pod_annotations(object::Value annotations, object::Value spec,
                           const schema::FieldPath& path, schema::FieldErrors& errors);
/// Seccomp and AppArmor annotations agree with the fields (creation of pods).
void check_annotations_match_fields(object::Value pod, const schema::FieldPath& spec_path,
                                    schema::FieldErrors& errors);

}  // namespace knarr::apiserver
