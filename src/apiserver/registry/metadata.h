// SPDX-License-Identifier: Apache-2.0
// What the server itself does to metadata: uids, times, generated names, deletion marks, and the
// checks that come before a kind's own. Source: k8s.io/apiserver registry/rest create.go, update.go.
#pragma once

#include "apiserver/registry/registry.h"

#include <chrono>
#include <string>

namespace knarr::apiserver {

inline constexpr std::chrono::seconds kCacheWait{10};  // For memory to reach an own commit.

/// Name, namespace and resource version of an object to be created.
Result<> check_new_metadata(const WriteCall& call, object::NodeRef metadata);
/// Sets namespace, uid and creationTimestamp; clears what only the server may set.
void fill_new_metadata(const WriteCall& call, object::NodeRef metadata, SystemTime now, Rng& rng);
/// `base` (cut to fit) and five random characters that make no words.
std::string generate_name(std::string_view base, Rng& rng);
/// The refusal of a creation whose name is taken (BEHAVIOURS 134).
Error exists_error(const WriteCall& call, std::string_view name, std::string_view key);

/// On update: what stays as it was whatever the client sent (creationTimestamp, deletion marks,
/// selfLink) when the client left it out.
void keep_system_metadata(object::NodeRef metadata, object::Value old);
/// metadata.resourceVersion and uid, where given, must be the current ones.
/// A patch may name another uid here: validation refuses it later.
Result<> check_pins(const Collection& collection, object::NodeRef metadata,
                    const object::Document& old, bool is_patch);
Error must_have_version(const Collection& collection, std::string_view name);

/// True for an object that is being deleted, with no grace period left and no finalizers.
bool may_go(const Collection& collection, object::Value object);

/// The same tree with the resource version of `like`: answers of dry runs and last updates.
object::Document stamped_like(const object::Document& document, const object::Document& like);

/// The same tree without a resource version.
object::Document unversioned(const object::Document& document);
/// RFC 3339 in whole seconds, as metav1.Time prints.
std::string time_text(SystemTime time);

}  // namespace knarr::apiserver
