// SPDX-License-Identifier: Apache-2.0
// Collections: where the objects of one resource are kept, and the versions they are served at.
#pragma once

#include "api/resources.h"
#include "apiserver/registry/kind_rules.h"
#include "apiserver/storage/storage_codec.h"
#include "apiserver/watch_cache/watch_cache.h"
#include "object/document.h"
#include "object/type_table.h"

#include <memory>
#include <string>
#include <string_view>

namespace knarr::apiserver {

class Allocator;

/// One stored resource. Lives as long as the registry; all on the API strand.
struct Collection {
  std::string group;
  std::string resource;     // Plural.
  std::string kind;
  std::string api_version;  // Of the stored form, "apps/v1".
  std::string prefix;       // "/registry/deployments/"
  bool namespaced = true;
  bool has_status = false;
  object::Type type;  // Of the stored form.
  const KindRules* rules = nullptr;  // Never null.
  std::unique_ptr<StorageCodec> codec;
  ResourceCache* cache = nullptr;  // Null for what is not stored.
  Allocator* allocator = nullptr;  // Service IPs and node ports; null for most.

  /// "namespace/name", or "name".
  [[nodiscard]] std::string key(std::string_view namespace_, std::string_view name) const;
  [[nodiscard]] std::string storage_key(std::string_view key) const { return prefix + std::string(key); }

  // ---- the errors every verb gives, in Kubernetes' wording.
  [[nodiscard]] std::string qualified_resource() const;  // "deployments.apps"
  [[nodiscard]] std::string qualified_kind() const;      // "Deployment.apps"
  [[nodiscard]] Error not_found(std::string_view name) const;
  [[nodiscard]] Error already_exists(std::string_view name) const;
  /// `kind_in_details`: preconditions of deletions name the kind (BEHAVIOURS 132).
  [[nodiscard]] Error conflict(std::string_view name, std::string_view why,
                               bool kind_in_details = false) const;
};

/// "the object has been modified; please apply your changes to the latest version and try again"
extern const std::string_view kModified;

/// A resource at one served version.
struct Served {
  const api::ResourceRow* row = nullptr;
  Collection* collection = nullptr;
  object::Type type;        // Of the served form.
  std::string api_version;  // "apps/v1"
  std::string group_version_in_text;  // For messages: "apps/v1", "v1".

  [[nodiscard]] bool same_as_stored() const { return type == collection->type; }
};

}  // namespace knarr::apiserver
