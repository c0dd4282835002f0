// SPDX-License-Identifier: Apache-2.0
// Metadata that only the server writes.
#include "apiserver/registry/metadata.h"

#include "object/time_text.h"

#include <fmt/core.h>

#include <array>

namespace knarr::apiserver {

using object::Document;
using object::Draft;
using object::NodeRef;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr std::size_t kMaximumName = 63;  // Generated names stay DNS labels.
constexpr std::size_t kSuffix = 5;

}  // namespace

std::string time_text(SystemTime time) {
  return object::time_text(std::chrono::floor<std::chrono::microseconds>(time));
}

std::string generate_name(std::string_view base, Rng& rng) {
  std::string name(base.substr(0, kMaximumName - kSuffix));
  return name + rng.safe_suffix(kSuffix);
}

Result<> check_new_metadata(const WriteCall& call, NodeRef metadata) {
  const std::string_view version = metadata[atom::resourceVersion].as_string();
  if (!version.empty() && version != "0") {
    return Error(Reason::Unknown, "resourceVersion should not be set on objects to be created");
  }
  const std::string_view space = metadata[atom::namespace_].as_string();
  if (call.served->collection->namespaced && !space.empty() && space != call.namespace_) {
    return Error(Reason::BadRequest,
                 "the namespace of the provided object does not match the namespace sent on the "
                 "request");
  }
  return ok();
}

void fill_new_metadata(const WriteCall& call, NodeRef metadata, SystemTime now, Rng& rng) {
  if (call.served->collection->namespaced) {
    metadata.set("namespace", call.namespace_);
  } else {
    metadata.erase(atom::namespace_);  // BEHAVIOURS 134.
  }
  metadata.set("uid", rng.uuid());
  metadata.set("creationTimestamp", time_text(now));
  metadata.erase(atom::deletionTimestamp);
  metadata.erase(atom::deletionGracePeriodSeconds);
  metadata.erase(atom::selfLink);
  metadata.erase(atom::resourceVersion);
}

Error exists_error(const WriteCall& call, std::string_view name, std::string_view key) {
  const Collection& collection = *call.served->collection;
  const Snapshot snapshot = collection.cache->snapshot();
  const CacheItem* current = snapshot.find(key);
  Error error = collection.already_exists(name);
  if (current != nullptr && current->object[atom::metadata][atom::deletionTimestamp].exists()) {
    return std::move(error).with("object is being deleted");
  }
  return error;
}

void keep_system_metadata(NodeRef metadata, Value old) {
  constexpr std::array kKept = {atom::creationTimestamp, atom::deletionTimestamp,
                                atom::deletionGracePeriodSeconds, atom::uid};
  for (object::Atom field : kKept) {
    const Value value = old[field];
    if (value.exists() && (!metadata[field].exists() || metadata[field].is_null())) {
      metadata.ensure(field).assign(value);
    }
  }
  // Whatever the client says: there is no refusal for this one.
  if (Value created = old[atom::creationTimestamp]) {
    metadata.ensure(atom::creationTimestamp).assign(created);
  }
  if (Value space = old[atom::namespace_]) metadata.ensure(atom::namespace_).assign(space);
  metadata.erase(atom::selfLink);
  metadata.erase(atom::resourceVersion);
}

Result<> check_pins(const Collection& collection, NodeRef metadata, const Document& old, bool is_patch) {
  const std::string_view name = object::name_of(old.root());
  const std::string_view uid = metadata[atom::uid].as_string();
  if (!is_patch && !uid.empty() && uid != object::uid_of(old.root())) {
    return collection.conflict(
        name, fmt::format("StorageError: invalid object, Code: 4, Key: {}, ResourceVersion: 0, "
                          "AdditionalErrorMsg: Precondition failed: UID in precondition: {}, UID in "
                          "object meta: {}",
                          collection.storage_key(collection.key(object::namespace_of(old.root()), name)),
                          uid, object::uid_of(old.root())));
  }
  const std::string_view version = metadata[atom::resourceVersion].as_string();
  if (!version.empty() && version != "0" && version != std::to_string(old.resource_version())) {
    return collection.conflict(name, kModified);
  }
  return ok();
}

Error must_have_version(const Collection& collection, std::string_view name) {
  const std::string detail = "Invalid value: 0: must be specified for an update";
  return Error(Reason::Invalid, fmt::format("{} \"{}\" is invalid: metadata.resourceVersion: {}",
                                            collection.qualified_resource(), name, detail))
      .with_details({collection.group, collection.resource, std::string(name), ""})
      .with_causes({{"FieldValueInvalid", "metadata.resourceVersion", detail}});
}

bool may_go(const Collection& collection, Value object) {
  const Value metadata = object[atom::metadata];
  if (!metadata[atom::deletionTimestamp].exists()) return false;
  if (metadata[atom::finalizers].size() != 0) return false;
  if (metadata[atom::deletionGracePeriodSeconds].as_int() != 0) return false;
  return collection.rules->held == nullptr || !collection.rules->held(object);
}

Document unversioned(const Document& document) {
  return Draft::freeze(Draft::from(document.root()).root());
}

Document stamped_like(const Document& document, const Document& like) {
  Document copy = unversioned(document);
  if (like.resource_version() != 0) copy.set_resource_version(like.resource_version());
  return copy;
}

}  // namespace knarr::apiserver
