// SPDX-License-Identifier: Apache-2.0
// The one way into the store for every kind: mutating admission -> default -> prepare -> validate ->
// validating admission -> commit (DESIGN section 2). A conflict re-runs an update from the current
// object on, admission included.
#include "apiserver/registry/registry.h"

#include "api/types.h"
#include "apiserver/registry/allocator.h"
#include "apiserver/registry/metadata.h"
#include "base/check.h"
#include "codec/typed.h"
#include "object/equality.h"
#include "schema/defaulting.h"
#include "schema/field_error.h"
#include "schema/metadata_validation.h"
#include "schema/patch/managed_fields.h"

#include <fmt/core.h>

namespace knarr::apiserver {

using object::Document;
using object::Draft;
using object::NodeRef;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr int kNameTries = 8;      // Of generateName, as Kubernetes retries.
constexpr int kConflictTries = 5;  // Beyond it the client hears of the conflict.

// The problems of a kind's names, DNS subdomains unless its rules say otherwise.
schema::NameRule name_rule(const KindRules& rules) {
  return rules.name_rule != nullptr ? rules.name_rule : schema::subdomain_problems;
}

bool same_but_metadata_and_status(NodeRef a, Value b) {
  std::size_t counted = 0;
  for (auto [key, atom, child] : a.entries()) {
    if (atom == atom::metadata || atom == atom::status) continue;
    ++counted;
    if (!object::equal(atom ? b[atom] : b[key], child)) return false;
  }
  for (auto [key, atom, child] : b.entries()) {
    if (atom != atom::metadata && atom != atom::status) --counted;
  }
  return counted == 0;
}

// Copies a top-level field of the current object over what the client sent.
void take_from(NodeRef object, Value old, object::Atom field) {
  if (Value value = old[field]) {
    object.ensure(field).assign(value);
  } else {
    object.erase(field);
  }
}

// Kubernetes checks metadata for all kinds, and most kinds check it once or twice more: problems of
// an update are told several times, in this order.
void check_updated_metadata(const Collection& collection, const RuleContext& context, Value metadata,
                            Value old, schema::FieldErrors& errors) {
  const KindRules& rules = *collection.rules;
  const schema::FieldPath path("metadata");
  schema::validate_object_meta(metadata, collection.namespaced, schema::path_segment_problems, path,
                               errors);
  schema::validate_object_meta_update(metadata, old, path, errors);
  if (!rules.metadata_checked_once || context.served_group != collection.group) {
    schema::validate_object_meta_update(metadata, old, path, errors);
    schema::validate_builtin_finalizers(metadata, path, errors);
  }
  if (rules.metadata_checked_fully && context.subresource.empty()) {
    schema::validate_object_meta(metadata, collection.namespaced, name_rule(rules), path, errors);
    schema::validate_builtin_finalizers(metadata, path, errors);
  }
}

// Kubernetes defaults what it reads from its store: what depends on fields that a kind's prepare
// function set shows in the answer, though validation has not seen it (a Job's labels).
Document defaulted_again(Draft& draft, object::Type type) {
  schema::apply_defaults(draft.root(), type);
  return codec::freeze_typed(draft, type);
}

}  // namespace

RuleContext Registry::context(WriteCall& call) const {
  return RuleContext{.user = call.user,
                     .namespace_ = call.namespace_,
                     .subresource = call.subresource,
                     .served_group = call.served->row->group(),
                     .now = parts_.clock.system_now(),
                     .dry_run = call.dry_run,
                     .warnings = &call.warnings};
}

