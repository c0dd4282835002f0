// SPDX-License-Identifier: Apache-2.0
// metadata.managedFields: who owns which field of an object (BEHAVIOURS 143-145). Kept packed in
// documents as raw JSON and parsed here only, on writes that change something.
// Source: k8s.io/apimachinery/pkg/util/managedfields and structured-merge-diff merge/update.go.
#pragma once

#include "object/document.h"
#include "object/draft.h"
#include "object/type_table.h"

#include <span>
#include <string_view>

namespace knarr::schema {

/// Who writes, and how. Views must outlive the call.
struct ManagerInfo {
  std::string_view manager;      // Empty: "unknown".
  std::string_view api_version;  // Of the request, "apps/v1".
  std::string_view subresource;  // "", "status", ...
  std::string_view now;          // RFC 3339, whole seconds, UTC.
  /// Fields that this way of writing resets, so that nobody comes to own them by it: "status" for the
  /// main resource of a kind with a status subresource, "spec" for its status. Dotted names.
  std::span<const std::string_view> ignored;
};

/// Accounts for a create, update or (not apply) patch: sets metadata.managedFields of `updated`. Call
/// it after decoding and defaulting, before admission: what plug-ins change is nobody's. `updated` is
/// normalised on the way. `live` is null for a create. An object whose managers a client cleared, with
/// `managedFields: []` or `[{}]`, is tracked no more until something is applied. A managedFields that
/// can't be read counts as left out.
void update_managed_fields(const object::Document* live, object::Draft& updated, object::Type type,
                           const ManagerInfo& info);

/// A write that would change nothing but the times in managedFields changes nothing: when `updated`
/// equals `live` apart from these times, takes the old managedFields over and gives true. Call it last,
/// on the normalised result; managedFields of other content give false.
bool keep_managed_times(const object::Document& live, object::NodeRef updated);

}  // namespace knarr::schema
