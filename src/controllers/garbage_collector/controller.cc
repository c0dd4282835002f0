// SPDX-License-Identifier: Apache-2.0
#include "controllers/garbage_collector/controller.h"

#include "controllers/batches.h"
#include "controllers/owners.h"
#include "object/equality.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace knarr::controllers {

using client::ObjectKey;
using client::Requeue;
using garbage_collector::Decision;
using garbage_collector::Item;
using garbage_collector::OwnerState;
using garbage_collector::Tracked;
using object::Document;
using object::Draft;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr int kWorkers = 20;  // --concurrent-gc-syncs
constexpr int kAttempts = 5;  // At a patch that somebody else's write may spoil.
constexpr client::Resource kDefinitions{"apiextensions.k8s.io", "v1", "customresourcedefinitions",
                                        "CustomResourceDefinition", false};

struct Key {
  std::size_t resource = 0;
  std::string_view object;
  std::string_view uid;
};

Key parse_key(std::string_view text) {
  Key key;
  const std::size_t first = text.find('|');
  const std::size_t last = text.rfind('|');
  std::from_chars(text.data(), text.data() + first, key.resource);
  key.object = text.substr(first + 1, last - first - 1);
  key.uid = text.substr(last + 1);
  return key;
}

bool blocks(Value dependent, std::string_view owner_uid) {
  for (const Value owner : dependent[atom::metadata][atom::ownerReferences].items()) {
    if (owner[atom::uid].as_string() == owner_uid && owner[atom::blockOwnerDeletion].as_bool()) return true;
  }
  return false;
}

}  // namespace

GarbageCollector::GarbageCollector(client::LoopContext context)
    : Controller("garbage-collector-controller", context, kWorkers),
      tracked_(context.informers, [this](std::size_t resource) { return watch(resource); }),
      events_(context.transport, context.strand, context.clock, "garbage-collector-controller") {
  informers()
      .informer(kDefinitions)
      .add_handler({.added = [this](const Document& now) { tracked_.add_definition(now); },
                    .updated = [this](const Document&,
                                      const Document& now) { tracked_.add_definition(now); },
                    .deleted = nullptr});
}

Task<> GarbageCollector::stop() {
  co_await Controller::stop();
  co_await events_.stop();
}

client::Handler GarbageCollector::watch(std::size_t resource) {
  return {.added = [this, resource](const Document& now) {
            appeared(resource, now.root(), true);
            report_misplaced(resource, now);
          },
          .updated =
              [this, resource](const Document& before, const Document& now) {
                const Value old_owners = before[atom::metadata][atom::ownerReferences];
                const Value owners = now[atom::metadata][atom::ownerReferences];
                const bool changed = !object::equal(old_owners, owners);
                if (changed) enqueue_waiting_owners(before.root());
                appeared(resource, now.root(), changed);
                if (changed) report_misplaced(resource, now);
              },
          .deleted =
              [this](const Document& last) {
                enqueue_dependents(last.root());
                enqueue_waiting_owners(last.root());
              }};
}

void GarbageCollector::enqueue(std::size_t resource, Value object) {
  const std::string_view space = object::namespace_of(object);
  queue().add(fmt::format("{}|{}{}{}|{}", resource, space, space.empty() ? "" : "/",
                          object::name_of(object), object::uid_of(object)));
}

void GarbageCollector::enqueue_dependents(Value owner) {
  for (const Item& item : tracked_.dependents_of(object::uid_of(owner))) {
    enqueue(item.resource, item.object.root());
  }
}

// Owners that are deleted in the foreground may be waiting for this one alone.
void GarbageCollector::enqueue_waiting_owners(Value dependent) {
  for (const Value reference : dependent[atom::metadata][atom::ownerReferences].items()) {
    const Document owner = known_owner(dependent, reference);
    if (!owner || !garbage_collector::deletes_dependents(owner.root())) continue;
    enqueue(tracked_.find_kind(reference[atom::apiVersion].as_string(), reference[atom::kind].as_string()),
            owner.root());
  }
}

void GarbageCollector::appeared(std::size_t resource, Value object, bool references_changed) {
  if (garbage_collector::deletes_dependents(object)) {
    enqueue(resource, object);
    enqueue_dependents(object);
    return;
  }
  if (garbage_collector::orphans_dependents(object)) {
    enqueue(resource, object);
    return;
  }
  if (!references_changed) return;
  for (const Value reference : object[atom::metadata][atom::ownerReferences].items()) {
    const Document owner = known_owner(object, reference);
    // Unknown: absent, or not seen yet. The live read will tell.
    if (!owner || garbage_collector::deletes_dependents(owner.root())) enqueue(resource, object);
  }
}