Task<Result<>> Registry::admit(WriteCall* call, Operation operation, Draft* object, Document old) {
  const Collection& collection = *call->served->collection;
  AdmissionRequest request{.operation = operation,
                           .group = collection.group,
                           .version = std::string(call->served->row->version()),
                           .resource = collection.resource,
                           .subresource = call->subresource,
                           .kind = collection.kind,
                           .namespace_ = call->namespace_,
                           .name = call->name,
                           .user = &call->user,
                           .dry_run = call->dry_run,
                           .draft = object,
                           .object = {},
                           .old_object = std::move(old),
                           .warnings = &call->warnings};
  if (request.name.empty() && object != nullptr) {
    request.name = (*object)[atom::metadata][atom::name].as_string();
  }
  co_return co_await parts_.admission.mutate(&request);
}

Task<Result<>> Registry::admit_final(WriteCall* call, Operation operation, Document object,
                                     Document old) {
  const Collection& collection = *call->served->collection;
  AdmissionRequest request{.operation = operation,
                           .group = collection.group,
                           .version = std::string(call->served->row->version()),
                           .resource = collection.resource,
                           .subresource = call->subresource,
                           .kind = collection.kind,
                           .namespace_ = call->namespace_,
                           .name = call->name,
                           .user = &call->user,
                           .dry_run = call->dry_run,
                           .draft = nullptr,
                           .object = std::move(object),
                           .old_object = std::move(old),
                           .warnings = &call->warnings};
  if (request.name.empty()) request.name = object::name_of(request.object.root());
  co_return co_await parts_.admission.validate(&request);
}

Task<Result<std::optional<Document>>> Registry::commit(Collection* collection, std::string key,
                                                       Revision modified, Document object,
                                                       Document last) {
  store::Txn txn;
  const std::string storage_key = collection->storage_key(key);
  txn.compare(storage_key, modified);
  txn.soft = collection->rules->soft_writes;
  if (object) {
    txn.put(storage_key, collection->codec->encode(object), object);
  } else {
    // What watchers are told: the last state, with the revision of the deletion (BEHAVIOURS 27).
    txn.erase(storage_key, unversioned(last));
  }
  const store::CommitOutcome outcome = CO_TRY(co_await parts_.store.commit(std::move(txn)));
  if (outcome.conflict) {
    // Somebody was faster; memory must have seen it before the caller looks again.
    CO_TRY(co_await parts_.cache.wait_for(outcome.revision, kCacheWait));
    co_return std::nullopt;
  }
  CO_TRY(co_await parts_.cache.wait_for(outcome.revision, kCacheWait));
  if (!object) {  // As it was last, at the revision of its deletion.
    Document deleted = unversioned(last);
    deleted.set_resource_version(outcome.revision);
    co_return deleted;
  }
  // The store's event set the revision on this very document before it was published.
  CHECK(object.resource_version() == outcome.revision);
  co_return object;
}

// ---------------------------------------------------------------- create

Result<Document> Registry::prepare_create(WriteCall& call, Draft& draft) {
  Collection& collection = *call.served->collection;
  const KindRules& rules = *collection.rules;
  const RuleContext rule_context = context(call);
  NodeRef object = draft.root();
  if (collection.has_status && !rules.keep_status_on_create) object.erase(atom::status);
  if (rules.prepare_create != nullptr) rules.prepare_create(rule_context, object);
  // Kinds that do not count keep what the client says.
  if (rules.generation != Generation::None) object.ensure_map("metadata").set("generation", 1);
  Document document = codec::freeze_stored(draft, collection.type);
  schema::FieldErrors errors;
  schema::validate_object_meta(document[atom::metadata], collection.namespaced, name_rule(rules),
                               schema::FieldPath("metadata"), errors);
  schema::validate_builtin_finalizers(document[atom::metadata], schema::FieldPath("metadata"), errors);
  if (rules.validate != nullptr) rules.validate(rule_context, document.root(), errors);
  if (!errors.empty()) {
    return std::move(errors).to_error(collection.group, collection.kind,
                                      object::name_of(document.root()));
  }
  if (rules.warn != nullptr) rules.warn(rule_context, document.root(), {});
  if (rules.prepare_create != nullptr) document = defaulted_again(draft, collection.type);
  return document;
}

