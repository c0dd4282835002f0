// SPDX-License-Identifier: Apache-2.0
// Persistent volumes and claims. Source: k8s.io/kubernetes pkg/apis/core/validation and
// pkg/registry/core/{persistentvolume,persistentvolumeclaim} of 1.36.
#include "apiserver/registry/kinds/persistent_volume.h"

#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/pod_checks.h"
#include "object/quantity.h"
#include "object/time_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace knarr::apiserver::kinds {

namespace {

constexpr std::string_view kSources[] = {
    "hostPath",  "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "flocker",
    "nfs",       "rbd",               "quobyte",              "cephfs",    "iscsi",
    "cinder",    "fc",                "flexVolume",           "azureFile", "vsphereVolume",
    "photonPersistentDisk", "portworxVolume", "azureDisk",    "scaleIO",   "local",
    "storageos", "csi"};

// The names that errors use where they are not the field's.
std::string_view shown_as(std::string_view source) {
  return source == "gcePersistentDisk" ? "persistentDisk" : source;
}

constexpr std::string_view kBetaClass = "volume.beta.kubernetes.io/storage-class";

void check_no_steps_back(std::string_view path_text, const FieldPath& path, FieldErrors& errors) {
  std::string_view rest = path_text;
  while (true) {
    const std::size_t slash = rest.find('/');
    if (rest.substr(0, slash) == "..") {
      errors.invalid(path, path_text, "must not contain '..'");
      return;
    }
    if (slash == std::string_view::npos) return;
    rest.remove_prefix(slash + 1);
  }
}

void check_host_path(Value source, const FieldPath& path, FieldErrors& errors) {
  const std::string_view text = source["path"].as_string();
  if (text.empty()) {
    errors.required(path.child("path"));
    return;
  }
  check_no_steps_back(text, path.child("path"), errors);
  const Value type = source["type"];
  if (!given(type)) return;
  static constexpr std::string_view kTypes[] = {"", "BlockDevice", "CharDevice", "Directory",
                                                "DirectoryOrCreate", "File", "FileOrCreate",
                                                "Socket"};
  if (std::ranges::find(kTypes, type.as_string()) == std::end(kTypes)) {
    errors.not_supported(path.child("type"), type.as_string(),
                         {"", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate",
                          "File", "FileOrCreate", "Socket"});
  }
}

void check_secret_ref(Value source, std::string_view field, const FieldPath& parent,
                      FieldErrors& errors) {
  const Value reference = source[field];
  if (!given(reference)) return;
  const FieldPath path = parent.child(field);
  require(reference, "name", path, errors);
  require(reference, "namespace", path, errors);
}

void check_csi(Value source, const FieldPath& path, FieldErrors& errors) {
  constexpr std::size_t kMaxDriver = 63;
  const std::string_view driver = source["driver"].as_string();
  const FieldPath driver_path = path.child("driver");
  if (driver.empty()) errors.required(driver_path);
  if (driver.size() > kMaxDriver) errors.too_long(driver_path, kMaxDriver);
  std::string lower(driver);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (!driver.empty()) {
    complain(errors, driver_path, driver, schema::check_dns1123_subdomain(lower));
  }
  require(source, "volumeHandle", path, errors);
  for (const char* field : {"controllerPublishSecretRef", "controllerExpandSecretRef",
                            "nodePublishSecretRef", "nodeExpandSecretRef"}) {
    check_secret_ref(source, field, path, errors);
  }
}

void check_local(Value spec, const FieldPath& spec_path, FieldErrors& errors) {
  const std::string_view text = spec["local"]["path"].as_string();
  const FieldPath path = spec_path.child("local");
  if (text.empty()) errors.required(path.child("path"));
  else check_no_steps_back(text, path.child("path"), errors);
  if (!given(spec["nodeAffinity"]["required"])) {
    errors.required(spec_path.child("nodeAffinity"), "Local volume requires node affinity");
  }
}

void check_glusterfs(Value source, const FieldPath& path, FieldErrors& errors) {
  require(source, "endpoints", path, errors);
  require(source, "path", path, errors);
  const Value space = source["endpointsNamespace"];
  if (!given(space)) return;
  const FieldPath at = path.child("endpointsNamespace");
  if (space.as_string().empty()) {
    errors.invalid(at, space.as_string(),
                   "if the endpointnamespace is set, it must be a valid namespace name");
    return;
  }
  complain(errors, at, space.as_string(), schema::check_dns1123_label(space.as_string()));
}

void check_storage_os(Value source, const FieldPath& path, FieldErrors& errors) {
  const std::string_view name = source["volumeName"].as_string();
  if (name.empty()) errors.required(path.child("volumeName"));
  else complain(errors, path.child("volumeName"), name, schema::check_dns1123_label(name));
  const std::string_view space = source["volumeNamespace"].as_string();
  if (!space.empty()) {
    complain(errors, path.child("volumeNamespace"), space, schema::check_dns1123_label(space));
  }
  check_secret_ref(source, "secretRef", path, errors);
}

void check_source(std::string_view type, Value spec, const FieldPath& path, FieldErrors& errors) {
  const Value source = spec[type];
  const FieldPath at = path.child(type);
  if (type == "hostPath") {
    check_host_path(source, at, errors);
  } else if (type == "local") {
    check_local(spec, path, errors);
  } else if (type == "csi") {
    check_csi(source, at, errors);
  } else if (type == "glusterfs") {
    check_glusterfs(source, at, errors);
  } else if (type == "storageos") {
    check_storage_os(source, at, errors);
  } else if (type == "cinder") {
    require(source, "volumeID", at, errors);
    check_secret_ref(source, "secretRef", at, errors);
  } else if (type == "azureFile") {
    require(source, "secretName", at, errors);
    require(source, "shareName", at, errors);
    if (given(source["secretNamespace"])) require(source, "secretNamespace", at, errors);
  } else {
    check_storage_source(type, source, path, errors);
  }
}

bool check_access_modes(Value modes, const FieldPath& path, FieldErrors& errors) {
  bool alone = false;
  bool others = false;
  for (const Value mode : modes.items()) {
    const std::string_view text = mode.as_string();
    if (text == "ReadWriteOncePod") {
      alone = true;
    } else if (text == "ReadOnlyMany" || text == "ReadWriteMany" || text == "ReadWriteOnce") {
      others = true;
    } else {
      errors.not_supported(path, text,
                           {"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"});
    }
  }
  if (alone && others) {
    errors.forbidden(path, "may not use ReadWriteOncePod with other access modes");
  }
  return !modes.empty();
}

void check_capacity(Value capacity, const FieldPath& path, FieldErrors& errors) {
  if (capacity.empty()) errors.required(path);
  if (!given(capacity["storage"]) || capacity.size() > 1) {
    not_supported(errors, path, capacity, {"storage"});
  }
  for (auto entry : capacity.entries()) {
    const object::Quantity amount = object::Quantity::of(entry.value.as_string());
    const FieldPath at = path.key(entry.key);
    if (amount.sign() < 0) errors.invalid(at, amount.value(), "must be a valid resource quantity");
    if (amount.sign() <= 0) {
      errors.invalid(at, entry.value.as_string(), "must be greater than zero");
    }
  }
}

void check_attributes_class(Value spec, const FieldPath& path, FieldErrors& errors) {
  const Value name = spec["volumeAttributesClassName"];
  if (!given(name)) return;
  const FieldPath at = path.child("volumeAttributesClassName");
  if (name.as_string().empty()) {
    errors.required(at, "an empty string is disallowed");
  } else {
    complain(errors, at, name.as_string(), schema::check_dns1123_subdomain(name.as_string()));
  }
  if (!given(spec["csi"])) {
    errors.required(path.child("csi"),
                    "has to be specified when using volumeAttributesClassName");
  }
}

void validate_volume(const RuleContext&, Value object, FieldErrors& errors) {
  check_volume_spec(object["spec"], false, FieldPath("spec"), errors);
}

void validate_volume_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  const Value spec = object["spec"];
  const Value before = old["spec"];
  check_volume_spec(spec, false, FieldPath("spec"), errors);
  for (const std::string_view source : kSources) {
    if (same(spec[source], before[source])) continue;
    errors.forbidden(FieldPath("spec").child("persistentvolumesource"),
                     "spec.persistentvolumesource is immutable after creation");
    break;
  }
  if (!same(spec["volumeMode"], before["volumeMode"])) {
    errors.invalid(FieldPath("volumeMode"), spec["volumeMode"], kImmutable);
  }
  if (given(before["nodeAffinity"]) && !same(spec["nodeAffinity"], before["nodeAffinity"])) {
    errors.invalid(FieldPath("nodeAffinity"), spec["nodeAffinity"],
                   "field is immutable, except for updating from beta label to GA");
  }
}

