// SPDX-License-Identifier: Apache-2.0
// Server-side apply: merges what a manager wants into an object, by the type table, and keeps account
// of who owns what (BEHAVIOURS 42, 143-145). Built-in and custom types go one way.
// Source: sigs.k8s.io/structured-merge-diff and k8s.io/apimachinery/pkg/util/managedfields.
#pragma once

#include "base/result.h"
#include "object/document.h"
#include "object/draft.h"
#include "object/type_table.h"

#include <span>
#include <string_view>

namespace knarr::schema {

/// Views must outlive the call.
struct ApplyOptions {
  std::string_view manager;
  std::string_view api_version;  // Of the request, "apps/v1".
  std::string_view kind;
  std::string_view subresource;
  bool force = false;
  std::string_view now;          // RFC 3339, whole seconds, UTC.
  std::span<const std::string_view> ignored;  // As in ManagerInfo.
};

struct ApplyResult {
  /// The merged object with its managedFields, untyped where the manager wrote: decode_typed(),
  /// default and normalise it next. It has no kind and apiVersion unless `live` had.
  object::Draft object;
  /// False when nothing but the ownership may have changed.
  bool changed = false;
};

/// Applies `applied`, an untyped tree as the manager sent it, to `live` (null: the object is made).
/// Errors: BadRequest for an object of another kind, with managedFields, with fields that the type does
/// not have or of another kind; Conflict, with a cause for each field, when others own what would
/// change and `force` is off.
Result<ApplyResult> server_side_apply(const object::Document* live, object::NodeRef applied,
                                      object::Type type, const ApplyOptions& options);

}  // namespace knarr::schema
