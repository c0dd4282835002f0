// SPDX-License-Identifier: Apache-2.0
#include "schema/metadata_validation.h"

#include "object/equality.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace knarr::schema {

using object::Kind;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr std::size_t kAnnotationBytesMax = 256UL * 1024;
constexpr std::size_t kFieldManagerMax = 128;
constexpr std::size_t kSubresourceMax = 256;

bool is_nothing(Value value) {
  switch (value.kind()) {
    case Kind::Null: return true;
    case Kind::String: return value.as_string().empty();
    case Kind::List:
    case Kind::Map: return value.empty();
    default: return false;
  }
}

// The lower-case form only matters for the check: annotation keys may be of mixed case.
std::string ascii_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

struct ApiVersion {
  std::string_view group;
  std::string_view version;
};

// "v1", "apps/v1"; nothing for more than one slash.
ApiVersion split_api_version(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return {{}, text};
  if (text.find('/', slash + 1) != std::string_view::npos) return {};
  return {text.substr(0, slash), text.substr(slash + 1)};
}

void validate_owner_reference(Value reference, const FieldPath& path, FieldErrors& errors) {
  const std::string_view api_version = reference[atom::apiVersion].as_string();
  const std::string_view kind = reference[atom::kind].as_string();
  const ApiVersion gv = split_api_version(api_version);
  if (gv.version.empty()) {
    errors.invalid(path.child("apiVersion"), api_version, "version must not be empty");
  }
  for (const std::string_view field : {"kind", "name", "uid"}) {
    if (reference[field].as_string().empty()) {
      errors.invalid(path.child(field), std::string_view{}, "must not be empty");
    }
  }
  if (gv.group.empty() && gv.version == "v1" && kind == "Event") {
    errors.invalid(path, reference, "/v1, Kind=Event is disallowed from being an owner");
  }
}

// Texts as Go's %#v prints a []string.
std::string go_strings(const std::set<std::string_view>& texts) {
  std::string out = "[]string{";
  bool first = true;
  for (const std::string_view text : texts) {
    if (!first) out += ", ";
    first = false;
    out += go_quote(text);
  }
  return out + "}";
}

void validate_no_new_finalizers(Value now, Value before, const FieldPath& path,
                                FieldErrors& errors) {
  std::set<std::string_view> extra;
  for (const Value finalizer : now.items()) extra.insert(finalizer.as_string());
  for (const Value finalizer : before.items()) extra.erase(finalizer.as_string());
  if (extra.empty()) return;
  errors.forbidden(path, fmt::format("no new finalizers can be added if the object is being "
                                     "deleted, found new finalizers {}",
                                     go_strings(extra)));
}

}  // namespace

void validate_immutable(Value now, Value before, const FieldPath& path, FieldErrors& errors) {
  if (object::equal(now, before) || (is_nothing(now) && is_nothing(before))) return;
  errors.invalid(path, now, kFieldImmutable);
}

void validate_labels(Value labels, const FieldPath& path, FieldErrors& errors) {
  for (const auto [key, atom, value] : labels.entries()) {
    errors.invalid_each(path, key, check_qualified_name(key));
    errors.invalid_each(path, value.as_string(), check_label_value(value.as_string()));
  }
}

void validate_annotations(Value annotations, const FieldPath& path, FieldErrors& errors) {
  std::size_t bytes = 0;
  for (const auto [key, atom, value] : annotations.entries()) {
    errors.invalid_each(path, key, check_qualified_name(ascii_lower(key)));
    bytes += key.size() + value.as_string().size();
  }
  if (bytes > kAnnotationBytesMax) errors.too_long(path, kAnnotationBytesMax);
}

void validate_owner_references(Value references, const FieldPath& path, FieldErrors& errors) {
  std::string first_controller;
  for (const Value reference : references.items()) {
    validate_owner_reference(reference, path, errors);
    if (!reference[atom::controller].as_bool()) continue;
    std::string name = fmt::format("{}/{}", reference[atom::kind].as_string(),
                                   reference[atom::name].as_string());
    if (first_controller.empty()) {
      first_controller = std::move(name);
      continue;
    }
    errors.invalid(path, references,
                   fmt::format("Only one reference can have Controller set to true. Found \"true\" "
                               "in references for {} and {}",
                               first_controller, name));
  }
}

void validate_finalizers(Value finalizers, const FieldPath& path, FieldErrors& errors) {
  bool orphan = false;
  bool foreground = false;
  for (const Value item : finalizers.items()) {
    const std::string_view finalizer = item.as_string();
    errors.invalid_each(path, finalizer, check_qualified_name(finalizer));
    orphan = orphan || finalizer == "orphan";
    foreground = foreground || finalizer == "foregroundDeletion";
  }
  if (orphan && foreground) {
    errors.invalid(path, finalizers,
                   "finalizer orphan and foregroundDeletion cannot be both set");
  }
}

