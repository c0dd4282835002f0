// SPDX-License-Identifier: Apache-2.0
// Owner references: who controls an object, and taking it over or letting it go.
// Source: k8s.io/kubernetes pkg/controller/controller_ref_manager.go.
#pragma once

#include "api/label_selector.h"
#include "client/transport.h"
#include "object/document.h"
#include "object/draft.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace knarr::controllers {

/// The owner reference of the controller of an object; missing without one. Borrows.
object::Value controller_of(object::Value object);
bool is_controlled_by(object::Value object, std::string_view uid);
bool is_deleting(object::Value object);

/// "apps/v1", "v1".
std::string api_version_of(const client::Resource& resource);

/// Fills an entry of metadata.ownerReferences that makes `owner` the controller.
void write_controller_reference(object::NodeRef reference, object::Value owner,
                                const client::Resource& resource);

/// What an owner does about an object it sees.
enum class Claim : std::uint8_t { Ignore, Keep, Adopt, Release };
Claim claim_of(object::Value object, object::Value owner, const api::LabelSelector& selector);

/// Strategic merge patches. `finalizer` may be empty: also added (taken away).
object::Draft adopt_patch(object::Value object, object::Value owner,
                          const client::Resource& resource, std::string_view finalizer = {});
object::Draft release_patch(object::Value object, std::string_view owner_uid,
                            std::string_view finalizer = {});

/// May `owner`, as the cache knows it, still adopt: reads it live. Errors: Conflict when it is being
/// deleted or another one has its name; what the read gives.
Task<Result<>> check_can_adopt(client::Transport& transport, client::Resource resource,
                               object::Document owner);

}  // namespace knarr::controllers