Document GarbageCollector::known_owner(Value dependent, Value reference) const {
  const std::size_t kind =
      tracked_.find_kind(reference[atom::apiVersion].as_string(), reference[atom::kind].as_string());
  if (kind == Tracked::npos) return {};
  const std::string_view name = reference[atom::name].as_string();
  const std::string key = tracked_.resource(kind).namespaced
                              ? fmt::format("{}/{}", object::namespace_of(dependent), name)
                              : std::string(name);
  Document owner = tracked_.informer(kind).get(key);
  if (owner && object::uid_of(owner.root()) != reference[atom::uid].as_string()) return {};
  return owner;
}

// A reference across namespaces names nobody: say so, for it is a usual mistake.
void GarbageCollector::report_misplaced(std::size_t resource, const Document& dependent) {
  const std::string_view space = object::namespace_of(dependent.root());
  for (const Value reference : dependent[atom::metadata][atom::ownerReferences].items()) {
    if (known_owner(dependent.root(), reference)) continue;
    const std::string_view api_version = reference[atom::apiVersion].as_string();
    const std::string_view kind = reference[atom::kind].as_string();
    const std::size_t owner = tracked_.find_kind(api_version, kind);
    if (owner == Tracked::npos || !tracked_.resource(owner).namespaced) continue;
    const std::string_view uid = reference[atom::uid].as_string();
    const bool elsewhere = std::ranges::any_of(tracked_.informer(owner).all(), [uid](const Document& one) {
      return object::uid_of(one.root()) == uid;
    });
    if (!elsewhere) continue;
    events_.record(dependent, tracked_.resource(resource), "Warning", "OwnerRefInvalidNamespace",
                   fmt::format("ownerRef [{}/{}, namespace: {}, name: {}, uid: {}] does not exist in namespace \"{}\"",
                               api_version, kind, space, reference[atom::name].as_string(), uid, space));
  }
}

client::Target GarbageCollector::target_of(std::size_t resource, Value object) const {
  return {tracked_.resource(resource), std::string(object::namespace_of(object)),
          std::string(object::name_of(object)), ""};
}

Task<Result<Requeue>> GarbageCollector::reconcile(ObjectKey key) {
  const Key parsed = parse_key(key);
  const Document cached = tracked_.informer(parsed.resource).get(parsed.object);
  if (!cached || object::uid_of(cached.root()) != parsed.uid) co_return Requeue::none();
  if (garbage_collector::orphans_dependents(cached.root())) {
    CO_TRY(co_await release_dependents(parsed.resource, cached));
    co_return Requeue::none();
  }
  if (is_deleting(cached.root()) && !garbage_collector::deletes_dependents(cached.root())) {
    co_return Requeue::none();
  }
  co_return co_await collect(parsed.resource, cached);
}

Task<Result<Requeue>> GarbageCollector::collect(std::size_t resource, Document cached) {
  auto latest = co_await transport().get(target_of(resource, cached.root()));
  if (!latest) {
    if (latest.error().is(Reason::NotFound)) co_return Requeue::none();  // Its deletion is on its way.
    co_return std::move(latest).error();
  }
  if (object::uid_of(latest->root()) != object::uid_of(cached.root())) co_return Requeue::none();
  if (garbage_collector::deletes_dependents(cached.root())) {
    CO_TRY(co_await finish_foreground(resource, *latest));
    co_return Requeue::none();
  }
  const Value references = (*latest)[atom::metadata][atom::ownerReferences];
  std::vector<OwnerState> owners;
  for (std::size_t i = 0; i < references.size(); ++i) {
    owners.push_back(CO_TRY(co_await state_of(resource, *latest, i)));
  }
  const std::vector<Item> dependents = tracked_.dependents_of(object::uid_of(latest->root()));
  const bool in_circle = std::ranges::any_of(dependents, [](const Item& item) {
    return garbage_collector::deletes_dependents(item.object.root());
  });
  const Decision decision =
      garbage_collector::decide(latest->root(), owners, !dependents.empty(), in_circle);
  if (decision.action == Decision::Action::Nothing) co_return Requeue::none();
  Document object = *latest;
  if (decision.action == Decision::Action::DropReferences) {
    CO_TRY(co_await transport().patch(
        target_of(resource, object.root()), client::PatchType::Merge,
        garbage_collector::references_patch(object.root(), object.resource_version(),
                                            {decision.drop.begin(), decision.drop.end()}),
        {}));
    co_return Requeue::none();
  }
  if (decision.unblock) {
    object = CO_TRY(co_await transport().patch(
        target_of(resource, object.root()), client::PatchType::Merge,
        garbage_collector::unblock_patch(object.root(), object.resource_version()), {}));
  }
  client::DeleteOptions options;
  options.propagation = decision.propagation;
  options.uid = object::uid_of(object.root());
  options.resource_version = std::to_string(object.resource_version());
  auto removed = co_await transport().remove(target_of(resource, object.root()), std::move(options));
  if (!removed && !removed.error().is(Reason::NotFound)) co_return std::move(removed).error();
  co_return Requeue::none();
}