void set_phase_time(const RuleContext& context, NodeRef object) {
  const auto now = std::chrono::floor<std::chrono::microseconds>(context.now);
  object.ensure_map("status").set("lastPhaseTransitionTime",
                                  std::string_view(object::time_text(now)));
}

void prepare_volume(const RuleContext& context, NodeRef object) {
  NodeRef status = object.ensure("status");
  status.set_map();
  status.set("phase", "Pending");
  set_phase_time(context, object);
  add_protection(object, "kubernetes.io/pv-protection");
}

void prepare_volume_status(const RuleContext& context, NodeRef object, Value old) {
  const NodeRef status = object["status"];
  const Value before = old["status"];
  if (status["phase"].as_string() == before["phase"].as_string()) return;
  if (given(status["lastPhaseTransitionTime"]) &&
      !same(status["lastPhaseTransitionTime"], before["lastPhaseTransitionTime"])) {
    return;
  }
  set_phase_time(context, object);
}

void warn_class_annotation(const RuleContext& context, Value object, Value old) {
  if (!given(object["metadata"]["annotations"][kBetaClass]) ||
      given(old["metadata"]["annotations"][kBetaClass])) {
    return;
  }
  context.warnings->emplace_back(
      "metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "
      "\"storageClassName\" attribute instead");
}

