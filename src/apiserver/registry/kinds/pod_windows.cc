// SPDX-License-Identifier: Apache-2.0
// What differs by operating system: Windows options, HostProcess containers, and the fields that
// spec.os forbids.
#include "apiserver/registry/kinds/pod_checks.h"

#include "codec/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace knarr::apiserver {

using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// A NetBIOS name: up to 15 characters, none of \/:*?"<>| and no dot in front.
bool is_netbios_domain(std::string_view domain) {
  constexpr std::string_view kForbidden = "\\/:*?\"<>|";
  return !domain.empty() && domain.size() <= 15 && domain.front() != '.' &&
         domain.find_first_of(kForbidden) == std::string_view::npos;
}

bool is_dns_domain(std::string_view domain) {
  while (true) {
    const std::size_t dot = domain.find('.');
    const std::string_view part = domain.substr(0, dot);
    if (part.empty() || part.size() > 63) return false;
    if (!is_alphanumeric(part.front()) || !is_alphanumeric(part.back())) return false;
    if (!std::ranges::all_of(part, [](char c) { return is_alphanumeric(c) || c == '-'; })) {
      return false;
    }
    if (dot == std::string_view::npos) return true;
    domain.remove_prefix(dot + 1);
  }
}

// These fields are pointers, and what Go prints for those is JSON.
void invalid(FieldErrors& errors, const FieldPath& path, std::string_view value,
             std::string_view detail) {
  std::string printed;
  codec::write_json_string(printed, value);
  errors.invalid_text(path, printed, detail);
}

void check_windows_account(std::string_view user, const FieldPath& path, std::string_view whole,
                           FieldErrors& errors) {
  if (user.empty()) {
    invalid(errors, path, whole, "runAsUserName's User cannot be empty");
  } else if (user.size() > 104) {
    invalid(errors, path, whole, "runAsUserName's User length must not be longer than 104 characters");
  }
  if (!user.empty() && user.find_first_not_of(". ") == std::string_view::npos) {
    invalid(errors, path, whole, "runAsUserName's User cannot contain only periods or spaces");
  }
  if (user.find_first_of("\"/\\:;|=,+*?<>@[]") != std::string_view::npos) {
    invalid(errors, path, whole,
                   "runAsUserName's User cannot contain the following characters: "
                   "\"/\\:;|=,+*?<>@[]");
  }
}

