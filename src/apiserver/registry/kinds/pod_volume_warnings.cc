// SPDX-License-Identifier: Apache-2.0
// Warnings about volumes: types that are going away, files that hide each other.
#include "apiserver/registry/kinds/pod_text.h"
#include "apiserver/registry/kinds/pod_warnings.h"
#include "object/quantity.h"

#include <fmt/format.h>

namespace knarr::apiserver {

using object::Value;
using schema::FieldPath;
using schema::go_quote;

namespace {

struct Deprecated {
  std::string_view key;
  std::string_view message;
};

constexpr Deprecated kVolumes[] = {
    {"photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"},
    {"gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"},
    {"scaleIO", "deprecated in v1.16, non-functional in v1.22+"},
    {"flocker", "deprecated in v1.22, non-functional in v1.25+"},
    {"storageos", "deprecated in v1.22, non-functional in v1.25+"},
    {"quobyte", "deprecated in v1.22, non-functional in v1.25+"},
    {"glusterfs", "deprecated in v1.25, non-functional in v1.26+"},
    {"cephfs", "deprecated in v1.28, non-functional in v1.31+"},
    {"rbd", "deprecated in v1.28, non-functional in v1.31+"},
};

struct Source {
  std::string path;
  std::string source;  // "" inside one object's volume.

  [[nodiscard]] std::string text() const {
    if (source.empty()) return go_quote(path);
    return fmt::format("{} ({})", go_quote(path), source);
  }
};

bool overlap(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return false;
  return a == b || a.starts_with(b + "/") || b.starts_with(a + "/");
}

class OverlapFinder {
 public:
  OverlapFinder(std::string_view volume, std::string what, Warnings& warnings)
      : volume_(volume), what_(std::move(what)), warnings_(warnings) {}

  void add(std::string_view path, std::string source) {
    while (path.ends_with('/')) path.remove_suffix(1);
    Source own{std::string(path), std::move(source)};
    for (const Source& other : seen_) {
      if (!overlap(own.path, other.path)) continue;
      warnings_.push_back(fmt::format("volume {} ({}): overlapping paths: {} with {}",
                                      go_quote(volume_), what_, own.text(), other.text()));
    }
    seen_.push_back(std::move(own));
  }

  void add_items(Value items, const std::string& source) {
    for (const Value item : items.items()) add(item["path"].as_string(), source);
  }

 private:
  std::string_view volume_;
  std::string what_;
  Warnings& warnings_;
  std::vector<Source> seen_;
};

void warn_projected(std::string_view volume, Value projected, Warnings& warnings) {
  OverlapFinder finder(volume, "Projected", warnings);
  for (const Value source : projected["sources"].items()) {
    if (source.empty()) {
      warnings.push_back(fmt::format("volume {} (Projected) has no sources provided",
                                     go_quote(volume)));
    } else if (has(source["configMap"])) {
      finder.add_items(source["configMap"]["items"],
                       fmt::format("ConfigMap {}", go_quote(source["configMap"]["name"].as_string())));
    } else if (has(source["secret"])) {
      finder.add_items(source["secret"]["items"],
                       fmt::format("Secret {}", go_quote(source["secret"]["name"].as_string())));
    } else if (has(source["downwardAPI"])) {
      finder.add_items(source["downwardAPI"]["items"], "DownwardAPI");
    } else if (const Value token = source["serviceAccountToken"]; has(token)) {
      finder.add(token["path"].as_string(), "ServiceAccountToken");
    }
  }
}

void warn_overlaps(Value volume, Warnings& warnings) {
  const std::string_view name = volume["name"].as_string();
  if (const Value map = volume["configMap"]; has(map)) {
    OverlapFinder(name, fmt::format("ConfigMap {}", go_quote(map["name"].as_string())), warnings)
        .add_items(map["items"], "");
  }
  if (const Value secret = volume["secret"]; has(secret)) {
    OverlapFinder(name, fmt::format("Secret {}", go_quote(secret["secretName"].as_string())),
                  warnings)
        .add_items(secret["items"], "");
  }
  if (const Value downward = volume["downwardAPI"]; has(downward)) {
    OverlapFinder(name, "DownwardAPI", warnings).add_items(downward["items"], "");
  }
  if (has(volume["projected"])) warn_projected(name, volume["projected"], warnings);
}

}  // namespace

void add_warning(Warnings& warnings, const FieldPath& path, std::string_view text) {
  warnings.push_back(fmt::format("{}: {}", path.text(), text));
}

void warn_if_fraction(Value amounts, std::string_view resource, const FieldPath& list,
                   Warnings& warnings) {
  const Value amount = amounts[resource];
  if (!amount.exists()) return;
  if (is_whole(object::Quantity::of(amount.as_string()))) return;
  add_warning(warnings, list.key(resource),
      fmt::format("fractional byte value {} is invalid, must be an integer",
                  go_quote(amount.as_string())));
}

void warn_pod_volumes(Value spec, const FieldPath& path, Warnings& warnings) {
  const FieldPath list = path.child("volumes");
  std::size_t i = 0;
  for (const Value volume : spec["volumes"].items()) {
    const FieldPath at = list.index(i++);
    for (const Deprecated& type : kVolumes) {
      if (!has(volume[type.key])) continue;
      add_warning(warnings, at.child(type.key == "storageos" ? "storageOS" : type.key), type.message);
    }
    const Value claim = volume["ephemeral"]["volumeClaimTemplate"];
    const FieldPath ephemeral = at.child("ephemeral");
    const FieldPath claim_path = ephemeral.child("volumeClaimTemplate");
    const FieldPath claim_spec = claim_path.child("spec");
    const FieldPath resources = claim_spec.child("resources");
    warn_if_fraction(claim["spec"]["resources"]["requests"], "storage", resources.child("requests"),
                  warnings);
  }
  for (const Value volume : spec["volumes"].items()) warn_overlaps(volume, warnings);
}

}  // namespace knarr::apiserver
