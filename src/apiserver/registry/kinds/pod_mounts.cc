// SPDX-License-Identifier: Apache-2.0
// What containers mount: volume mounts and raw block devices.
#include "apiserver/registry/kinds/pod_checks.h"

#include <set>

namespace knarr::apiserver {

using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

namespace {

using Texts = std::set<std::string_view>;

Texts texts_of(Value list, std::string_view field) {
  Texts out;
  for (const Value item : list.items()) out.insert(item[field].as_string());
  return out;
}

void check_propagation(Value propagation, Value container, const FieldPath& path,
                       FieldErrors& errors) {
  if (!has(propagation)) return;
  const std::string_view mode = propagation.as_string();
  check_choice(mode, path, errors, {"Bidirectional", "HostToContainer", "None"});
  if (mode == "Bidirectional" && !container["securityContext"]["privileged"].as_bool()) {
    errors.forbidden(path,
                     "Bidirectional mount propagation is available only to privileged containers");
  }
}

void check_recursive_read_only(Value mount, const FieldPath& path, FieldErrors& errors) {
  const Value recursive = mount["recursiveReadOnly"];
  if (!has(recursive) || recursive.as_string() == "Disabled") return;
  if (!one_of(recursive.as_string(), {"Enabled", "IfPossible"})) {
    errors.not_supported(path, recursive.as_string(), {"Disabled", "Enabled", "IfPossible"});
    return;
  }
  if (!mount["readOnly"].as_bool()) {
    errors.forbidden(path, "may only be specified when readOnly is true");
  }
  const Value propagation = mount["mountPropagation"];
  if (has(propagation) && propagation.as_string() != "None") {
    errors.forbidden(path, "may only be specified when mountPropagation is None or not specified");
  }
}

void check_sub_paths(Value mount, const FieldPath& list, const FieldPath& at,
                     FieldErrors& errors) {
  const std::string_view path = mount["subPath"].as_string();
  const std::string_view expression = mount["subPathExpr"].as_string();
  if (!path.empty()) check_descending_path(path, list.child("subPath"), errors);
  if (expression.empty()) return;
  if (!path.empty()) {
    errors.invalid(at.child("subPathExpr"), expression,
                   "subPathExpr and subPath are mutually exclusive");
  }
  check_descending_path(expression, list.child("subPathExpr"), errors);
}

}  // namespace

void check_volume_mounts(const PodContext& pod, Value container, const FieldPath& path,
                         FieldErrors& errors) {
  const Texts device_names = texts_of(container["volumeDevices"], "name");
  const Texts device_paths = texts_of(container["volumeDevices"], "devicePath");
  Texts used;
  std::size_t i = 0;
  for (const Value mount : container["volumeMounts"].items()) {
    const FieldPath at = path.index(i++);
    const FieldPath name_path = at.child("name");
    const FieldPath target_path = at.child("mountPath");
    const std::string_view name = mount["name"].as_string();
    const std::string_view target = mount["mountPath"].as_string();
    if (name.empty()) errors.required(name_path);
    if (!pod.volumes.contains(name)) errors.not_found(name_path, name);
    if (target.empty()) errors.required(target_path);
    if (!used.insert(target).second) errors.invalid(target_path, target, "must be unique");
    if (device_names.contains(name)) {
      errors.invalid(name_path, name, "must not already exist in volumeDevices");
    }
    if (device_paths.contains(target)) {
      errors.invalid(target_path, target, "must not already exist as a path in volumeDevices");
    }
    check_sub_paths(mount, path, at, errors);
    check_propagation(mount["mountPropagation"], container, path.child("mountPropagation"), errors);
    check_recursive_read_only(mount, path.child("recursiveReadOnly"), errors);
  }
}

void check_volume_devices(const PodContext& pod, Value container, const FieldPath& path,
                          FieldErrors& errors) {
  const Texts mount_names = texts_of(container["volumeMounts"], "name");
  const Texts mount_paths = texts_of(container["volumeMounts"], "mountPath");
  Texts names;
  Texts paths;
  std::size_t i = 0;
  for (const Value device : container["volumeDevices"].items()) {
    const FieldPath at = path.index(i++);
    const FieldPath name_path = at.child("name");
    const FieldPath target_path = at.child("devicePath");
    const std::string_view name = device["name"].as_string();
    const std::string_view target = device["devicePath"].as_string();
    const auto volume = pod.volumes.find(name);
    if (name.empty()) errors.required(name_path);
    if (names.contains(name)) errors.invalid(name_path, name, "must be unique");
    if (volume == pod.volumes.end()) {
      errors.not_found(name_path, name);
    } else if (!has(volume->second["persistentVolumeClaim"]) && !has(volume->second["ephemeral"])) {
      errors.invalid(name_path, name,
                     "can only use volume source type of PersistentVolumeClaim or Ephemeral for "
                     "block mode");
    }
    if (target.empty()) errors.required(target_path);
    if (paths.contains(target)) errors.invalid(target_path, target, "must be unique");
    if (has_backstep(target)) {
      errors.invalid(target_path, target, "can not contain backsteps ('..')");
    } else {
      paths.insert(target);
    }
    if (mount_names.contains(name)) {
      errors.invalid(name_path, name, "must not already exist in volumeMounts");
    }
    if (mount_paths.contains(target)) {
      errors.invalid(target_path, target, "must not already exist as a path in volumeMounts");
    }
    if (!name.empty()) names.insert(name);
  }
}

}  // namespace knarr::apiserver
