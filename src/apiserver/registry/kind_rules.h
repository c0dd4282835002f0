// SPDX-License-Identifier: Apache-2.0
// KindRules: what is truly special to one kind, as data and plain functions. The generic write path
// (write_path.h) calls them; it knows no kind by name. One file a kind (or a family) in kinds/,
// listed in kinds/all.cc. Rules are pure: they read documents and edit drafts, never wait.
#pragma once

#include "auth/user.h"
#include "object/document.h"
#include "object/draft.h"
#include "schema/field_error.h"
#include "schema/validation_text.h"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::apiserver {

/// What a rule may want to know about the request.
struct RuleContext {
  const auth::User& user;
  std::string_view namespace_;  // "" for cluster-scoped.
  std::string_view subresource;  // "", "status", "scale", "resize", ...
  std::string_view served_group;  // Of the request: "events.k8s.io" for an Event stored in core.
  std::chrono::sys_time<std::chrono::nanoseconds> now;
  bool dry_run = false;
  std::vector<std::string>* warnings = nullptr;  // Texts for Warning headers; never null in the
                                                 // write path.
};

/// How metadata.generation moves (BEHAVIOURS 36, 138).
enum class Generation : std::uint8_t {
  None,             // The field is never set.
  OnSpecChange,     // 1 at creation, +1 when anything but metadata and status changes.
  AtCreation,       // 1 at creation, then only deletion that waits raises it (PriorityClass).
};

/// What a DELETE without options does with dependents (BEHAVIOURS 133).
enum class DefaultPropagation : std::uint8_t { Background, Orphan };

struct KindRules {
  std::string_view group;     // Of the stored resource.
  std::string_view resource;  // Plural.

  // ---- facts
  Generation generation = Generation::None;
  std::string_view generation_also = {};  // A field of metadata that counts as spec: "annotations"
                                          // (Deployment), "labels" (EndpointSlice).
  bool create_on_update = false;        // PUT of an absent object creates it (BEHAVIOURS 131).
  bool unconditional_update = true;     // PUT without resourceVersion is fine.
  bool delete_returns_object = false;   // BEHAVIOURS 133.
  bool plain_deletion = false;          // Namespaces: a deletion mark without a grace period, and
                                        // words of their own for preconditions.
  DefaultPropagation propagation = DefaultPropagation::Background;
  bool keep_status_on_create = false;   // Else a status sent with a creation is dropped, when the
                                        // resource has a status subresource.
  bool warns_of_orphans = false;        // A DELETE that says nothing of dependents warns (Jobs).
  bool soft_writes = false;             // Events; leases decide by themselves (storage).
  bool metadata_checked_once = false;   // Its own update validation leaves metadata to the generic one.
  bool metadata_checked_fully = false;  // Its update validation checks metadata as creation does, too.

  // ---- functions; null means nothing special. `object` is at the storage version.

  /// What metadata.name may be; null: a DNS subdomain.
  schema::NameRule name_rule = nullptr;
  /// After defaulting and mutating admission, before validation: resets what clients may not set,
  /// fills what the server sets.
  void (*prepare_create)(const RuleContext&, object::NodeRef object) = nullptr;
  void (*prepare_update)(const RuleContext&, object::NodeRef object,
                         object::Value old) = nullptr;
  /// For the status subresource, after spec was taken from `old`.
  void (*prepare_status)(const RuleContext&, object::NodeRef object, object::Value old) = nullptr;
  /// All but metadata, which the write path checks. Called on creation.
  void (*validate)(const RuleContext&, object::Value object, schema::FieldErrors&) = nullptr;
  /// Called on update instead of validate(): a kind that wants both calls it itself.
  void (*validate_update)(const RuleContext&, object::Value object, object::Value old,
                          schema::FieldErrors&) = nullptr;
  void (*validate_status)(const RuleContext&, object::Value object, object::Value old,
                          schema::FieldErrors&) = nullptr;
  /// Adds warnings for the client; `old` does not exist on creation.
  void (*warn)(const RuleContext&, object::Value object, object::Value old) = nullptr;
  /// The grace period of a DELETE: gets the requested seconds (-1: none), gives the seconds to wait
  /// before the object goes (0: at once). Null: no graceful deletion.
  std::int64_t (*grace_seconds)(object::Value object, std::int64_t requested) = nullptr;
  /// When deletion begins and the object stays for now (a namespace becomes Terminating).
  void (*begin_delete)(const RuleContext&, object::NodeRef object) = nullptr;
  /// True while something of the kind's own holds a deleted object back (a namespace's
  /// spec.finalizers).
  bool (*held)(object::Value object) = nullptr;
};

/// The rules of every kind that has some; looked up by (group, resource) of the stored resource.
const KindRules* find_kind_rules(std::string_view group, std::string_view resource);

}  // namespace knarr::apiserver
