// SPDX-License-Identifier: Apache-2.0
// Validation of pod specs and pod templates: the order of the checks is Kubernetes', since causes
// come in it.
#include "apiserver/registry/kinds/pod_checks.h"

#include "schema/metadata_validation.h"

namespace knarr::apiserver {

using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

namespace {

void check_restart_policy(std::string_view policy, const FieldPath& path, FieldErrors& errors) {
  if (policy.empty()) errors.required(path);
  else check_choice(policy, path, errors, {"Always", "OnFailure", "Never"});
}

void check_dns_policy(std::string_view policy, const FieldPath& path, FieldErrors& errors) {
  if (policy.empty()) errors.required(path);
  else check_choice(policy, path, errors,
                    {"ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"});
}

void check_optional_name(Value name, const FieldPath& path, FieldErrors& errors) {
  if (!name.as_string().empty()) check_dns_subdomain(name.as_string(), path, errors);
}

// Names of other objects, host names, deadlines.
void check_simple_fields(Value spec, const FieldPath& path, FieldErrors& errors) {
  check_optional_name(spec["serviceAccountName"], path.child("serviceAccountName"), errors);
  check_optional_name(spec["nodeName"], path.child("nodeName"), errors);
  if (const Value deadline = spec["activeDeadlineSeconds"]; has(deadline)) {
    const std::int64_t seconds = deadline.as_int();
    if (seconds < 1 || seconds > 2147483647) {
      errors.invalid(path.child("activeDeadlineSeconds"), seconds,
                     "must be between 1 and 2147483647, inclusive");
    }
  }
  for (const std::string_view field : {"hostname", "subdomain"}) {
    const std::string_view name = spec[field].as_string();
    if (!name.empty()) check_dns_label(name, path.child(field), errors);
  }
  check_hostname_override(spec, path, errors);
}

PodContext context_of(Value spec, const PodSpecOptions& options) {
  PodContext pod{.spec = spec, .options = &options};
  for (const Value claim : spec["resourceClaims"].items()) {
    const std::string_view name = claim["name"].as_string();
    if (!name.empty()) pod.claims.push_back(name);
  }
  pod.grace_seconds = spec["terminationGracePeriodSeconds"].as_int();
  pod.host_users = spec["hostUsers"].as_bool(true);
  return pod;
}

}  // namespace

void validate_pod_spec(Value spec, const PodSpecOptions& options, const FieldPath& path,
                       FieldErrors& errors) {
  PodContext pod = context_of(spec, options);
  check_volumes(pod, path.child("volumes"), errors);
  check_pod_resource_claims(spec["resourceClaims"], options.metadata, path.child("resourceClaims"),
                            errors);
  check_containers(pod, path.child("containers"), errors);
  check_init_containers(pod, path.child("initContainers"), errors);
  check_ephemeral_containers(pod, path.child("ephemeralContainers"), errors);
  check_pod_resources(pod, path.child("resources"), errors);
  check_restart_policy(spec["restartPolicy"].as_string(), path.child("restartPolicy"), errors);
  check_dns_policy(spec["dnsPolicy"].as_string(), path.child("dnsPolicy"), errors);
  schema::validate_labels(spec["nodeSelector"], path.child("nodeSelector"), errors);
  check_pod_security(spec, path, errors);
  check_affinity(spec["affinity"], path.child("affinity"), errors);
  check_dns(spec, path.child("dnsConfig"), errors);
  check_readiness_gates(spec["readinessGates"], path.child("readinessGates"), errors);
  check_scheduling_gates(spec["schedulingGates"], path.child("schedulingGates"), errors);
  check_topology_spread(spec["topologySpreadConstraints"], path.child("topologySpreadConstraints"),
                        errors);
  check_host_process(spec, path, errors);
  check_host_users(spec, path, errors);
  check_simple_fields(spec, path, errors);
  check_tolerations(spec["tolerations"], path.child("tolerations"), errors);
  check_host_aliases(spec["hostAliases"], path.child("hostAliases"), errors);
  check_optional_name(spec["priorityClassName"], path.child("priorityClassName"), errors);
  if (const Value name = spec["runtimeClassName"]; has(name)) {
    check_dns_subdomain(name.as_string(), path.child("runtimeClassName"), errors);
  }
  if (const Value policy = spec["preemptionPolicy"]; has(policy)) {
    check_preemption_policy(policy.as_string(), path.child("preemptionPolicy"), errors);
  }
  if (has(spec["overhead"])) check_overhead(spec["overhead"], path.child("overhead"), errors);
  check_os(spec, path, errors);
}

void validate_pod_template(Value pod_template, const FieldPath& path, FieldErrors& errors,
                           Value old_template) {
  const Value metadata = pod_template["metadata"];
  const Value spec = pod_template["spec"];
  const FieldPath spec_path = path.child("spec");
  schema::validate_labels(metadata["labels"], path.child("labels"), errors);
  schema::validate_annotations(metadata["annotations"], path.child("annotations"), errors);
  check_pod_annotations(metadata["annotations"], spec, path.child("annotations"), errors);
  // No metadata: the names of the pods are not known.
  const PodSpecOptions options{
      .metadata = {}, .in_template = true, .old_spec = old_template["spec"]};
  validate_pod_spec(spec, options, spec_path, errors);
  check_annotations_match_fields(pod_template, spec_path, errors);
  if (!spec["ephemeralContainers"].empty()) {
    errors.forbidden(spec_path.child("ephemeralContainers"),
                     "ephemeral containers not allowed in pod template");
  }
}

}  // namespace knarr::apiserver
