// SPDX-License-Identifier: Apache-2.0
// Writes to the status of pods, mostly by kubelets.
#include "apiserver/registry/kinds/pod_checks.h"
#include "apiserver/registry/kinds/pod_update.h"
#include "schema/ip_text.h"
#include "schema/metadata_validation.h"

#include <fmt/format.h>

#include <set>

namespace knarr::apiserver {

using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

namespace {

void check_generation(Value parent, const FieldPath& path, FieldErrors& errors) {
  const std::int64_t seen = parent["observedGeneration"].as_int();
  if (seen < 0) {
    errors.invalid(path.child("observedGeneration"), seen, "must be a non-negative integer");
  }
}

void check_conditions(Value conditions, const FieldPath& path, FieldErrors& errors) {
  std::size_t i = 0;
  for (const Value condition : conditions.items()) {
    const FieldPath at = path.index(i++);
    // A type is checked as a label key, and that field has a capital in Kubernetes' message.
    check_qualified_name(condition["type"].as_string(), at.child("Type"), errors);
    check_generation(condition, at, errors);
  }
}

void check_claim_statuses(Value statuses, Value claims, const FieldPath& path,
                          FieldErrors& errors) {
  std::set<std::string_view> known;
  for (const Value claim : claims.items()) known.insert(claim["name"].as_string());
  std::size_t i = 0;
  for (const Value status : statuses.items()) {
    const FieldPath at = path.index(i++);
    const std::string_view name = status["name"].as_string();
    if (!known.contains(name)) {
      errors.invalid(at.child("name"), name,
                     "must match the name of an entry in `spec.resourceClaims`");
    }
    if (const Value claim = status["resourceClaimName"]; has(claim)) {
      check_dns_subdomain(claim.as_string(), at.child("name"), errors);
    }
  }
}

void check_extended_claim(Value status, const FieldPath& path, FieldErrors& errors) {
  if (!has(status)) return;
  if (status["requestMappings"].empty()) {
    errors.required(path.child("requestMappings"), "at least one request mapping is required");
  }
  const std::string_view claim = status["resourceClaimName"].as_string();
  if (claim.empty()) errors.required(path.child("resourceClaimName"));
  else check_dns_subdomain(claim, path.child("resourceClaimName"), errors);
}

bool is_v4(std::string_view text) {
  const auto parsed = schema::parse_ip(text);
  return parsed && parsed->v4;
}

// Addresses of a pod (or its host): sound, all different, at most one of each family.
void check_addresses(Value list, std::string_view what, const FieldPath& path,
                     FieldErrors& errors) {
  bool sound = true;
  std::size_t i = 0;
  for (const Value item : list.items()) {
    const std::string_view ip = item["ip"].as_string();
    const schema::Complaints problems = schema::check_ip(ip);
    errors.invalid_each(path.index(i++), ip, problems);
    sound = sound && problems.empty();
  }
  if (!sound || list.size() < 2) return;
  const bool mixed = is_v4(list.at(0)["ip"].as_string()) != is_v4(list.at(1)["ip"].as_string());
  if (list.size() > 2 || !mixed) {
    errors.invalid(path, list,
                   fmt::format("may specify no more than one {} for each IP family", what));
  }
  std::set<std::string_view> seen;
  i = 0;
  for (const Value item : list.items()) {
    const FieldPath at = path.index(i++);
    if (!seen.insert(item["ip"].as_string()).second) errors.duplicate(at, item);
  }
}

void check_host_addresses(Value status, const FieldPath& path, FieldErrors& errors) {
  const Value list = status["hostIPs"];
  const FieldPath list_path = path.child("hostIPs");
  if (list.empty()) return;
  const std::string_view first = list.at(0)["ip"].as_string();
  if (first != status["hostIP"].as_string()) {
    const FieldPath at = list_path.index(0);
    errors.invalid(at.child("ip"), first, "must be equal to `hostIP`");
  }
  check_addresses(list, "hostIP", list_path, errors);
}

// ---- states

Value status_named(Value statuses, std::string_view name) {
  for (const Value status : statuses.items()) {
    if (status["name"].as_string() == name) return status;
  }
  return {};
}

Value container_named(Value containers, std::string_view name) {
  return status_named(containers, name);
}

bool exit_code_in(Value rule, std::int64_t code) {
  const Value exit_codes = rule["exitCodes"];
  bool found = false;
  for (const Value value : exit_codes["values"].items()) found = found || value.as_int() == code;
  return exit_codes["operator"].as_string() == "NotIn" ? !found : found;
}

// May a container that ended with this code be started again?
bool may_restart(Value container, std::string_view pod_policy, std::int64_t code) {
  for (const Value rule : container["restartPolicyRules"].items()) {
    if (exit_code_in(rule, code)) return true;
  }
  const Value own = container["restartPolicy"];
  const std::string_view policy = has(own) ? own.as_string() : pod_policy;
  if (policy == "Always") return true;
  return policy == "OnFailure" && code != 0;
}

// A container that has ended stays so unless it may be restarted. Kubernetes counts by the old list.
void check_transitions(Value now, Value before, Value containers, std::string_view pod_policy,
                       const FieldPath& path, FieldErrors& errors) {
  std::size_t i = 0;
  for (const Value old : before.items()) {
    const FieldPath at = path.index(i++);
    const Value ended = old["state"]["terminated"];
    if (!has(ended)) continue;
    const std::string_view name = old["name"].as_string();
    const Value container = container_named(containers, name);
    if (may_restart(container, pod_policy, ended["exitCode"].as_int())) continue;
    for (const Value status : now.items()) {
      if (status["name"].as_string() != name || has(status["state"]["terminated"])) continue;
      errors.forbidden(at.child("state"), "may not be transitioned to non-terminated state");
    }
  }
}

// ---- what a kubelet says of each container

void check_user(Value user, std::string_view os, const FieldPath& path, FieldErrors& errors) {
  const Value linux_user = user["linux"];
  if (!has(linux_user)) return;
  const FieldPath at = path.child("linux");
  if (os == "windows") {
    return errors.forbidden(at, "cannot be set for a windows pod");
  }
  check_id(linux_user["uid"].as_int(), at.child("uid"), errors);
  check_id(linux_user["gid"].as_int(), at.child("gid"), errors);
  const FieldPath groups = at.child("supplementalGroups");
  std::size_t i = 0;
  for (const Value group : linux_user["supplementalGroups"].items()) {
    check_id(group.as_int(), groups.index(i++), errors);
  }
}

void check_allocated(Value status, Value container, const FieldPath& path, FieldErrors& errors) {
  const FieldPath list = path.child("allocatedResourcesStatus");
  const Value requests = container["resources"]["requests"];
  std::size_t i = 0;
  for (const Value allocated : status["allocatedResourcesStatus"].items()) {
    const FieldPath at = list.index(i++);
    const std::string_view name = allocated["name"].as_string();
    const bool claim = name.starts_with("claim:");
    if (!claim && !requests[name].exists()) {
      errors.invalid(at.child("name"), name, "must match one of the container's resource requests");
    }
    std::set<std::string_view> ids;
    const FieldPath resources = at.child("resources");
    std::size_t r = 0;
    for (const Value one : allocated["resources"].items()) {
      const FieldPath one_path = resources.index(r++);
      const std::string_view id = one["resourceID"].as_string();
      if (!ids.insert(id).second) errors.duplicate(one_path.child("resourceID"), id);
      if (const std::string_view health = one["health"].as_string(); !health.empty()) {
        check_choice(health, one_path.child("health"), errors, {"Healthy", "Unhealthy", "Unknown"});
      }
    }
  }
}

struct StatusList {
  std::string_view statuses;
  std::string_view containers;
};

constexpr StatusList kStatusLists[] = {
    {"containerStatuses", "containers"},
    {"initContainerStatuses", "initContainers"},
    {"ephemeralContainerStatuses", "ephemeralContainers"},
};

void check_container_statuses(Value pod, const FieldPath& path, FieldErrors& errors) {
  const std::string_view os = pod["spec"]["os"]["name"].as_string();
  for (const StatusList& list : kStatusLists) {
    const FieldPath statuses = path.child(list.statuses);
    std::size_t i = 0;
    for (const Value status : pod["status"][list.statuses].items()) {
      const FieldPath at = statuses.index(i++);
      check_user(status["user"], os, at.child("user"), errors);
    }
  }
  for (const StatusList& list : kStatusLists) {
    const FieldPath statuses = path.child(list.statuses);
    std::size_t i = 0;
    for (const Value status : pod["status"][list.statuses].items()) {
      const FieldPath at = statuses.index(i++);
      const Value container =
          container_named(pod["spec"][list.containers], status["name"].as_string());
      check_allocated(status, container, at, errors);
    }
  }
}

}  // namespace

void validate_pod_status(const RuleContext&, Value pod, Value old, FieldErrors& errors) {
  const FieldPath path("status");
  const Value status = pod["status"];
  const Value before = old["status"];
  check_conditions(status["conditions"], path.child("conditions"), errors);
  check_generation(status, path, errors);
  const std::string_view nominated = status["nominatedNodeName"].as_string();
  if (!nominated.empty() && nominated != before["nominatedNodeName"].as_string()) {
    check_dns_subdomain(nominated, path.child("nominatedNodeName"), errors);
  }
  const std::string_view qos = status["qosClass"].as_string();
  if (qos != before["qosClass"].as_string()) {
    errors.invalid(path.child("qosClass"), qos, schema::kFieldImmutable);
  }
  const std::string_view policy = old["spec"]["restartPolicy"].as_string();
  check_transitions(status["containerStatuses"], before["containerStatuses"],
                    old["spec"]["containers"], policy, path.child("containerStatuses"), errors);
  // Sidecars restart by a policy of their own; with Always the pod's sandbox may start anew.
  if (policy != "Always") {
    check_transitions(status["initContainerStatuses"], before["initContainerStatuses"],
                      old["spec"]["initContainers"], policy, path.child("initContainerStatuses"),
                      errors);
  }
  check_transitions(status["ephemeralContainerStatuses"], before["ephemeralContainerStatuses"], {},
                    "Never", path.child("ephemeralContainerStatuses"), errors);
  check_claim_statuses(status["resourceClaimStatuses"], pod["spec"]["resourceClaims"],
                       path.child("resourceClaimStatuses"), errors);
  check_extended_claim(status["extendedResourceClaimStatus"],
                       path.child("extendedResourceClaimStatus"), errors);
  check_addresses(status["podIPs"], "IP", path.child("podIPs"), errors);
  check_host_addresses(status, path, errors);
  check_container_statuses(pod, path, errors);
}

}  // namespace knarr::apiserver
