// SPDX-License-Identifier: Apache-2.0
// Requests and limits: names of resources, quantities, huge pages, pod-level resources, resize
// policies, claims of devices. Source: k8s.io/kubernetes/pkg/apis/core/helper and validation.
#include "apiserver/registry/kinds/pod_checks.h"

#include "api/resources_sum.h"
#include "object/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace knarr::apiserver {

using object::Quantity;
using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

namespace {

constexpr std::string_view kHugePages = "hugepages-";

bool is_qualified(std::string_view name) { return name.find('/') != std::string_view::npos; }

bool is_standard(std::string_view name) {
  return one_of(name, {"cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory",
                       "requests.ephemeral-storage", "limits.cpu", "limits.memory",
                       "limits.ephemeral-storage", "pods", "resourcequotas", "services",
                       "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims",
                       "storage", "requests.storage", "services.nodeports",
                       "services.loadbalancers"}) ||
         name.starts_with(kHugePages) || name.starts_with("requests.hugepages-");
}

bool is_counted(std::string_view name) {
  return one_of(name, {"pods", "resourcequotas", "services", "replicationcontrollers", "secrets",
                       "configmaps", "persistentvolumeclaims", "services.nodeports",
                       "services.loadbalancers"}) ||
         is_extended_resource(name);
}

bool is_for_containers(std::string_view name) {
  return one_of(name, {"cpu", "memory", "ephemeral-storage"}) || is_hugepage_resource(name);
}

void check_container_resource_name(std::string_view name, const FieldPath& path,
                                   FieldErrors& errors) {
  check_resource_name(name, path, errors);
  if (!is_qualified(name)) {
    if (!is_for_containers(name)) {
      errors.invalid(path, name, "must be a standard resource for containers");
    }
  } else if (!is_native_resource(name) && !is_extended_resource(name)) {
    errors.invalid(path, name, "doesn't follow extended resource name standard");
  }
}

void check_pod_level_name(std::string_view name, const FieldPath& path, FieldErrors& errors) {
  if (!api::supported_at_pod_level(name)) {
    errors.not_supported(path, name, {"cpu", kHugePages, "memory"});
  }
}

void check_whole_pages(std::string_view name, Value quantity, const FieldPath& path,
                       FieldErrors& errors) {
  if (!is_hugepage_resource(name)) return;
  const Result<Quantity> page = Quantity::parse(name.substr(kHugePages.size()));
  const bool whole = page && page->sign() > 0 && is_whole(*page) &&
                     Quantity::of(quantity.as_string()).value() % page->value() == 0;
  if (whole) return;
  errors.invalid(path, quantity.as_string(),
                 fmt::format("{} is not positive integer multiple of {}", quantity.as_string(),
                             name));
}

// A request against the limit of the same resource.
void check_against_limit(std::string_view name, Value request, Value limit,
                         const FieldPath& requests, const FieldPath& limits, FieldErrors& errors) {
  const bool overcommit = overcommit_allowed(name);
  if (!limit.exists()) {
    if (!overcommit) errors.required(limits, "Limit must be set for non overcommitable resources");
    return;
  }
  const Quantity asked = Quantity::of(request.as_string());
  const Quantity most = Quantity::of(limit.as_string());
  if (asked != most && !overcommit) {
    errors.invalid(requests, request.as_string(),
                   fmt::format("must be equal to {} limit of {}", name, limit.as_string()));
  } else if (asked > most) {
    errors.invalid(requests, request.as_string(),
                   fmt::format("must be less than or equal to {} limit of {}", name,
                               limit.as_string()));
  }
}

void check_claim_names(const PodContext& pod, Value claims, const FieldPath& path,
                       FieldErrors& errors) {
  std::vector<std::string_view> known = pod.claims;
  std::ranges::sort(known);
  known.erase(std::ranges::unique(known).begin(), known.end());
  std::set<std::string> used;  // "claim" and "claim/request".
  std::size_t i = 0;
  for (const Value claim : claims.items()) {
    const FieldPath at = path.index(i++);
    const std::string name(claim["name"].as_string());
    const std::string_view request = claim["request"].as_string();
    if (name.empty()) {
      errors.required(at);
      continue;
    }
    const std::string key = request.empty() ? name : fmt::format("{}/{}", name, request);
    const auto in_part = used.lower_bound(name + "/");
    const bool part_used = in_part != used.end() && in_part->starts_with(name + "/");
    if (used.contains(name) || (request.empty() && part_used)) errors.duplicate(at, name);
    else if (used.contains(key)) errors.duplicate(at, key);
    else used.insert(key);
    if (!request.empty()) check_dns_label(request, at.child("request"), errors);
    if (std::ranges::binary_search(known, std::string_view(name))) continue;
    errors.not_found(at, name,
                     known.empty()
                         ? "must be one of the names in pod.spec.resourceClaims which is empty"
                         : fmt::format("must be one of the names in pod.spec.resourceClaims: {}",
                                       fmt::join(known, ", ")));
  }
}

using NameCheck = void (*)(std::string_view, const FieldPath&, FieldErrors&);

void check_requirements(const PodContext& pod, Value resources, NameCheck check_name,
                        const FieldPath& path, FieldErrors& errors) {
  const FieldPath limits = path.child("limits");
  const FieldPath requests = path.child("requests");
  bool huge = false;
  bool basic = false;
  const auto note = [&](std::string_view name) {
    huge = huge || is_hugepage_resource(name);
    basic = basic || name == "cpu" || name == "memory";
  };
  for (const auto [name, atom, quantity] : resources["limits"].entries()) {
    const FieldPath at = limits.key(name);
    check_name(name, at, errors);
    check_resource_quantity(name, quantity, at, errors);
    check_whole_pages(name, quantity, at, errors);
    note(name);
  }
  for (const auto [name, atom, quantity] : resources["requests"].entries()) {
    const FieldPath at = requests.key(name);
    check_name(name, at, errors);
    check_resource_quantity(name, quantity, at, errors);
    check_against_limit(name, quantity, resources["limits"][name], requests, limits, errors);
    check_whole_pages(name, quantity, at, errors);
    note(name);
  }
  if (huge && !basic) errors.forbidden(path, "HugePages require cpu or memory");
  check_claim_names(pod, resources["claims"], path.child("claims"), errors);
}

// The pod asks for no less than its containers do, and none may use more than the pod.
void check_pod_against_containers(const PodContext& pod, const FieldPath& path,
                                  FieldErrors& errors) {
  const Value resources = pod.spec["resources"];
  const FieldPath requests = path.child("requests");
  for (const auto& [name, sum] : api::container_requests(pod.spec)) {
    if (!api::supported_at_pod_level(name)) continue;
    const Value given = resources["requests"][name];
    if (sum <= Quantity::of(given.as_string())) continue;
    const std::string_view text = given.exists() ? given.as_string() : std::string_view("0");
    errors.invalid(requests.key(name), text,
                   fmt::format("must be greater than or equal to aggregate container requests of {}",
                               sum.text()));
  }
  const FieldPath containers = path.child("containers");
  std::size_t i = 0;
  for (const Value container : pod.spec["containers"].items()) {
    const FieldPath at = containers.index(i++);
    for (const auto [name, atom, limit] : container["resources"]["limits"].entries()) {
      const Value most = resources["limits"][name];
      if (!most.exists()) continue;
      if (Quantity::of(limit.as_string()) <= Quantity::of(most.as_string())) continue;
      const FieldPath resource = at.key(name);
      errors.invalid(resource.child("limits"), limit.as_string(),
                     fmt::format("must be less than or equal to pod limits of {}",
                                 most.as_string()));
    }
  }
}

}  // namespace

