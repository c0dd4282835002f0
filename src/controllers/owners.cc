// SPDX-License-Identifier: Apache-2.0
#include "controllers/owners.h"

#include <fmt/core.h>

namespace knarr::controllers {

using object::Draft;
using object::NodeRef;
using object::Value;
namespace atom = object::atom;

Value controller_of(Value object) {
  for (const Value owner : object[atom::metadata][atom::ownerReferences].items()) {
    if (owner[atom::controller].as_bool()) return owner;
  }
  return {};
}

bool is_controlled_by(Value object, std::string_view uid) {
  const Value owner = controller_of(object);
  return owner.exists() && owner[atom::uid].as_string() == uid;
}

bool is_deleting(Value object) {
  return object[atom::metadata][atom::deletionTimestamp].is_string();
}

std::string api_version_of(const client::Resource& resource) {
  if (resource.group.empty()) return std::string(resource.version);
  return fmt::format("{}/{}", resource.group, resource.version);
}

void write_controller_reference(NodeRef reference, Value owner, const client::Resource& resource) {
  reference.set("apiVersion", api_version_of(resource));
  reference.set("kind", resource.kind);
  reference.set("name", object::name_of(owner));
  reference.set("uid", object::uid_of(owner));
  reference.set("controller", true);
  reference.set("blockOwnerDeletion", true);
}

Claim claim_of(Value object, Value owner, const api::LabelSelector& selector) {
  const Value controller = controller_of(object);
  const bool matches = selector.matches(object[atom::metadata][atom::labels]);
  if (controller.exists()) {
    if (controller[atom::uid].as_string() != object::uid_of(owner)) return Claim::Ignore;
    if (matches) return Claim::Keep;
    return is_deleting(owner) ? Claim::Ignore : Claim::Release;
  }
  if (is_deleting(owner) || !matches || is_deleting(object)) return Claim::Ignore;
  return Claim::Adopt;
}

Draft adopt_patch(Value object, Value owner, const client::Resource& resource,
                  std::string_view finalizer) {
  Draft patch;
  NodeRef metadata = patch.root().ensure_map("metadata");
  metadata.set("uid", object::uid_of(object));  // Never of a later object of this name.
  write_controller_reference(metadata.ensure_list("ownerReferences").append(), owner, resource);
  if (!finalizer.empty()) metadata.ensure_list("finalizers").append_string(finalizer);
  return patch;
}

Draft release_patch(Value object, std::string_view owner_uid, std::string_view finalizer) {
  Draft patch;
  NodeRef metadata = patch.root().ensure_map("metadata");
  metadata.set("uid", object::uid_of(object));
  NodeRef reference = metadata.ensure_list("ownerReferences").append();
  reference.set("$patch", "delete");
  reference.set("uid", owner_uid);
  if (!finalizer.empty()) {
    metadata.ensure_list("$deleteFromPrimitiveList/finalizers").append_string(finalizer);
  }
  return patch;
}

Task<Result<>> check_can_adopt(client::Transport& transport, client::Resource resource,
                               object::Document owner) {
  const std::string space(object::namespace_of(owner.root()));
  const std::string name(object::name_of(owner.root()));
  auto fresh = CO_TRY(co_await transport.get({resource, space, name, ""}));
  if (object::uid_of(fresh.root()) != object::uid_of(owner.root())) {
    co_return Error(Reason::Conflict, fmt::format("original {} {}/{} is gone", resource.kind, space, name));
  }
  if (is_deleting(fresh.root())) {
    co_return Error(Reason::Conflict, fmt::format("{}/{} is being deleted", space, name));
  }
  co_return ok();
}

}  // namespace knarr::controllers
