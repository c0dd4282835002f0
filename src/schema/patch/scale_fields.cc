// SPDX-License-Identifier: Apache-2.0
#include "schema/patch/scale_fields.h"

#include "schema/patch/managers.h"

namespace knarr::schema {

using object::NodeRef;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr std::string_view kScaleVersion = "autoscaling/v1";
constexpr std::string_view kScaleReplicas = "spec.replicas";

FieldSet one(std::string_view path) {
  const std::string_view paths[] = {path};
  return FieldSet::of(paths);
}

bool has(const Manager& manager, const FieldSet& path) {
  return !FieldSet::intersection(manager.fields, path).empty();
}

Managers decode_or_none(Result<Managers> decoded) {
  return decoded ? std::move(*decoded) : Managers{};
}

}  // namespace

void set_scale_managed_fields(Value parent, std::string_view replicas_path, NodeRef scale) {
  Managers managers = decode_or_none(
      Managers::decode(parent[atom::metadata][atom::managedFields]));
  const FieldSet replicas = one(replicas_path);
  std::erase_if(managers.list, [&](const Manager& manager) { return !has(manager, replicas); });
  for (Manager& manager : managers.list) {
    manager.api_version = kScaleVersion;
    manager.fields = one(kScaleReplicas);
  }
  managers.encode(scale);
}

void set_parent_managed_fields(Value parent, NodeRef scale, std::string_view replicas_path,
                               std::string_view api_version, NodeRef new_parent) {
  Managers managers = decode_or_none(
      Managers::decode(parent[atom::metadata][atom::managedFields]));
  Managers scaled = decode_or_none(
      Managers::decode(scale[atom::metadata][atom::managedFields]));
  const FieldSet replicas = one(replicas_path);
  for (Manager& manager : managers.list) {
    if (!has(manager, replicas)) continue;
    if (Manager* kept = scaled.find(manager)) {  // Still an owner.
      kept->fields = {};
    } else {
      manager.fields.subtract(replicas);
    }
  }
  managers.drop_empty();
  for (const Manager& manager : scaled.list) {
    if (!has(manager, one(kScaleReplicas))) continue;
    Manager owner = manager;
    owner.api_version = api_version;
    owner.fields = replicas;
    if (managers.find(owner) == nullptr) owner.time = {};  // New ones have none, as in Kubernetes.
    managers.ensure(owner).fields.unite(replicas);
  }
  managers.encode(new_parent);
}

}  // namespace knarr::schema
