// SPDX-License-Identifier: Apache-2.0
// The volumes of a pod: names, one source each, and the sources that need no service.
#include "apiserver/registry/kinds/pod_checks.h"

#include "object/quantity.h"
#include "schema/metadata_validation.h"

#include <fmt/format.h>

#include <set>

namespace knarr::apiserver {

using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

namespace {

// In the order Kubernetes looks at them: the first one counts, the others are refused.
constexpr std::string_view kTypes[] = {
    "emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs",
    "iscsi", "glusterfs", "flocker", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "quobyte",
    "downwardAPI", "fc", "flexVolume", "configMap", "azureFile", "vsphereVolume",
    "photonPersistentDisk", "portworxVolume", "azureDisk", "storageos", "projected", "scaleIO",
    "csi", "ephemeral", "image"};

void check_host_path(Value source, const FieldPath& path, FieldErrors& errors) {
  const std::string_view folder = source["path"].as_string();
  if (folder.empty()) return errors.required(path.child("path"));
  check_no_backsteps(folder, path.child("path"), errors);
  if (!has(source["type"])) return;
  check_choice(source["type"].as_string(), path.child("type"), errors,
               {"", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File",
                "FileOrCreate", "Socket"});
}

void check_image(Value source, const FieldPath& path, FieldErrors& errors) {
  if (source["reference"].as_string().empty()) errors.required(path.child("reference"));
  const std::string_view policy = source["pullPolicy"].as_string();
  if (policy.empty()) errors.required(path.child("pullPolicy"));
  else check_choice(policy, path.child("pullPolicy"), errors, {"Always", "IfNotPresent", "Never"});
}

void check_claim_template(Value claim, const FieldPath& path, FieldErrors& errors) {
  const Value metadata = claim["metadata"];
  const FieldPath metadata_path = path.child("metadata");
  schema::validate_annotations(metadata["annotations"], metadata_path.child("annotations"), errors);
  schema::validate_labels(metadata["labels"], metadata_path.child("labels"), errors);
  for (const auto [field, atom, value] : metadata.entries()) {
    if (field == "annotations" || field == "labels") continue;
    const bool empty = value.is_null() || (value.is_string() && value.as_string().empty()) ||
                       (value.is_list() && value.empty()) || (value.is_int() && value.as_int() == 0);
    if (!empty) errors.forbidden(metadata_path.child(field), "cannot be set");
  }
  check_claim_spec(claim["spec"], path.child("spec"), errors);
}

void check_ephemeral(Value source, Value pod_metadata, std::string_view volume,
                     const FieldPath& volume_path, FieldErrors& errors) {
  const FieldPath path = volume_path.child("ephemeral");
  const Value claim = source["volumeClaimTemplate"];
  if (!has(claim)) errors.required(path.child("volumeClaimTemplate"));
  else check_claim_template(claim, path.child("volumeClaimTemplate"), errors);
  const std::string_view pod = pod_metadata["name"].as_string();
  if (pod.empty() || volume.empty()) return;
  const std::string name = fmt::format("{}-{}", pod, volume);
  for (const std::string& problem : schema::check_dns1123_subdomain(name)) {
    errors.invalid(volume_path.child("name"), volume,
                   fmt::format("PVC name {}: {}", schema::go_quote(name), problem));
  }
}

void check_source(std::string_view type, Value source, Value pod_metadata,
                  std::string_view volume, const FieldPath& path, FieldErrors& errors) {
  const FieldPath at = path.child(type);
  if (check_storage_source(type, source, path, errors)) return;
  if (type == "emptyDir") {
    const std::string_view limit = source["sizeLimit"].as_string();
    if (object::Quantity::of(limit).sign() < 0) {
      errors.forbidden(at.child("sizeLimit"), "SizeLimit field must be a valid resource quantity");
    }
  } else if (type == "hostPath") {
    check_host_path(source, at, errors);
  } else if (type == "gitRepo") {
    if (source["repository"].as_string().empty()) errors.required(at.child("repository"));
    check_descending_path(source["directory"].as_string(), at.child("directory"), errors);
  } else if (type == "secret") {
    check_secret_volume(source, at, errors);
  } else if (type == "persistentVolumeClaim") {
    if (source["claimName"].as_string().empty()) errors.required(at.child("claimName"));
  } else if (type == "downwardAPI") {
    check_downward_volume(source, at, errors);
  } else if (type == "configMap") {
    check_config_map_volume(source, at, errors);
  } else if (type == "projected") {
    check_projected_volume(source, at, errors);
  } else if (type == "ephemeral") {
    check_ephemeral(source, pod_metadata, volume, path, errors);
  } else if (type == "image") {
    check_image(source, at, errors);
  }
}

void check_one_source(Value volume, Value pod_metadata, const FieldPath& path,
                      FieldErrors& errors) {
  bool found = false;
  for (const std::string_view type : kTypes) {
    const Value source = volume[type];
    if (!has(source)) continue;
    if (found) {
      // Kubernetes' own spelling of two of them.
      const std::string_view told = type == "downwardAPI" ? "downwarAPI" : type;
      errors.forbidden(path.child(told), "may not specify more than 1 volume type");
      continue;
    }
    found = true;
    check_source(type, source, pod_metadata, volume["name"].as_string(), path, errors);
  }
  if (!found) errors.required(path, "must specify a volume type");
}

}  // namespace

void check_volumes(PodContext& pod, const FieldPath& path, FieldErrors& errors) {
  const Value metadata = pod.options->metadata;
  const std::string_view pod_name = metadata["name"].as_string();
  std::set<std::string> made;  // Claims that the pod will have made for itself.
  for (const Value volume : pod.spec["volumes"].items()) {
    if (pod_name.empty() || !has(volume["ephemeral"])) continue;
    made.insert(fmt::format("{}-{}", pod_name, volume["name"].as_string()));
  }
  std::size_t i = 0;
  for (const Value volume : pod.spec["volumes"].items()) {
    const FieldPath at = path.index(i++);
    FieldErrors own;
    check_one_source(volume, metadata, at, own);
    const std::string_view name = volume["name"].as_string();
    if (name.empty()) own.required(at.child("name"));
    else check_dns_label(name, at.child("name"), own);
    if (pod.volumes.contains(name)) own.duplicate(at.child("name"), name);
    if (own.empty()) pod.volumes.emplace(name, volume);
    else errors.append(std::move(own));
    const Value claim = volume["persistentVolumeClaim"];
    const std::string claim_name(claim["claimName"].as_string());
    if (has(claim) && made.contains(claim_name)) {
      const FieldPath source = at.child("persistentVolumeClaim");
      errors.invalid(source.child("claimName"), claim_name,
                     "must not reference a PVC that gets created for an ephemeral volume");
    }
  }
}

}  // namespace knarr::apiserver
