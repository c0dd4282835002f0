// SPDX-License-Identifier: Apache-2.0
// What the generator writes, as texts.
#pragma once

#include "model.h"
#include "tables.h"

#include <string>

namespace knarr::apigen {

/// gen/object/atoms.inc: KNARR_ATOM(identifier, "name") for every field of every described type.
std::string emit_atoms(const Api& api);

/// The arrays of a type table, and `constexpr TypeTable <name>`.
std::string emit_table(const Tables& tables, const std::string& name);

/// gen/api/types.cc
std::string emit_types(const Tables& tables);

/// gen/api/resources.cc
std::string emit_resources(const Api& api, const Tables& tables);

/// The first lines of a generated file.
std::string generated_banner(const std::string& about);

}  // namespace knarr::apigen