void check_windows_user(std::string_view name, const FieldPath& path, FieldErrors& errors) {
  if (name.empty()) return invalid(errors, path, name, "runAsUserName cannot be an empty string");
  if (std::ranges::any_of(name, [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
      })) {
    return invalid(errors, path, name, "runAsUserName cannot contain control characters");
  }
  const std::size_t slash = name.find('\\');
  if (slash == std::string_view::npos) return check_windows_account(name, path, name, errors);
  if (name.find('\\', slash + 1) != std::string_view::npos) {
    return invalid(errors, path, name, "runAsUserName cannot contain more than one backslash");
  }
  const std::string_view domain = name.substr(0, slash);
  if (domain.size() >= 256) {
    invalid(errors, path, name, "runAsUserName's Domain length must be under 256 characters");
  }
  if (!is_netbios_domain(domain) && !is_dns_domain(domain)) {
    invalid(errors, path, name,
                   "runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  }
  check_windows_account(name.substr(slash + 1), path, name, errors);
}

void forbid_set(Value object, std::initializer_list<std::string_view> fields,
                const FieldPath& path, FieldErrors& errors) {
  for (const std::string_view field : fields) {
    if (has(object[field])) errors.forbidden(path.child(field), "cannot be set for a windows pod");
  }
}

void check_linux(Value spec, const FieldPath& spec_path, FieldErrors& errors) {
  constexpr std::string_view kWhy = "windows options cannot be set for a linux pod";
  const FieldPath context = spec_path.child("securityContext");
  if (has(spec["securityContext"]["windowsOptions"])) {
    errors.forbidden(context.child("windowsOptions"), kWhy);
  }
  for (const std::string_view list : {"initContainers", "containers", "ephemeralContainers"}) {
    const FieldPath containers = spec_path.child(list);
    std::size_t i = 0;
    for (const Value container : spec[list].items()) {
      const FieldPath at = containers.index(i++);
      const FieldPath inner = at.child("securityContext");
      if (has(container["securityContext"]["windowsOptions"])) {
        errors.forbidden(inner.child("windowsOptions"), kWhy);
      }
    }
  }
}

void check_windows(Value spec, const FieldPath& spec_path, FieldErrors& errors) {
  constexpr std::string_view kWhy = "cannot be set for a windows pod";
  const Value context = spec["securityContext"];
  const FieldPath path = spec_path.child("securityContext");
  if (has(spec["resources"])) {
    errors.forbidden(spec_path.child("resources"), "may not be set for a windows pod");
  }
  if (has(spec["hostUsers"])) errors.forbidden(spec_path.child("hostUsers"), kWhy);
  forbid_set(context, {"appArmorProfile", "seLinuxOptions", "seccompProfile", "fsGroup",
                       "fsGroupChangePolicy"}, path, errors);
  if (!context["sysctls"].empty()) errors.forbidden(path.child("sysctls"), kWhy);
  if (has(spec["shareProcessNamespace"])) {
    errors.forbidden(spec_path.child("shareProcessNamespace"), kWhy);
  }
  if (spec["hostPID"].as_bool()) errors.forbidden(spec_path.child("hostPID"), kWhy);
  if (spec["hostIPC"].as_bool()) errors.forbidden(spec_path.child("hostIPC"), kWhy);
  forbid_set(context, {"runAsUser", "runAsGroup"}, path, errors);
  if (!context["supplementalGroups"].empty()) {
    errors.forbidden(path.child("supplementalGroups"), kWhy);
  }
  forbid_set(context, {"supplementalGroupsPolicy", "seLinuxChangePolicy"}, path, errors);
  for (const std::string_view list : {"initContainers", "containers", "ephemeralContainers"}) {
    const FieldPath containers = spec_path.child(list);
    std::size_t i = 0;
    for (const Value container : spec[list].items()) {
      const FieldPath at = containers.index(i++);
      forbid_set(container["securityContext"],
                 {"appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities",
                  "readOnlyRootFilesystem", "privileged", "allowPrivilegeEscalation", "procMount",
                  "runAsUser", "runAsGroup"},
                 at.child("securityContext"), errors);
    }
  }
}

}  // namespace

void check_windows_options(Value options, const FieldPath& path, FieldErrors& errors) {
  constexpr std::size_t kLargestSpec = 64UL * 1024;
  if (!has(options)) return;
  if (const Value name = options["gmsaCredentialSpecName"]; has(name)) {
    check_dns_subdomain(name.as_string(), path.child("gmsaCredentialSpecName"), errors);
  }
  if (const Value spec = options["gmsaCredentialSpec"]; has(spec)) {
    const FieldPath at = path.child("gmsaCredentialSpec");
    const std::string_view text = spec.as_string();
    if (text.empty()) invalid(errors, at, text, "gmsaCredentialSpec cannot be an empty string");
    else if (text.size() > kLargestSpec) {
      invalid(errors, at, text, "gmsaCredentialSpec size must be under 64 KiB");
    }
  }
  if (const Value user = options["runAsUserName"]; has(user)) {
    check_windows_user(user.as_string(), path.child("runAsUserName"), errors);
  }
}

void check_host_process(Value spec, const FieldPath& spec_path, FieldErrors& errors) {
  const Value of_pod = spec["securityContext"]["windowsOptions"]["hostProcess"];
  std::size_t all = 0;
  std::size_t host = 0;
  for (const std::string_view list : {"initContainers", "containers", "ephemeralContainers"}) {
    const FieldPath containers = spec_path.child(list);
    std::size_t i = 0;
    for (const Value container : spec[list].items()) {
      ++all;
      const FieldPath at = containers.index(i++);
      const Value own = container["securityContext"]["windowsOptions"]["hostProcess"];
      if (has(of_pod) && has(own) && of_pod.as_bool() != own.as_bool()) {
        const FieldPath context = at.child("securityContext");
        const FieldPath options = context.child("windowsOptions");
        errors.invalid(options.child("hostProcess"), own,
                       fmt::format("pod hostProcess value must be identical if both are specified, "
                                   "was {}",
                                   of_pod.as_bool()));
      }
      if (has(own) ? own.as_bool() : of_pod.as_bool()) ++host;
    }
  }
  if (host == 0) return;
  if (host != all) {
    errors.invalid(spec_path, "",
                   "If pod contains any hostProcess containers then all containers must be "
                   "HostProcess containers");
  }
  if (!spec["hostNetwork"].as_bool()) {
    errors.invalid_text(spec_path.child("hostNetwork"), "false",
                        "hostNetwork must be true if pod contains any hostProcess containers");
  }
}

void check_os(Value spec, const FieldPath& spec_path, FieldErrors& errors) {
  const Value os = spec["os"];
  if (!has(os)) return;
  const std::string_view name = os["name"].as_string();
  const FieldPath path = spec_path.child("os");
  if (name.empty()) errors.required(path.child("name"));
  else if (name == "linux") check_linux(spec, spec_path, errors);
  else if (name == "windows") check_windows(spec, spec_path, errors);
  else errors.not_supported(path, name, {"linux", "windows"});
}

}  // namespace knarr::apiserver