void validate_field_manager(std::string_view manager, const FieldPath& path, FieldErrors& errors) {
  if (manager.size() > kFieldManagerMax) errors.too_long(path, kFieldManagerMax);
  for (std::size_t i = 0; i < manager.size(); ++i) {
    const auto c = static_cast<unsigned char>(manager[i]);
    if (c >= 0x20 && c != 0x7F) continue;
    errors.invalid(path, manager,
                   fmt::format("invalid character U+{:04X} (at position {})", c, i));
    return;
  }
}

void validate_managed_fields(Value entries, const FieldPath& path, FieldErrors& errors) {
  std::size_t i = 0;
  for (const Value entry : entries.items()) {
    const FieldPath at = path.index(i++);
    const std::string_view operation = entry["operation"].as_string();
    if (operation != "Apply" && operation != "Update") {
      errors.invalid(at.child("operation"), operation, "must be `Apply` or `Update`");
    }
    const std::string_view type = entry["fieldsType"].as_string();
    if (!type.empty() && type != "FieldsV1") {
      errors.invalid(at.child("fieldsType"), type, "must be `FieldsV1`");
    }
    validate_field_manager(entry["manager"].as_string(), at.child("manager"), errors);
    if (entry["subresource"].as_string().size() > kSubresourceMax) {
      errors.too_long(at.child("subresource"), kSubresourceMax);
    }
  }
}

void validate_builtin_finalizers(Value metadata, const FieldPath& path, FieldErrors& errors) {
  const FieldPath finalizers = path.child("finalizers");
  std::size_t i = 0;
  for (const Value item : metadata[atom::finalizers].items()) {
    const FieldPath at = finalizers.index(i++);
    const std::string_view name = item.as_string();
    if (name.find('/') != std::string_view::npos || name == "kubernetes" || name == "orphan" ||
        name == "foregroundDeletion") {
      continue;
    }
    errors.invalid(at, name, "name is neither a standard finalizer name nor is it fully qualified");
  }
}

void validate_object_meta(Value metadata, bool namespaced, NameRule name_rule,
                          const FieldPath& path, FieldErrors& errors) {
  const std::string_view generate_name = metadata[atom::generateName].as_string();
  if (!generate_name.empty()) {
    errors.invalid_each(path.child("generateName"), generate_name, name_rule(generate_name, true));
  }
  const std::string_view name = metadata[atom::name].as_string();
  if (name.empty()) {
    errors.required(path.child("name"), "name or generateName is required");
  } else {
    errors.invalid_each(path.child("name"), name, name_rule(name, false));
  }
  const std::string_view space = metadata[atom::namespace_].as_string();
  if (!namespaced) {
    if (!space.empty()) errors.forbidden(path.child("namespace"), "not allowed on this type");
  } else if (space.empty()) {
    errors.required(path.child("namespace"));
  } else {
    errors.invalid_each(path.child("namespace"), space, check_dns1123_label(space));
  }
  const std::int64_t generation = metadata[atom::generation].as_int();
  if (generation < 0) {
    errors.invalid(path.child("generation"), generation, "must be greater than or equal to 0");
  }
  validate_labels(metadata[atom::labels], path.child("labels"), errors);
  validate_annotations(metadata[atom::annotations], path.child("annotations"), errors);
  validate_owner_references(metadata[atom::ownerReferences], path.child("ownerReferences"), errors);
  validate_finalizers(metadata[atom::finalizers], path.child("finalizers"), errors);
  validate_managed_fields(metadata[atom::managedFields], path.child("managedFields"), errors);
}

void validate_object_meta_update(Value metadata, Value old_metadata, const FieldPath& path,
                                 FieldErrors& errors, bool has_resource_version) {
  if (!old_metadata[atom::deletionTimestamp].is_null()) {
    validate_no_new_finalizers(metadata[atom::finalizers], old_metadata[atom::finalizers],
                               path.child("finalizers"), errors);
  }
  if (!has_resource_version) {
    errors.invalid(path.child("resourceVersion"), std::string_view{},
                   "must be specified for an update");
  }
  const std::int64_t generation = metadata[atom::generation].as_int();
  if (generation < old_metadata[atom::generation].as_int()) {
    errors.invalid(path.child("generation"), generation, "must not be decremented");
  }
  for (const std::string_view field : {"name", "namespace", "uid", "creationTimestamp",
                                       "deletionTimestamp", "deletionGracePeriodSeconds"}) {
    validate_immutable(metadata[field], old_metadata[field], path.child(field), errors);
  }
  validate_labels(metadata[atom::labels], path.child("labels"), errors);
  validate_annotations(metadata[atom::annotations], path.child("annotations"), errors);
  validate_owner_references(metadata[atom::ownerReferences], path.child("ownerReferences"), errors);
  validate_managed_fields(metadata[atom::managedFields], path.child("managedFields"), errors);
}

}  // namespace knarr::schema