Task<Result<Written>> Registry::create(WriteCall* call, Draft object) {
  Collection* collection = call->served->collection;
  NodeRef root = object.root();
  NodeRef metadata = root.ensure_map("metadata");
  CO_TRY(check_new_metadata(*call, metadata));
  const bool generated =
      metadata[atom::name].as_string().empty() && !metadata[atom::generateName].as_string().empty();
  const Draft original = generated ? Draft::from(root) : Draft();
  for (int attempt = 1;; ++attempt) {
    Draft draft = generated ? Draft::from(original.root()) : std::move(object);
    fill_new_metadata(*call, draft.root()["metadata"], parts_.clock.system_now(), parts_.rng);
    CO_TRY(co_await admit(call, Operation::Create, &draft, {}));
    schema::apply_defaults(draft.root(), collection->type);  // Of what admission added.
    if (generated) {
      draft.root().ensure_map("metadata").set(
          "name", generate_name(draft[atom::metadata][atom::generateName].as_string(), parts_.rng));
    }
    Reservation reservation =
        collection->allocator == nullptr
            ? Reservation()
            : CO_TRY(collection->allocator->allocate(context(*call), draft.root(), {}));
    Document document = CO_TRY(prepare_create(*call, draft));
    const std::string key = collection->key(call->namespace_, object::name_of(document.root()));
    const auto* current = collection->cache->snapshot().find(key);
    if (current == nullptr) {
      CO_TRY(co_await admit_final(call, Operation::Create, document, {}));
      if (call->dry_run) co_return Written{document, true, false};
      auto committed = CO_TRY(co_await commit(collection, key, 0, document, {}));
      if (committed) {
        reservation.keep();
        co_return Written{*committed, true, false};
      }
    }
    if (!generated || attempt == kNameTries) {
      co_return exists_error(*call, object::name_of(document.root()), key);
    }
  }
}

// ---------------------------------------------------------------- update

Result<Document> Registry::prepare_update(WriteCall& call, Draft& draft, const Document& old) {
  Collection& collection = *call.served->collection;
  const KindRules& rules = *collection.rules;
  const RuleContext rule_context = context(call);
  NodeRef object = draft.root();
  keep_system_metadata(object.ensure_map("metadata"), old[atom::metadata]);
  take_from(object["metadata"], old[atom::metadata], atom::generation);
  if (call.subresource == "status") {
    std::vector<std::string> others;
    for (auto [key, atom, child] : object.entries()) {
      if (atom != atom::metadata && atom != atom::status) others.emplace_back(key);
    }
    for (const std::string& key : others) {
      if (!old[key].exists()) object.erase(key);
    }
    for (auto [key, atom, child] : old.root().entries()) {
      if (atom != atom::metadata && atom != atom::status) object.ensure(key).assign(child);
    }
    if (rules.prepare_status != nullptr) rules.prepare_status(rule_context, object, old.root());
  } else {
    if (collection.has_status && call.subresource.empty()) take_from(object, old.root(), atom::status);
    if (rules.prepare_update != nullptr) rules.prepare_update(rule_context, object, old.root());
  }
  codec::normalize(object, collection.type);
  NodeRef metadata = object["metadata"];
  const std::int64_t generation = old[atom::metadata][atom::generation].as_int();
  if (rules.generation == Generation::OnSpecChange) {
    const bool raised = metadata[atom::generation].as_int() > generation;  // By the kind's rule.
    if (!raised) {
      const bool changed =
          !same_but_metadata_and_status(object, old.root()) ||
          (!rules.generation_also.empty() && call.subresource.empty() &&
           !object::equal(old[atom::metadata][rules.generation_also],
                          metadata[rules.generation_also]));
      metadata.set("generation", generation + (changed ? 1 : 0));
      if (generation == 0 && !changed) metadata.erase(atom::generation);
    }
  }
  schema::keep_managed_times(old, object);
  Document document = codec::freeze_stored(draft, collection.type);
  schema::FieldErrors errors;
  check_updated_metadata(collection, rule_context, document[atom::metadata], old[atom::metadata],
                         errors);
  auto* validate = call.subresource == "status" ? rules.validate_status : rules.validate_update;
  if (validate != nullptr) validate(rule_context, document.root(), old.root(), errors);
  if (!errors.empty()) {
    return std::move(errors).to_error(collection.group, collection.kind,
                                      object::name_of(document.root()));
  }
  if (rules.warn != nullptr) rules.warn(rule_context, document.root(), old.root());
  if (rules.prepare_update != nullptr || !call.subresource.empty()) {
    document = defaulted_again(draft, collection.type);
  }
  return document;
}

