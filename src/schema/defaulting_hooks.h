// SPDX-License-Identifier: Apache-2.0
// Inside of defaulting: hooks by type name, and what they share. A hook runs before the constants of
// its type and before the types below, so it treats a missing field as its default itself.
#pragma once

#include "object/draft.h"

#include <span>
#include <string_view>

namespace knarr::schema::defaulting {

struct Context {
  std::string_view now;
};

using Hook = void (*)(object::NodeRef object, const Context& context);

struct NamedHook {
  std::string_view type;
  Hook hook;
};

std::span<const NamedHook> core_hooks();
std::span<const NamedHook> pod_hooks();
std::span<const NamedHook> workload_hooks();  // apps, batch, autoscaling
std::span<const NamedHook> other_hooks();     // networking, rbac, resource, apiextensions

/// Missing or null.
inline bool is_unset(object::NodeRef node) { return !node.exists() || node.is_null(); }
/// Missing, null, "", 0, false, or without children.
bool is_empty(object::NodeRef node);

/// Sets a child that is missing or null.
template <typename T>
void fill(object::NodeRef map, std::string_view key, T value) {
  if (is_unset(map[key])) map.set(key, value);
}
/// Sets a child that is empty.
template <typename T>
void fill_empty(object::NodeRef map, std::string_view key, T value) {
  if (is_empty(map[key])) map.set(key, value);
}

}  // namespace knarr::schema::defaulting