Task<Result<OwnerState>> GarbageCollector::state_of(std::size_t resource, Document dependent,
                                                    std::size_t reference) {
  const Value owner = dependent[atom::metadata][atom::ownerReferences].at(reference);
  const std::string_view api_version = owner[atom::apiVersion].as_string();
  const std::size_t kind = tracked_.find_kind(api_version, owner[atom::kind].as_string());
  // An unknown kind proves nothing: its definition may come yet.
  if (kind == Tracked::npos) {
    co_return Error(Reason::NotFound, fmt::format("no kind {} in {}", owner[atom::kind].as_string(), api_version));
  }
  client::Target target{tracked_.resource(kind), "", std::string(owner[atom::name].as_string()), ""};
  if (target.resource.namespaced) {
    // A cluster-scoped object cannot be owned by a namespaced one; nothing is deleted for that.
    if (!tracked_.resource(resource).namespaced) co_return OwnerState::Solid;
    target.namespace_ = object::namespace_of(dependent.root());
  }
  auto live = co_await transport().get(std::move(target));
  if (!live) {
    if (live.error().is(Reason::NotFound)) co_return OwnerState::Absent;
    co_return std::move(live).error();
  }
  if (object::uid_of(live->root()) != owner[atom::uid].as_string()) co_return OwnerState::Absent;
  co_return garbage_collector::deletes_dependents(live->root()) ? OwnerState::Waiting : OwnerState::Solid;
}

Task<Result<>> GarbageCollector::finish_foreground(std::size_t resource, Document owner) {
  const std::string uid(object::uid_of(owner.root()));
  bool waits = false;
  for (const Item& item : tracked_.dependents_of(uid)) {
    if (!blocks(item.object.root(), uid)) continue;
    waits = true;
    if (!garbage_collector::deletes_dependents(item.object.root())) enqueue(item.resource, item.object.root());
  }
  if (waits) co_return ok();
  co_return co_await remove_finalizer(resource, owner, std::string(garbage_collector::kForeground));
}

Task<Result<>> GarbageCollector::release_dependents(std::size_t resource, Document owner) {
  const std::string uid(object::uid_of(owner.root()));
  const std::vector<Item> dependents = tracked_.dependents_of(uid);
  BatchResult result = co_await at_once(static_cast<int>(dependents.size()), [&](int i) {
    return release_one(dependents[static_cast<std::size_t>(i)], uid);
  });
  if (result.error) co_return std::move(*result.error);
  co_return co_await remove_finalizer(resource, owner, std::string(garbage_collector::kOrphan));
}

Task<Result<>> GarbageCollector::release_one(Item item, std::string owner_uid) {
  const std::string uid(object::uid_of(item.object.root()));
  Document object = item.object;
  for (int attempt = 1;; ++attempt) {
    auto patched = co_await transport().patch(
        target_of(item.resource, object.root()), client::PatchType::Merge,
        garbage_collector::references_patch(object.root(), object.resource_version(), {owner_uid}), {});
    if (patched || patched.error().is(Reason::NotFound)) co_return ok();
    if (!patched.error().is(Reason::Conflict) || attempt == kAttempts) co_return std::move(patched).error();
    auto fresh = co_await transport().get(target_of(item.resource, object.root()));
    if (!fresh && fresh.error().is(Reason::NotFound)) co_return ok();
    if (!fresh) co_return std::move(fresh).error();
    if (object::uid_of(fresh->root()) != uid) co_return ok();
    object = std::move(*fresh);
  }
}

Task<Result<>> GarbageCollector::remove_finalizer(std::size_t resource, Document object,
                                                  std::string finalizer) {
  for (int attempt = 1;; ++attempt) {
    auto fresh = co_await transport().get(target_of(resource, object.root()));
    if (!fresh && fresh.error().is(Reason::NotFound)) co_return ok();
    if (!fresh) co_return std::move(fresh).error();
    if (object::uid_of(fresh->root()) != object::uid_of(object.root()) ||
        !garbage_collector::has_finalizer(fresh->root(), finalizer)) {
      co_return ok();
    }
    auto patched = co_await transport().patch(
        target_of(resource, fresh->root()), client::PatchType::Merge,
        garbage_collector::finalizer_patch(fresh->root(), fresh->resource_version(), finalizer), {});
    if (patched || patched.error().is(Reason::NotFound)) co_return ok();
    if (!patched.error().is(Reason::Conflict) || attempt == kAttempts) co_return std::move(patched).error();
  }
}

}  // namespace knarr::controllers
