// SPDX-License-Identifier: Apache-2.0
// Security contexts of pods and containers: users, privileges, seccomp, AppArmor, sysctls, host
// namespaces.
#include "apiserver/registry/kinds/pod_checks.h"

#include <algorithm>
#include <set>

namespace knarr::apiserver {

using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

namespace {

void check_seccomp(Value profile, const FieldPath& path, FieldErrors& errors) {
  if (!has(profile)) return;
  const std::string_view type = profile["type"].as_string();
  const FieldPath type_path = path.child("type");
  if (type.empty()) errors.required(type_path, "type is required when seccompProfile is set");
  else check_choice(type, type_path, errors, {"Localhost", "RuntimeDefault", "Unconfined"});
  const Value local = profile["localhostProfile"];
  const FieldPath local_path = path.child("localhostProfile");
  if (type != "Localhost") {
    if (has(local)) {
      errors.invalid(local_path, profile, "can only be set when seccomp type is Localhost");
    }
  } else if (!has(local)) {
    errors.required(local_path, "must be set when seccomp type is Localhost");
  } else {
    check_descending_path(local.as_string(), local_path, errors);
  }
}

void check_app_armor_local(Value local, const FieldPath& path, FieldErrors& errors) {
  constexpr std::size_t kLongest = 4095;
  const std::string_view name = local.as_string();
  if (!has(local)) return errors.required(path, "must be set when AppArmor type is Localhost");
  if (trim_space(name) != name) errors.invalid(path, name, "must not be padded with whitespace");
  else if (name.empty()) errors.required(path, "must be set when AppArmor type is Localhost");
  if (name.size() > kLongest) errors.too_long(path, kLongest);
}

void check_app_armor(Value profile, const FieldPath& path, FieldErrors& errors) {
  if (!has(profile)) return;
  const std::string_view type = profile["type"].as_string();
  const Value local = profile["localhostProfile"];
  const FieldPath local_path = path.child("localhostProfile");
  if (type == "Localhost") {
    check_app_armor_local(local, local_path, errors);
  } else if (one_of(type, {"RuntimeDefault", "Unconfined"})) {
    if (has(local)) {
      errors.invalid(local_path, local.as_string(),
                     "can only be set when AppArmor type is Localhost");
    }
  } else if (type.empty()) {
    errors.required(path.child("type"), "type is required when appArmorProfile is set");
  } else {
    errors.not_supported(path.child("type"), type, {"Localhost", "RuntimeDefault", "Unconfined"});
  }
}

// Does AllowPrivilegeEscalation: false contradict the rest?
void check_escalation(Value context, const FieldPath& path, FieldErrors& errors) {
  const Value allow = context["allowPrivilegeEscalation"];
  if (!has(allow) || allow.as_bool()) return;
  if (context["privileged"].as_bool()) {
    errors.invalid(path, context,
                   "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
  }
  for (const Value capability : context["capabilities"]["add"].items()) {
    if (capability.as_string() != "CAP_SYS_ADMIN") continue;
    errors.invalid(path, context,
                   "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` "
                   "CAP_SYS_ADMIN");
  }
}

// ([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?
bool is_sysctl_name(std::string_view name) {
  const auto edge = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.size() > 253) return false;
  while (true) {
    const std::size_t end = name.find_first_of("./");
    const std::string_view part = name.substr(0, end);
    if (part.empty() || !edge(part.front()) || !edge(part.back())) return false;
    if (!std::ranges::all_of(part, [&](char c) { return edge(c) || c == '-' || c == '_'; })) {
      return false;
    }
    if (end == std::string_view::npos) return true;
    name.remove_prefix(end + 1);
  }
}

// A name whose first separator is a slash is written the other way round: net/ipv4/conf.
std::string dotted(std::string_view name) {
  std::string out(name);
  const std::size_t first = out.find_first_of("./");
  if (first == std::string::npos || out[first] == '.') return out;
  for (char& c : out) {
    if (c == '/') c = '.';
    else if (c == '.') c = '/';
  }
  return out;
}

void check_host_sysctl(Value spec, std::string_view name, const FieldPath& path,
                       FieldErrors& errors) {
  const std::string plain = dotted(name);
  const bool net = plain.starts_with("net.");
  const bool ipc = plain == "kernel.sem" || plain.starts_with("kernel.shm") ||
                   plain.starts_with("kernel.msg") || plain.starts_with("fs.mqueue.");
  if (net && spec["hostNetwork"].as_bool()) {
    errors.invalid(path, name, "may not be specified when 'hostNetwork' is true");
  } else if (ipc && spec["hostIPC"].as_bool()) {
    errors.invalid(path, name, "may not be specified when 'hostIPC' is true");
  }
}

void check_sysctls(Value spec, const FieldPath& path, FieldErrors& errors) {
  std::set<std::string_view> seen;
  std::size_t i = 0;
  for (const Value sysctl : spec["securityContext"]["sysctls"].items()) {
    const FieldPath at = path.index(i++);
    const FieldPath name_path = at.child("name");
    const std::string_view name = sysctl["name"].as_string();
    if (name.empty()) {
      errors.required(name_path);
    } else if (!is_sysctl_name(name)) {
      errors.invalid(name_path, name,
                     "must have at most 253 characters and match regex "
                     "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$");
    } else if (seen.contains(name)) {
      errors.duplicate(name_path, name);
    }
    check_host_sysctl(spec, name, name_path, errors);
    seen.insert(name);
  }
}

void check_optional_id(Value id, const FieldPath& path, FieldErrors& errors) {
  if (has(id)) check_id(id.as_int(), path, errors);
}

void check_optional_choice(Value choice, const FieldPath& path, FieldErrors& errors,
                           std::initializer_list<std::string_view> choices) {
  if (has(choice)) check_choice(choice.as_string(), path, errors, choices);
}

}  // namespace

void check_container_security(Value context, bool host_users, const FieldPath& path,
                              FieldErrors& errors) {
  if (!has(context)) return;
  check_optional_id(context["runAsUser"], path.child("runAsUser"), errors);
  check_optional_id(context["runAsGroup"], path.child("runAsGroup"), errors);
  const Value proc = context["procMount"];
  const FieldPath proc_path = path.child("procMount");
  check_optional_choice(proc, proc_path, errors, {"Default", "Unmasked"});
  if (host_users && proc.as_string() == "Unmasked") {
    errors.invalid(proc_path, "Unmasked", "`hostUsers` must be false to use `Unmasked`");
  }
  check_seccomp(context["seccompProfile"], path.child("seccompProfile"), errors);
  check_escalation(context, path, errors);
  check_windows_options(context["windowsOptions"], path.child("windowsOptions"), errors);
  check_app_armor(context["appArmorProfile"], path.child("appArmorProfile"), errors);
}

void check_pod_security(Value spec, const FieldPath& spec_path, FieldErrors& errors) {
  const FieldPath path = spec_path.child("securityContext");
  const Value context = spec["securityContext"];
  if (spec["hostNetwork"].as_bool()) {
    check_host_network_ports(spec["containers"], spec_path.child("containers"), errors);
  }
  check_optional_id(context["fsGroup"], path.child("fsGroup"), errors);
  check_optional_id(context["runAsUser"], path.child("runAsUser"), errors);
  check_optional_id(context["runAsGroup"], path.child("runAsGroup"), errors);
  const FieldPath groups = path.child("supplementalGroups");
  std::size_t i = 0;
  for (const Value group : context["supplementalGroups"].items()) {
    check_id(group.as_int(), groups.index(i++), errors);
  }
  if (spec["hostPID"].as_bool() && spec["shareProcessNamespace"].as_bool()) {
    errors.invalid_text(path.child("shareProcessNamespace"), "true",
                        "ShareProcessNamespace and HostPID cannot both be enabled");
  }
  check_sysctls(spec, path.child("sysctls"), errors);
  check_optional_choice(context["fsGroupChangePolicy"], path.child("fsGroupChangePolicy"), errors,
                        {"Always", "OnRootMismatch"});
  check_seccomp(context["seccompProfile"], path.child("seccompProfile"), errors);
  check_windows_options(context["windowsOptions"], path.child("windowsOptions"), errors);
  check_app_armor(context["appArmorProfile"], path.child("appArmorProfile"), errors);
  check_optional_choice(context["supplementalGroupsPolicy"],
                        path.child("supplementalGroupsPolicy"), errors, {"Merge", "Strict"});
  // MountOption needs the gate SELinuxMount, which is off in 1.36.
  check_optional_choice(context["seLinuxChangePolicy"], path.child("seLinuxChangePolicy"), errors,
                        {"Recursive"});
}

void check_host_users(Value spec, const FieldPath& spec_path, FieldErrors& errors) {
  constexpr std::string_view kWhy = "when `hostUsers` is false";
  const Value host_users = spec["hostUsers"];
  if (!has(host_users) || host_users.as_bool()) return;
  if (spec["hostNetwork"].as_bool()) errors.forbidden(spec_path.child("hostNetwork"), kWhy);
  if (spec["hostPID"].as_bool()) errors.forbidden(spec_path.child("HostPID"), kWhy);
  if (spec["hostIPC"].as_bool()) errors.forbidden(spec_path.child("HostIPC"), kWhy);
  for (const std::string_view list : {"initContainers", "containers", "ephemeralContainers"}) {
    const FieldPath containers = spec_path.child(list);
    std::size_t i = 0;
    for (const Value container : spec[list].items()) {
      const FieldPath at = containers.index(i++);
      if (!container["volumeDevices"].empty()) errors.forbidden(at.child("volumeDevices"), kWhy);
    }
  }
}

}  // namespace knarr::apiserver
