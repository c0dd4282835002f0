// SPDX-License-Identifier: Apache-2.0
// What changed between two versions of an object, as sets of paths, in one walk over both.
// Source: sigs.k8s.io/structured-merge-diff typed/compare.go.
#pragma once

#include "object/document.h"
#include "object/draft.h"
#include "object/type_table.h"
#include "schema/patch/field_set.h"

namespace knarr::schema {

struct Comparison {
  FieldSet added;
  FieldSet modified;
  FieldSet removed;

  [[nodiscard]] bool empty() const {
    return added.empty() && modified.empty() && removed.empty();
  }
};

/// Compares two trees of one type, both as normalize() leaves them. kind, apiVersion and the metadata
/// that nobody owns (name, uid, managedFields, ...) are left out. Items that have no path are passed
/// over.
Comparison compare_objects(object::Value before, object::NodeRef after, object::Type type);
Comparison compare_objects(object::NodeRef before, object::NodeRef after, object::Type type);
Comparison compare_objects(object::NodeRef before, object::Value after, object::Type type);

/// True for a member of metadata that no manager owns.
bool is_system_metadata(std::string_view key);

}  // namespace knarr::schema
