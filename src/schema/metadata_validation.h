// SPDX-License-Identifier: Apache-2.0
// Validation of metadata: names, labels, annotations, owners, finalizers, managed fields, and what
// an update may not change. Source: k8s.io/apimachinery/pkg/api/validation/objectmeta.go.
#pragma once

#include "object/document.h"
#include "schema/field_error.h"
#include "schema/validation_text.h"

namespace knarr::schema {

/// Checks the metadata of a new object (or of an embedded one, under its path). `metadata` is in the
/// form that decoding gives. Errors are added, in Kubernetes' order.
void validate_object_meta(object::Value metadata, bool namespaced, NameRule name_rule,
                          const FieldPath& path, FieldErrors& errors);

/// What an update may not change. Call validate_object_meta's parts through this alone for the new
/// object: labels, annotations, owners and managed fields are checked again here.
/// `has_resource_version`: the request names one, or the kind may be updated without.
void validate_object_meta_update(object::Value metadata, object::Value old_metadata,
                                 const FieldPath& path, FieldErrors& errors,
                                 bool has_resource_version = true);

/// The extra rule of built-in kinds: a finalizer without a domain must be a standard one. Both on
/// create and on update, after the above.
void validate_builtin_finalizers(object::Value metadata, const FieldPath& path,
                                 FieldErrors& errors);

// ---- parts, for maps elsewhere (pod templates, selectors, embedded objects)

void validate_labels(object::Value labels, const FieldPath& path, FieldErrors& errors);
/// Keys, and the 256 KiB that all annotations share.
void validate_annotations(object::Value annotations, const FieldPath& path, FieldErrors& errors);
void validate_owner_references(object::Value references, const FieldPath& path,
                               FieldErrors& errors);
void validate_finalizers(object::Value finalizers, const FieldPath& path, FieldErrors& errors);
void validate_managed_fields(object::Value entries, const FieldPath& path, FieldErrors& errors);
/// `fieldManager` of a request or of an entry: at most 128 bytes, printable.
void validate_field_manager(std::string_view manager, const FieldPath& path, FieldErrors& errors);

/// `field: Invalid value: <new>: field is immutable` when the two differ (nil and empty are equal).
void validate_immutable(object::Value now, object::Value before, const FieldPath& path,
                        FieldErrors& errors);

inline constexpr std::string_view kFieldImmutable = "field is immutable";

}  // namespace knarr::schema
