// SPDX-License-Identifier: Apache-2.0
// Environment variables and the references to fields of the pod that they share with volumes.
#include "apiserver/registry/kinds/pod_checks.h"

#include "object/quantity.h"

#include <fmt/format.h>

#include <algorithm>

namespace knarr::apiserver {

using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

namespace {

// metadata.labels['key']: the part before the bracket and the key.
struct Subscripted {
  std::string_view path;
  std::string_view key;
  bool found = false;
};

Subscripted split_subscript(std::string_view text) {
  if (!text.ends_with("']")) return {text, {}, false};
  const std::string_view body = text.substr(0, text.size() - 2);
  const std::size_t bracket = body.find("['");
  if (bracket == std::string_view::npos || bracket == 0) return {text, {}, false};
  return {body.substr(0, bracket), body.substr(bracket + 2), true};
}

// The field of a pod behind a downward API label, or what is wrong with the label.
std::string label_problem(std::string_view version, std::string_view label) {
  if (version != "v1") return fmt::format("unsupported pod version: {}", version);
  const Subscripted parts = split_subscript(label);
  if (parts.found) {
    if (one_of(parts.path, {"metadata.annotations", "metadata.labels"})) return {};
    return fmt::format("field label does not support subscript: {}", label);
  }
  if (one_of(label, {"metadata.annotations", "metadata.labels", "metadata.name",
                     "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.restartPolicy",
                     "spec.serviceAccountName", "spec.schedulerName", "status.phase",
                     "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
                     "spec.host"})) {
    return {};
  }
  return fmt::format("field label not supported: {}", label);
}

void check_divisor(std::string_view resource, Value divisor, const FieldPath& path,
                   FieldErrors& errors) {
  const std::string_view text = divisor.as_string();
  if (text.empty() || object::Quantity::of(text).is_zero()) return;
  constexpr std::string_view kByteDivisors =
      "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei";
  const bool bytes_fine = one_of(text, {"1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi",
                                        "1Gi", "1Ti", "1Pi", "1Ei"});
  const std::string_view name = resource.substr(resource.find('.') + 1);
  if (name == "cpu") {
    if (one_of(text, {"1m", "1"})) return;
    errors.invalid(path, resource,
                   "only divisor's values 1m and 1 are supported with the cpu resource");
    return;
  }
  std::string_view what;
  if (name == "memory") what = "memory";
  else if (name == "ephemeral-storage") what = "local ephemeral storage";
  else if (name.starts_with("hugepages-")) what = "hugepages";
  if (what.empty() || bytes_fine) return;
  errors.invalid(path, resource,
                 fmt::format("only divisor's values {} are supported with the {} resource",
                             kByteDivisors, what));
}

void check_key_ref(Value ref, const FieldPath& path, FieldErrors& errors) {
  const std::string_view name = ref["name"].as_string();
  check_dns_subdomain(name, path.child("name"), errors);
  const std::string_view key = ref["key"].as_string();
  if (key.empty()) errors.required(path.child("key"));
  else errors.invalid_each(path.child("key"), key, schema::check_config_map_key(key));
}

void check_file_key_ref(const PodContext& pod, Value ref, const FieldPath& path,
                        FieldErrors& errors) {
  const std::string_view key = ref["key"].as_string();
  if (key.empty()) errors.required(path.child("key"));
  else errors.invalid_each(path.child("key"), key, schema::check_env_var_name(key));
  const std::string_view volume = ref["volumeName"].as_string();
  const FieldPath volume_path = path.child("volumeName");
  if (volume.empty()) errors.required(volume_path);
  else check_dns_label(volume, volume_path, errors);
  const std::string_view file = ref["path"].as_string();
  if (file.empty()) errors.required(path.child("path"));
  else check_no_backsteps(file, path.child("path"), errors);
  const auto found = pod.volumes.find(volume);
  if (found == pod.volumes.end()) errors.not_found(volume_path, volume);
  else if (!has(found->second["emptyDir"])) {
    errors.invalid(volume_path, volume, "referenced volume must be of type emptyDir");
  }
}

void check_value_from(const PodContext& pod, Value variable, const FieldPath& path,
                      FieldErrors& errors) {
  const Value from = variable["valueFrom"];
  if (!has(from)) return;
  int sources = 0;
  if (const Value ref = from["fieldRef"]; has(ref)) {
    ++sources;
    check_field_ref(ref,
                    {"metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName",
                     "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP",
                     "status.podIPs"},
                    path.child("fieldRef"), errors);
  }
  if (const Value ref = from["resourceFieldRef"]; has(ref)) {
    ++sources;
    check_resource_field_ref(ref, false, path.child("resourceFieldRef"), errors);
  }
  for (const std::string_view kind : {"configMapKeyRef", "secretKeyRef"}) {
    const Value ref = from[kind];
    if (!has(ref)) continue;
    ++sources;
    check_key_ref(ref, path.child(kind), errors);
  }
  if (const Value ref = from["fileKeyRef"]; has(ref)) {
    ++sources;
    check_file_key_ref(pod, ref, path.child("fileKeyRef"), errors);
  }
  if (sources == 0) {
    errors.invalid(path, "",
                   "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, "
                   "`secretKeyRef` or `fileKeyRef`");
  } else if (!variable["value"].as_string().empty()) {
    errors.invalid(path, "", "may not be specified when `value` is not empty");
  } else if (sources > 1) {
    errors.invalid(path, "", "may not have more than one field specified at a time");
  }
}

void check_source_name(Value ref, const FieldPath& path, FieldErrors& errors) {
  const std::string_view name = ref["name"].as_string();
  if (name.empty()) errors.required(path.child("name"));
  else errors.invalid_each(path.child("name"), name, schema::subdomain_problems(name, true));
}

}  // namespace

void check_field_ref(Value ref, std::initializer_list<std::string_view> allowed,
                     const FieldPath& path, FieldErrors& errors) {
  const std::string_view version = ref["apiVersion"].as_string();
  const std::string_view label = ref["fieldPath"].as_string();
  const FieldPath label_path = path.child("fieldPath");
  if (version.empty()) return errors.required(path.child("apiVersion"));
  if (label.empty()) return errors.required(label_path);
  const std::string problem = label_problem(version, label);
  if (!problem.empty()) {
    errors.invalid(label_path, label, fmt::format("error converting fieldPath: {}", problem));
    return;
  }
  const Subscripted parts = split_subscript(label);
  if (!parts.found) {
    const std::string_view field = label == "spec.host" ? "spec.nodeName" : label;
    check_choice(field, label_path, errors, allowed);
    return;
  }
  std::string key(parts.key);
  if (parts.path == "metadata.annotations") {
    std::ranges::transform(key, key.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
  }
  check_qualified_name(key, path, errors);
}

void check_resource_field_ref(Value ref, bool in_volume, const FieldPath& path,
                              FieldErrors& errors) {
  const std::string_view resource = ref["resource"].as_string();
  if (in_volume && ref["containerName"].as_string().empty()) {
    errors.required(path.child("containerName"));
  } else if (resource.empty()) {
    errors.required(path.child("resource"));
  } else if (!resource.starts_with("limits.hugepages-") &&
             !resource.starts_with("requests.hugepages-")) {
    check_choice(resource, path.child("resource"), errors,
                 {"limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu",
                  "requests.ephemeral-storage", "requests.memory"});
  }
  check_divisor(resource, ref["divisor"], path.child("divisor"), errors);
}

void check_env(const PodContext& pod, Value env, const FieldPath& path, FieldErrors& errors) {
  std::size_t i = 0;
  for (const Value variable : env.items()) {
    const FieldPath at = path.index(i++);
    const std::string_view name = variable["name"].as_string();
    if (name.empty()) errors.required(at.child("name"));
    else errors.invalid_each(at.child("name"), name, schema::check_env_var_name(name));
    check_value_from(pod, variable, at.child("valueFrom"), errors);
  }
}

void check_env_from(Value sources, const FieldPath& path, FieldErrors& errors) {
  std::size_t i = 0;
  for (const Value source : sources.items()) {
    const FieldPath at = path.index(i++);
    const std::string_view prefix = source["prefix"].as_string();
    if (!prefix.empty()) {
      errors.invalid_each(at.child("prefix"), prefix, schema::check_env_var_name(prefix));
    }
    int count = 0;
    for (const std::string_view kind : {"configMapRef", "secretRef"}) {
      if (!has(source[kind])) continue;
      ++count;
      check_source_name(source[kind], at.child(kind), errors);
    }
    if (count == 0) {
      errors.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`");
    } else if (count > 1) {
      errors.invalid(path, "", "may not have more than one field specified at a time");
    }
  }
}

}  // namespace knarr::apiserver