void warn_volume(const RuleContext& context, Value object, Value old) {
  if (context.warnings == nullptr || !context.subresource.empty()) return;
  warn_class_annotation(context, object, old);
  const Value spec = object["spec"];
  if (spec["persistentVolumeReclaimPolicy"].as_string() == "Recycle") {
    context.warnings->emplace_back(
        "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, "
        "the recommended approach is to use dynamic provisioning.");
  }
  struct Gone {
    const char* source;
    const char* text;
  };
  static constexpr Gone kGone[] = {
      {"cephfs", "deprecated in v1.28, non-functional in v1.31+"},
      {"photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"},
      {"scaleIO", "deprecated in v1.16, non-functional in v1.22+"},
      {"storageos", "deprecated in v1.22, non-functional in v1.25+"},
      {"glusterfs", "deprecated in v1.25, non-functional in v1.26+"},
      {"flocker", "deprecated in v1.22, non-functional in v1.25+"},
      {"rbd", "deprecated in v1.28, non-functional in v1.31+"},
  };
  for (const Gone& gone : kGone) {
    if (given(spec[gone.source]) && !given(old["spec"][gone.source])) {
      context.warnings->push_back(fmt::format("spec.{}: {}", gone.source, gone.text));
    }
  }
}

}  // namespace

void check_volume_spec(Value spec, bool in_attachment, const FieldPath& path,
                       FieldErrors& errors) {
  if (in_attachment) {
    constexpr std::string_view kNotInline =
        "may not be specified in the context of inline volumes";
    for (const char* field : {"capacity", "claimRef", "persistentVolumeReclaimPolicy",
                              "storageClassName", "volumeAttributesClassName"}) {
      if (given(spec[field]) && !(spec[field].is_string() && spec[field].as_string().empty())) {
        errors.forbidden(path.child(field), kNotInline);
      }
    }
  }
  if (!check_access_modes(spec["accessModes"], path.child("accessModes"), errors)) {
    errors.required(path.child("accessModes"));
  }
  if (!in_attachment) {
    check_capacity(spec["capacity"], path.child("capacity"), errors);
    const std::string_view policy = spec["persistentVolumeReclaimPolicy"].as_string();
    if (!policy.empty() && policy != "Delete" && policy != "Recycle" && policy != "Retain") {
      errors.not_supported(path.child("persistentVolumeReclaimPolicy"), policy,
                           {"Delete", "Recycle", "Retain"});
    }
  }
  if (const Value affinity = spec["nodeAffinity"]; given(affinity)) {
    const FieldPath affinity_path = path.child("nodeAffinity");
    if (given(affinity["required"])) {
      check_node_selector(affinity["required"], affinity_path.child("required"), errors);
    } else {
      errors.required(affinity_path.child("required"), "must specify required node constraints");
    }
  }
  int count = 0;
  for (const std::string_view source : kSources) {
    if (!given(spec[source])) continue;
    if (++count > 1) {
      errors.forbidden(path.child(shown_as(source)), "may not specify more than 1 volume type");
    } else {
      check_source(source, spec, path, errors);
    }
  }
  if (count == 0) errors.required(path, "must specify a volume type");
  if (spec["hostPath"]["path"].as_string() == "/" &&
      spec["persistentVolumeReclaimPolicy"].as_string() == "Recycle") {
    errors.forbidden(path.child("persistentVolumeReclaimPolicy"),
                     "may not be 'recycle' for a hostPath mount of '/'");
  }
  const std::string_view class_name = spec["storageClassName"].as_string();
  if (!class_name.empty() && !in_attachment) {
    complain(errors, path.child("storageClassName"), class_name,
             schema::check_dns1123_subdomain(class_name));
  }
  if (const Value mode = spec["volumeMode"]; given(mode)) {
    const std::string_view text = mode.as_string();
    if (text != "Block" && text != "Filesystem") {
      errors.not_supported(path.child("volumeMode"), text, {"Block", "Filesystem"});
    }
  }
  if (!in_attachment) check_attributes_class(spec, path, errors);
}

void add_protection(NodeRef object, std::string_view finalizer) {
  NodeRef finalizers = object.ensure_map("metadata").ensure_list("finalizers");
  for (const NodeRef one : finalizers.items()) {
    if (one.as_string() == finalizer) return;
  }
  finalizers.append_string(finalizer);
}

constinit const KindRules kPersistentVolumeRules = {
    .group = "",
    .resource = "persistentvolumes",
    .delete_returns_object = true,
    .metadata_checked_once = true,
    .metadata_checked_fully = true,
    .prepare_create = prepare_volume,
    .prepare_status = prepare_volume_status,
    .validate = validate_volume,
    .validate_update = validate_volume_update,
    .warn = warn_volume,
};

}  // namespace knarr::apiserver::kinds