bool is_hugepage_resource(std::string_view name) { return name.starts_with(kHugePages); }

bool is_native_resource(std::string_view name) {
  return !is_qualified(name) || name.find("kubernetes.io/") != std::string_view::npos;
}

bool is_extended_resource(std::string_view name) {
  if (is_native_resource(name) || name.starts_with("requests.")) return false;
  return schema::check_qualified_name(fmt::format("requests.{}", name)).empty();
}

bool overcommit_allowed(std::string_view name) {
  return is_native_resource(name) && !is_hugepage_resource(name);
}

void check_resource_name(std::string_view name, const FieldPath& path, FieldErrors& errors) {
  const schema::Complaints problems = schema::check_qualified_name(name);
  errors.invalid_each(path, name, problems);
  if (problems.empty() && !is_qualified(name) && !is_standard(name)) {
    errors.invalid(path, name, "must be a standard resource type or fully qualified");
  }
}

void check_resource_quantity(std::string_view resource, Value quantity, const FieldPath& path,
                             FieldErrors& errors) {
  const Quantity amount = Quantity::of(quantity.as_string());
  if (amount.sign() < 0) {
    errors.invalid(path, quantity.as_string(), "must be greater than or equal to 0");
  }
  if (is_counted(resource) && !is_whole(amount)) {
    errors.invalid(path, quantity.as_string(), "must be an integer");
  }
}

