// SPDX-License-Identifier: Apache-2.0
// Deletion: preconditions, grace periods, the finalizers of propagation, and the end of an object.
// Source: k8s.io/apiserver registry/generic/registry/store.go, registry/rest/delete.go;
// BEHAVIOURS 48-50, 132, 133, 138, 150.
#include "apiserver/registry/allocator.h"
#include "apiserver/registry/metadata.h"
#include "apiserver/registry/registry.h"
#include "codec/typed.h"
#include "object/equality.h"

#include <fmt/core.h>

#include <algorithm>

namespace knarr::apiserver {

using object::Document;
using object::Draft;
using object::NodeRef;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr std::string_view kOrphan = "orphan";
constexpr std::string_view kForeground = "foregroundDeletion";
constexpr int kConflictTries = 5;

// The words of namespaces, whose storage checks by itself.
Error precondition_failed(const Collection& collection, std::string_view what,
                          std::string_view wanted, std::string_view is, std::string_view name) {
  return collection.conflict(name, fmt::format("Precondition failed: {} in precondition: {}, {} in "
                                               "object meta: {}",
                                               what, wanted, what, is));
}

Result<> check_preconditions(const Collection& collection, const DeleteOptions& options,
                             const Document& object) {
  const std::string_view name = object::name_of(object.root());
  const bool plain = collection.rules->plain_deletion;
  if (options.uid && *options.uid != object::uid_of(object.root())) {
    if (plain) {
      return precondition_failed(collection, "UID", *options.uid, object::uid_of(object.root()), name);
    }
    return collection.conflict(
        name,
        fmt::format("the UID in the precondition ({}) does not match the UID in record ({}). The "
                    "object might have been deleted and then recreated",
                    *options.uid, object::uid_of(object.root())),
        true);
  }
  const std::string version = std::to_string(object.resource_version());
  if (options.resource_version && *options.resource_version != version) {
    if (plain) {
      return precondition_failed(collection, "ResourceVersion", *options.resource_version, version, name);
    }
    return collection.conflict(
        name,
        fmt::format("the ResourceVersion in the precondition ({}) does not match the "
                    "ResourceVersion in record ({}). The object might have been modified",
                    *options.resource_version, version),
        true);
  }
  return ok();
}

bool has_finalizer(NodeRef metadata, std::string_view finalizer) {
  for (NodeRef item : metadata[atom::finalizers].items()) {
    if (item.as_string() == finalizer) return true;
  }
  return false;
}

void set_finalizer(NodeRef metadata, std::string_view finalizer, bool wanted) {
  NodeRef list = metadata[atom::finalizers];
  for (std::size_t i = list.size(); i-- > 0;) {
    if (list.at(i).as_string() == finalizer) list.erase_at(i);
  }
  if (wanted) metadata.ensure_list("finalizers").append_string(finalizer);
}

// Which of the two finalizers the options ask for; those there already stay when they say nothing.
struct Propagation {
  bool orphan = false;
  bool foreground = false;
};

Propagation propagation(const KindRules& rules, const DeleteOptions& options, NodeRef metadata) {
  if (options.orphan_dependents) return {*options.orphan_dependents, false};
  if (options.propagation == "Orphan") return {true, false};
  if (options.propagation == "Foreground") return {false, true};
  if (options.propagation == "Background") return {};
  if (has_finalizer(metadata, kForeground)) return {false, true};
  if (has_finalizer(metadata, kOrphan)) return {true, false};
  return {rules.propagation == DefaultPropagation::Orphan, false};
}

struct Plan {
  Document next;       // The object to store; empty: it goes now.
  bool unchanged = false;  // It is being deleted already and nothing changes.
};

// What becomes of the object. Deletion of something deleted before may only shorten its time.
Plan plan_deletion(const Collection& collection, const DeleteOptions& options,
                   const RuleContext& context, const Document& old) {
  const KindRules& rules = *collection.rules;
  Draft draft = Draft::from(old);
  NodeRef object = draft.root();
  NodeRef metadata = object.ensure_map("metadata");
  const bool deleting = metadata[atom::deletionTimestamp].exists();
  const std::int64_t requested = options.grace_seconds ? std::max<std::int64_t>(*options.grace_seconds, -1) : -1;
  std::int64_t grace = 0;
  if (rules.grace_seconds != nullptr) grace = rules.grace_seconds(old.root(), requested);
  if (deleting && rules.grace_seconds != nullptr) {
    // Later deletions may shorten the grace period, never lengthen it (BEHAVIOURS 150).
    const std::int64_t before = metadata[atom::deletionGracePeriodSeconds].as_int();
    if (requested < 0 || grace >= before) grace = before;
  }

  const Propagation wanted = propagation(rules, options, metadata);
  set_finalizer(metadata, kOrphan, wanted.orphan);
  set_finalizer(metadata, kForeground, wanted.foreground);
  const bool stays = grace > 0 || metadata[atom::finalizers].size() != 0 ||
                     (rules.held != nullptr && rules.held(old.root()));
  if (!stays) return {};

  if (!deleting) {
    metadata.set("deletionTimestamp", time_text(context.now + std::chrono::seconds(grace)));
    if (!rules.plain_deletion) metadata.set("deletionGracePeriodSeconds", grace);
    if (rules.begin_delete != nullptr) rules.begin_delete(context, object);
  } else if (grace != metadata[atom::deletionGracePeriodSeconds].as_int()) {
    metadata.set("deletionTimestamp", time_text(context.now + std::chrono::seconds(grace)));
    metadata.set("deletionGracePeriodSeconds", grace);
  }
  if (!deleting && metadata[atom::generation].as_int() > 0) {
    metadata.set("generation", metadata[atom::generation].as_int() + 1);
  }
  metadata.erase(atom::resourceVersion);
  Document next = codec::freeze_typed(draft, collection.type);
  const bool unchanged = object::equal(next.root(), old.root());
  return {std::move(next), unchanged};
}

}  // namespace

Task<Result<Deleted>> Registry::remove(WriteCall* call, DeleteOptions options) {
  Collection* collection = call->served->collection;
  const std::string key = collection->key(call->namespace_, call->name);
  for (int attempt = 1;; ++attempt) {
    const Snapshot snapshot = collection->cache->snapshot();
    const CacheItem* current = snapshot.find(key);
    if (current == nullptr) co_return collection->not_found(call->name);
    const Document old = current->object;
    const Revision modified = current->modified;
    CO_TRY(check_preconditions(*collection, options, old));
    if (!call->bare) {
      CO_TRY(co_await admit(call, Operation::Delete, nullptr, old));
      CO_TRY(co_await admit_final(call, Operation::Delete, {}, old));
    }
    Plan plan = plan_deletion(*collection, options, context(*call), old);
    if (plan.unchanged) co_return Deleted{old, false};
    if (options.dry_run) {
      if (!plan.next) co_return Deleted{old, true};
      co_return Deleted{stamped_like(plan.next, old), false};
    }
    const bool goes = !plan.next;
    auto committed = CO_TRY(co_await commit(collection, key, modified, plan.next, old));
    if (committed) {
      if (goes && collection->allocator != nullptr) collection->allocator->released(old.root());
      co_return Deleted{*committed, goes};
    }
    if (attempt == kConflictTries) co_return collection->conflict(call->name, kModified);
  }
}

}  // namespace knarr::apiserver