Document Registry::prepare_bare(WriteCall& call, Draft& draft, const Document& old) {
  NodeRef object = draft.root();
  keep_system_metadata(object.ensure_map("metadata"), old[atom::metadata]);
  codec::normalize(object, call.served->collection->type);
  return codec::freeze_stored(draft, call.served->collection->type);
}

Task<Result<Written>> Registry::try_update(WriteCall* call, Transform* transform, bool* again) {
  *again = false;
  Collection* collection = call->served->collection;
  const std::string key = collection->key(call->namespace_, call->name);
  const Snapshot snapshot = collection->cache->snapshot();
  const CacheItem* current = snapshot.find(key);
  if (current == nullptr) {
    if (!call->create_if_absent) co_return collection->not_found(call->name);
    Draft draft = CO_TRY((*transform)(nullptr));
    auto created = co_await create(call, std::move(draft));
    if (!created && created.error().is(Reason::AlreadyExists)) *again = true;
    co_return created;
  }
  const Document old = current->object;
  const Revision modified = current->modified;
  Draft draft = CO_TRY((*transform)(&old));
  const std::string wanted(draft[atom::metadata][atom::resourceVersion].as_string());
  const bool pinned = !wanted.empty() && wanted != "0";
  if (!pinned && !collection->rules->unconditional_update && !call->is_apply) {
    co_return must_have_version(*collection, call->name);
  }
  CO_TRY(check_pins(*collection, draft[atom::metadata], old, call->is_patch));
  if (!call->bare) CO_TRY(co_await admit(call, Operation::Update, &draft, old));
  schema::apply_defaults(draft.root(), collection->type);  // Of what admission added.
  Reservation reservation =
      collection->allocator == nullptr || call->bare
          ? Reservation()
          : CO_TRY(collection->allocator->allocate(context(*call), draft.root(), old.root()));
  const Document document = call->bare ? prepare_bare(*call, draft, old)
                                       : CO_TRY(prepare_update(*call, draft, old));
  if (!call->bare) CO_TRY(co_await admit_final(call, Operation::Update, document, old));
  if (call->dry_run) co_return Written{stamped_like(document, old), false, false};
  if (object::equal(document.root(), old.root())) co_return Written{old, false, false};
  const bool last_finalizer_gone = may_go(*collection, document.root());
  auto committed = CO_TRY(co_await commit(collection, key, modified,
                                          last_finalizer_gone ? Document() : document, document));
  if (!committed) {
    *again = !pinned;
    co_return collection->conflict(call->name, kModified);
  }
  reservation.keep();
  // BEHAVIOURS 133: the answer of the update that removed the last finalizer has the old version.
  if (last_finalizer_gone) co_return Written{stamped_like(document, old), false, true};
  co_return Written{*committed, false, false};
}

Task<Result<Written>> Registry::update(WriteCall* call, Transform transform) {
  for (int attempt = 1;; ++attempt) {
    bool again = false;
    call->warnings.clear();
    auto written = co_await try_update(call, &transform, &again);
    if (!again || attempt == kConflictTries) co_return written;
  }
}

}  // namespace knarr::apiserver