void check_container_resources(const PodContext& pod, Value resources, const FieldPath& path,
                               FieldErrors& errors) {
  check_requirements(pod, resources, check_container_resource_name, path, errors);
}

void check_pod_resources(const PodContext& pod, const FieldPath& path, FieldErrors& errors) {
  const Value resources = pod.spec["resources"];
  if (!has(resources)) return;
  if (!resources["claims"].empty()) {
    errors.forbidden(path.child("claims"), "claims may not be set for Resources at pod-level");
  }
  check_requirements(pod, resources, check_pod_level_name, path, errors);
  check_pod_against_containers(pod, path, errors);
}

void check_resize_policy(Value policies, std::string_view pod_restart_policy,
                         const FieldPath& path, FieldErrors& errors) {
  std::set<std::string_view> seen;
  std::size_t i = 0;
  for (const Value policy : policies.items()) {
    const FieldPath at = path.index(i++);
    const std::string_view resource = policy["resourceName"].as_string();
    if (!seen.insert(resource).second) errors.duplicate(at, resource);
    if (resource.empty()) errors.required(path);
    else check_choice(resource, path, errors, {"cpu", "memory"});
    const std::string_view restart = policy["restartPolicy"].as_string();
    if (restart.empty()) errors.required(path);
    else check_choice(restart, path, errors, {"NotRequired", "RestartContainer"});
    if (pod_restart_policy == "Never" && restart != "NotRequired") {
      errors.invalid(path, restart,
                     "must be 'NotRequired' when pod `restartPolicy` is 'Never'");
    }
  }
}

void check_pod_resource_claims(Value claims, Value metadata, const FieldPath& path,
                               FieldErrors& errors) {
  std::set<std::string_view> names;
  std::size_t i = 0;
  const FieldPath whole;
  if (!claims.empty() && metadata["annotations"]["kubernetes.io/config.mirror"].exists()) {
    errors.forbidden(whole.key(""), "static pods do not support resource claims");
  }
  for (const Value claim : claims.items()) {
    const FieldPath at = path.index(i++);
    const FieldPath name_path = at.child("name");
    const std::string_view name = claim["name"].as_string();
    const Value direct = claim["resourceClaimName"];
    const Value from_template = claim["resourceClaimTemplateName"];
    if (name.empty()) {
      errors.required(name_path);
    } else if (!names.insert(name).second) {
      errors.duplicate(name_path, name);
    } else {
      const schema::Complaints problems = schema::check_dns1123_label(name);
      errors.invalid_each(name_path, name, problems);
      if (problems.empty() && has(from_template)) {
        const std::string made = fmt::format("{}-{}", metadata["name"].as_string(), name);
        for (const std::string& problem : schema::check_dns1123_subdomain(made)) {
          if (metadata["name"].as_string().empty()) break;
          errors.invalid(name_path, made, "final ResourceClaim name: " + problem);
        }
      }
    }
    if (has(direct) && has(from_template)) {
      errors.invalid(at, claim,
                     "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be "
                     "specified");
    }
    if (!has(direct) && !has(from_template)) {
      errors.invalid(at, claim,
                     "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
    }
    for (const std::string_view field : {"resourceClaimName", "resourceClaimTemplateName"}) {
      if (has(claim[field])) check_dns_subdomain(claim[field].as_string(), at.child(field), errors);
    }
  }
}

void check_overhead(Value overhead, const FieldPath& path, FieldErrors& errors) {
  const FieldPath list = path.child("limits");  // As Kubernetes names it.
  for (const auto [name, atom, quantity] : overhead.entries()) {
    const FieldPath at = list.key(name);
    check_container_resource_name(name, at, errors);
    check_resource_quantity(name, quantity, at, errors);
    check_whole_pages(name, quantity, at, errors);
  }
}

}  // namespace knarr::apiserver
