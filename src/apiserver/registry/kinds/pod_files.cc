// SPDX-License-Identifier: Apache-2.0
// Volumes that hold files made from objects: secret, configMap, downwardAPI, projected.
#include "apiserver/registry/kinds/pod_checks.h"

#include <set>

namespace knarr::apiserver {

using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

namespace {

void check_mode(Value mode, const FieldPath& path, FieldErrors& errors) {
  if (!has(mode) || (mode.as_int() >= 0 && mode.as_int() <= 0777)) return;
  errors.invalid(path, mode.as_int(), "must be a number between 0 and 0777 (octal), both inclusive");
}

void check_item(Value item, const FieldPath& path, FieldErrors& errors) {
  const std::string_view file = item["path"].as_string();
  if (item["key"].as_string().empty()) errors.required(path.child("key"));
  if (file.empty()) errors.required(path.child("path"));
  check_local_path(file, path.child("path"), errors);
  check_mode(item["mode"], path.child("mode"), errors);
}

void check_items(Value source, const FieldPath& path, FieldErrors& errors) {
  const FieldPath items = path.child("items");
  std::size_t i = 0;
  for (const Value item : source["items"].items()) check_item(item, items.index(i++), errors);
}

void check_downward_file(Value file, const FieldPath& path, FieldErrors& errors) {
  const std::string_view name = file["path"].as_string();
  if (name.empty()) errors.required(path.child("path"));
  check_local_path(name, path.child("path"), errors);
  const Value resource = file["resourceFieldRef"];
  if (has(file["fieldRef"])) {
    check_field_ref(file["fieldRef"],
                    {"metadata.annotations", "metadata.labels", "metadata.name",
                     "metadata.namespace", "metadata.uid"},
                    path.child("fieldRef"), errors);
    if (has(resource)) {
      errors.invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified "
                                       "simultaneously");
    }
  } else if (has(resource)) {
    check_resource_field_ref(resource, true, path.child("resourceFieldRef"), errors);
  } else {
    errors.required(path, "one of fieldRef and resourceFieldRef is required");
  }
  check_mode(file["mode"], path.child("mode"), errors);
}

void check_token(Value token, const FieldPath& volume_path, const FieldPath& path,
                 FieldErrors& errors) {
  constexpr std::int64_t kShortest = 600;
  constexpr std::int64_t kLongest = std::int64_t{1} << 32;
  const std::int64_t seconds = token["expirationSeconds"].as_int();
  if (seconds < kShortest) {
    errors.invalid(path.child("expirationSeconds"), seconds,
                   "may not specify a duration less than 10 minutes");
  }
  if (seconds > kLongest) {
    errors.invalid(path.child("expirationSeconds"), seconds,
                   "may not specify a duration larger than 2^32 seconds");
  }
  const std::string_view file = token["path"].as_string();
  if (file.empty()) errors.required(volume_path.child("path"));
  else check_local_path(file, volume_path.child("path"), errors);
}

// The sources of a projected volume share one tree of files.
class ProjectedPaths {
 public:
  ProjectedPaths(const FieldPath& path, FieldErrors& errors) : path_(path), errors_(errors) {}

  void add(std::string_view file, std::string_view blamed) {
    if (file.empty()) return;
    if (!used_.insert(file).second) errors_.invalid(path_, blamed, "conflicting duplicate paths");
  }

 private:
  const FieldPath& path_;
  FieldErrors& errors_;
  std::set<std::string_view> used_;
};

void check_named_projection(Value source, const FieldPath& path, ProjectedPaths& paths,
                            FieldErrors& errors) {
  const std::string_view name = source["name"].as_string();
  if (name.empty()) errors.required(path.child("name"));
  const FieldPath items = path.child("items");
  std::size_t i = 0;
  for (const Value item : source["items"].items()) {
    check_item(item, items.index(i++), errors);
    paths.add(item["path"].as_string(), name);
  }
}

}  // namespace

void check_secret_volume(Value source, const FieldPath& path, FieldErrors& errors) {
  if (source["secretName"].as_string().empty()) errors.required(path.child("secretName"));
  check_mode(source["defaultMode"], path.child("defaultMode"), errors);
  check_items(source, path, errors);
}

void check_config_map_volume(Value source, const FieldPath& path, FieldErrors& errors) {
  if (source["name"].as_string().empty()) errors.required(path.child("name"));
  check_mode(source["defaultMode"], path.child("defaultMode"), errors);
  check_items(source, path, errors);
}

void check_downward_volume(Value source, const FieldPath& path, FieldErrors& errors) {
  check_mode(source["defaultMode"], path.child("defaultMode"), errors);
  for (const Value file : source["items"].items()) check_downward_file(file, path, errors);
}

void check_projected_volume(Value source, const FieldPath& path, FieldErrors& errors) {
  check_mode(source["defaultMode"], path.child("defaultMode"), errors);
  ProjectedPaths paths(path, errors);
  const FieldPath list = path.child("sources");
  std::size_t i = 0;
  for (const Value one : source["sources"].items()) {
    const FieldPath at = list.index(i++);
    int count = 0;
    for (const std::string_view type : {"secret", "configMap"}) {
      if (!has(one[type])) continue;
      ++count;
      check_named_projection(one[type], at.child(type), paths, errors);
    }
    if (const Value downward = one["downwardAPI"]; has(downward)) {
      ++count;
      for (const Value file : downward["items"].items()) {
        check_downward_file(file, at.child("downwardAPI"), errors);
        paths.add(file["path"].as_string(), file["path"].as_string());
      }
    }
    if (const Value token = one["serviceAccountToken"]; has(token)) {
      ++count;
      check_token(token, path, at.child("serviceAccountToken"), errors);
    }
    if (count > 1) errors.forbidden(at, "may not specify more than 1 volume type per source");
  }
}

}  // namespace knarr::apiserver
