// SPDX-License-Identifier: Apache-2.0
// Containers of a pod: what all have in common, and what regular, init and ephemeral ones may have.
#include "apiserver/registry/kinds/pod_checks.h"

#include <fmt/format.h>

#include <set>

namespace knarr::apiserver {

using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

namespace {

void check_ports(Value ports, const FieldPath& path, FieldErrors& errors) {
  std::set<std::string_view> names;
  std::size_t i = 0;
  for (const Value port : ports.items()) {
    const FieldPath at = path.index(i++);
    const std::string_view name = port["name"].as_string();
    if (!name.empty()) {
      const schema::Complaints problems = schema::check_port_name(name);
      errors.invalid_each(at.child("name"), name, problems);
      if (problems.empty() && !names.insert(name).second) errors.duplicate(at.child("name"), name);
    }
    const std::int64_t number = port["containerPort"].as_int();
    if (number == 0) errors.required(at.child("containerPort"));
    else check_port_number(number, at.child("containerPort"), errors);
    const std::int64_t host = port["hostPort"].as_int();
    if (host != 0) check_port_number(host, at.child("hostPort"), errors);
    const std::string_view protocol = port["protocol"].as_string();
    if (protocol.empty()) errors.required(at.child("protocol"));
    else check_choice(protocol, at.child("protocol"), errors, {"SCTP", "TCP", "UDP"});
  }
}

void check_pull_policy(std::string_view policy, const FieldPath& path, FieldErrors& errors) {
  if (policy.empty()) errors.required(path);
  else check_choice(policy, path, errors, {"Always", "IfNotPresent", "Never"});
}

void check_message_policy(std::string_view policy, const FieldPath& path, FieldErrors& errors) {
  if (policy.empty()) errors.required(path);
  else check_choice(policy, path, errors, {"File", "FallbackToLogsOnError"});
}

// What every container is held to.
void check_common(const PodContext& pod, Value container, const FieldPath& path,
                  FieldErrors& errors) {
  const std::string_view name = container["name"].as_string();
  if (name.empty()) errors.required(path.child("name"));
  else check_dns_label(name, path.child("name"), errors);
  if (container["image"].as_string().empty()) errors.required(path.child("image"));
  check_message_policy(container["terminationMessagePolicy"].as_string(),
                       path.child("terminationMessagePolicy"), errors);
  check_ports(container["ports"], path.child("ports"), errors);
  check_env(pod, container["env"], path.child("env"), errors);
  check_env_from(container["envFrom"], path.child("envFrom"), errors);
  check_volume_mounts(pod, container, path.child("volumeMounts"), errors);
  check_volume_devices(pod, container, path.child("volumeDevices"), errors);
  check_pull_policy(container["imagePullPolicy"].as_string(), path.child("imagePullPolicy"),
                    errors);
  check_container_resources(pod, container["resources"], path.child("resources"), errors);
  check_resize_policy(container["resizePolicy"], pod.spec["restartPolicy"].as_string(),
                      path.child("resizePolicy"), errors);
  check_container_security(container["securityContext"], pod.host_users,
                           path.child("securityContext"), errors);
}

void check_exit_codes(Value codes, const FieldPath& path, FieldErrors& errors) {
  if (!has(codes)) {
    errors.required(path, "must be specified");
    return;
  }
  check_choice(codes["operator"].as_string(), path.child("operator"), errors, {"In", "NotIn"});
  constexpr std::size_t kMostValues = 255;
  if (codes["values"].size() > kMostValues) {
    errors.too_many(path.child("values"), codes["values"].size(), kMostValues);
  }
}

void check_restart_policy(Value container, const FieldPath& path, FieldErrors& errors) {
  constexpr std::size_t kMostRules = 20;
  const Value policy = container["restartPolicy"];
  const Value rules = container["restartPolicyRules"];
  const FieldPath policy_path = path.child("restartPolicy");
  if (!has(policy)) {
    if (!rules.empty()) {
      errors.required(policy_path, "must specify restartPolicy when restart rules are used");
    }
  } else {
    check_choice(policy.as_string(), policy_path, errors, {"Always", "Never", "OnFailure"});
  }
  const FieldPath rules_path = path.child("restartPolicyRules");
  if (rules.size() > kMostRules) errors.too_many(rules_path, rules.size(), kMostRules);
  std::size_t i = 0;
  for (const Value rule : rules.items()) {
    const FieldPath at = rules_path.index(i++);
    check_choice(rule["action"].as_string(), at.child("action"), errors,
                 {"Restart", "RestartAllContainers"});
    check_exit_codes(rule["exitCodes"], at.child("exitCodes"), errors);
  }
}

void check_hooks_and_probes(const PodContext& pod, Value container, const FieldPath& path,
                            FieldErrors& errors) {
  const std::int64_t grace = pod.grace_seconds;
  check_lifecycle(container["lifecycle"], grace, path.child("lifecycle"), errors);
  check_probe(container["livenessProbe"], ProbeKind::Liveness, grace, path.child("livenessProbe"),
              errors);
  check_probe(container["readinessProbe"], ProbeKind::Readiness, grace,
              path.child("readinessProbe"), errors);
  check_probe(container["startupProbe"], ProbeKind::Startup, grace, path.child("startupProbe"),
              errors);
}

void add_port_conflicts(Value container, std::size_t index, std::set<std::string>& used,
                        const FieldPath& path, FieldErrors& errors) {
  const FieldPath at = path.index(index);
  const FieldPath ports = at.child("ports");
  std::size_t i = 0;
  for (const Value port : container["ports"].items()) {
    const FieldPath port_path = ports.index(i++);
    const std::int64_t number = port["hostPort"].as_int();
    if (number == 0) continue;
    std::string key = fmt::format("{}/{}/{}", port["protocol"].as_string(),
                                  port["hostIP"].as_string(), number);
    if (used.contains(key)) errors.duplicate(port_path.child("hostPort"), key);
    else used.insert(std::move(key));
  }
}

// The fields of a container that an ephemeral one may have.
bool allowed_in_ephemeral(std::string_view field) {
  return one_of(field, {"name", "image", "command", "args", "workingDir", "envFrom", "env",
                        "volumeMounts", "volumeDevices", "terminationMessagePath",
                        "terminationMessagePolicy", "imagePullPolicy", "securityContext", "stdin",
                        "stdinOnce", "tty", "targetContainerName"});
}

bool is_empty(Value value) {
  switch (value.kind()) {
    case object::Kind::Null: return true;
    case object::Kind::Bool: return !value.as_bool();
    case object::Kind::Int: return value.as_int() == 0;
    case object::Kind::String: return value.as_string().empty();
    case object::Kind::List: return value.empty();
    default: return false;
  }
}

// In the order of the type's fields.
void check_ephemeral_fields(Value container, const FieldPath& path, FieldErrors& errors) {
  for (const auto [key, atom, value] : container.entries()) {
    if (allowed_in_ephemeral(key) || is_empty(value)) continue;
    if (key == "resources" && value.empty()) continue;
    errors.forbidden(path.child(key), "cannot be set for an Ephemeral Container");
  }
}

}  // namespace

void check_host_port_conflicts(Value containers, const FieldPath& path, FieldErrors& errors) {
  std::set<std::string> used;
  std::size_t i = 0;
  for (const Value container : containers.items()) {
    add_port_conflicts(container, i++, used, path, errors);
  }
}

void check_host_network_ports(Value containers, const FieldPath& path, FieldErrors& errors) {
  std::size_t c = 0;
  for (const Value container : containers.items()) {
    const FieldPath at = path.index(c++);
    const FieldPath ports = at.child("ports");
    std::size_t i = 0;
    for (const Value port : container["ports"].items()) {
      const FieldPath port_path = ports.index(i++);
      const std::int64_t host = port["hostPort"].as_int();
      // Zero in a template: pods will have the container's port there.
      if (host != 0 && host != port["containerPort"].as_int()) {
        errors.invalid(port_path.child("hostPort"), host,
                       "must match `containerPort` when `hostNetwork` is true");
      }
    }
  }
}

void check_containers(const PodContext& pod, const FieldPath& path, FieldErrors& errors) {
  const Value containers = pod.spec["containers"];
  if (containers.empty()) {
    errors.required(path);
    return;
  }
  std::set<std::string_view> names;
  std::size_t i = 0;
  for (const Value container : containers.items()) {
    const FieldPath at = path.index(i++);
    check_common(pod, container, at, errors);
    const std::string_view name = container["name"].as_string();
    if (!names.insert(name).second) errors.duplicate(at.child("name"), name);
    check_hooks_and_probes(pod, container, at, errors);
    check_restart_policy(container, at, errors);
  }
  check_host_port_conflicts(containers, path, errors);
}

void check_init_containers(const PodContext& pod, const FieldPath& path, FieldErrors& errors) {
  constexpr std::string_view kOnlySidecars =
      "may not be set for init containers without restartPolicy=Always";
  std::set<std::string_view> names;
  for (const Value container : pod.spec["containers"].items()) {
    names.insert(container["name"].as_string());
  }
  std::size_t i = 0;
  for (const Value container : pod.spec["initContainers"].items()) {
    const FieldPath at = path.index(i++);
    check_common(pod, container, at, errors);
    check_restart_policy(container, at, errors);
    const std::string_view name = container["name"].as_string();
    if (names.contains(name)) errors.duplicate(at.child("name"), name);
    else if (!name.empty()) names.insert(name);
    // Init containers run one by one: each has the ports for itself. (Kubernetes names the first.)
    std::set<std::string> used;
    add_port_conflicts(container, 0, used, path, errors);
    if (container["restartPolicy"].as_string() == "Always") {
      check_hooks_and_probes(pod, container, at, errors);
      continue;
    }
    for (const std::string_view field :
         {"lifecycle", "livenessProbe", "readinessProbe", "startupProbe"}) {
      if (has(container[field])) errors.forbidden(at.child(field), kOnlySidecars);
    }
  }
}

void check_ephemeral_containers(const PodContext& pod, const FieldPath& path,
                                FieldErrors& errors) {
  std::set<std::string_view> others;  // Names of the containers a debugger may look into.
  for (const std::string_view list : {"containers", "initContainers"}) {
    for (const Value container : pod.spec[list].items()) {
      others.insert(container["name"].as_string());
    }
  }
  std::set<std::string_view> names = others;
  std::size_t i = 0;
  for (const Value container : pod.spec["ephemeralContainers"].items()) {
    const FieldPath at = path.index(i++);
    check_common(pod, container, at, errors);
    const std::string_view name = container["name"].as_string();
    if (!name.empty() && !names.insert(name).second) errors.duplicate(at.child("name"), name);
    const std::string_view image = container["image"].as_string();
    if (trim_space(image) != image) {
      errors.invalid(at.child("image"), image, "must not have leading or trailing whitespace");
    }
    const std::string_view target = container["targetContainerName"].as_string();
    if (!target.empty() && !others.contains(target)) {
      errors.not_found(at.child("targetContainerName"), target);
    }
    check_ephemeral_fields(container, at, errors);
    const FieldPath mounts = at.child("volumeMounts");
    std::size_t m = 0;
    for (const Value mount : container["volumeMounts"].items()) {
      const FieldPath mount_path = mounts.index(m++);
      for (const std::string_view field : {"subPath", "subPathExpr"}) {
        if (!mount[field].as_string().empty()) {
          errors.forbidden(mount_path.child(field), "cannot be set for an Ephemeral Container");
        }
      }
    }
  }
}

}  // namespace knarr::apiserver
