// SPDX-License-Identifier: Apache-2.0
// What the generator writes, as texts.
#pragma once

#include "model.h"
#include "tables.h"

#include <set>
#include <string>

namespace knarr::apigen {

/// gen/object/atoms.inc: KNARR_ATOM(identifier, "name") for every field of the types in some table.
std::string emit_atoms(const Api& api);

/// The arrays of a type table, and `constexpr TypeTable <name>`.
std::string emit_table(const Tables& tables, const std::string& name);

/// gen/api/types.cc
std::string emit_types(const Tables& tables);

/// gen/api/resources.cc
std::string emit_resources(const Api& api, const Tables& tables);

/// gen/api/<view_file_name>: typed views of a group version.
std::string emit_views(const Api& api, const Package& package);
std::string view_file_name(const Package& package);

/// The packages that a component's gRPC needs ("runtime/cri").
std::set<std::string> packages_of(const Api& api, const std::string& component);
/// gen/<component>/messages.h and .cc
std::string emit_messages_header(const Api& api, const Tables& tables,
                                 const std::string& component);
std::string emit_messages(const Tables& tables, const std::string& component);

/// The first lines of a generated file.
std::string generated_banner(const std::string& about);

}  // namespace knarr::apigen
