// SPDX-License-Identifier: Apache-2.0
// The spec of a PersistentVolumeClaim, alone or in a template.
#include "apiserver/registry/kinds/pod_checks.h"

#include "object/quantity.h"

namespace knarr::apiserver {

using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

namespace {

void check_access_modes(Value modes, const FieldPath& path, FieldErrors& errors) {
  static constexpr std::initializer_list<std::string_view> kModes = {"ReadOnlyMany", "ReadWriteMany",
                                                              "ReadWriteOnce", "ReadWriteOncePod"};
  bool alone = false;
  bool shared = false;
  for (const Value mode : modes.items()) {
    const std::string_view text = mode.as_string();
    check_choice(text, path, errors, kModes);
    if (text == "ReadWriteOncePod") alone = true;
    else if (one_of(text, kModes)) shared = true;
  }
  if (alone && shared) {
    errors.forbidden(path, "may not use ReadWriteOncePod with other access modes");
  }
}

void check_storage_request(Value requests, const FieldPath& path, FieldErrors& errors) {
  const Value storage = requests["storage"];
  if (!storage.exists()) return errors.required(path);
  if (object::Quantity::of(storage.as_string()).sign() <= 0) {
    errors.invalid(path, storage.as_string(), "must be greater than zero");
  }
}

void check_data_source(Value source, const FieldPath& path, FieldErrors& errors) {
  const std::string_view kind = source["kind"].as_string();
  const std::string_view group = source["apiGroup"].as_string();
  if (source["name"].as_string().empty()) errors.required(path.child("name"));
  if (kind.empty()) errors.required(path.child("kind"));
  if (!group.empty()) {
    check_dns_subdomain(group, path.child("apiGroup"), errors);
  } else if (kind != "PersistentVolumeClaim") {
    errors.invalid(path, kind,
                   "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
  }
  const std::string_view space = source["namespace"].as_string();
  if (!space.empty()) check_dns_label(space, path.child("namespace"), errors);
}

bool same_source(Value a, Value b) {
  for (const std::string_view field : {"apiGroup", "kind", "name"}) {
    if (has(a[field]) != has(b[field]) || a[field].as_string() != b[field].as_string()) return false;
  }
  return true;
}

}  // namespace

void check_claim_spec(Value spec, const FieldPath& path, FieldErrors& errors) {
  const FieldPath modes = path.child("accessModes");
  if (spec["accessModes"].empty()) errors.required(modes, "at least 1 access mode is required");
  check_label_selector(spec["selector"], path.child("selector"), errors);
  check_access_modes(spec["accessModes"], modes, errors);
  const FieldPath resources = path.child("resources");
  check_storage_request(spec["resources"]["requests"], resources.key("storage"), errors);
  const std::string_view storage_class = spec["storageClassName"].as_string();
  if (!storage_class.empty()) {
    check_dns_subdomain(storage_class, path.child("storageClassName"), errors);
  }
  if (const Value mode = spec["volumeMode"]; has(mode)) {
    check_choice(mode.as_string(), path.child("volumeMode"), errors, {"Block", "Filesystem"});
  }
  const Value source = spec["dataSource"];
  const Value source_ref = spec["dataSourceRef"];
  if (has(source)) check_data_source(source, path.child("dataSource"), errors);
  if (has(source_ref)) check_data_source(source_ref, path.child("dataSourceRef"), errors);
  if (has(source) && has(source_ref)) {
    // Kubernetes gives the path of the field as the value.
    const std::string field = path.child("dataSource").text();
    if (!source_ref["namespace"].as_string().empty()) {
      errors.invalid(path, field, "may not be specified when dataSourceRef.namespace is specified");
    } else if (!same_source(source, source_ref)) {
      errors.invalid(path, field, "must match dataSourceRef");
    }
  }
  const std::string_view attributes = spec["volumeAttributesClassName"].as_string();
  if (!attributes.empty()) {
    check_dns_subdomain(attributes, path.child("volumeAttributesClassName"), errors);
  }
}

}  // namespace knarr::apiserver
