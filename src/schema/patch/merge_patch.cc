// SPDX-License-Identifier: Apache-2.0
#include "schema/patch/merge_patch.h"

#include "schema/patch/raw.h"

namespace knarr::schema {

using object::Draft;
using object::NodeRef;

namespace {

// Recursion is bounded by the depth that the JSON reader allows.
void merge(NodeRef target, NodeRef patch);

// A value that comes in whole: nulls in its maps mean absence there too.
void drop_nulls(NodeRef node) {
  for (NodeRef item : node.items()) drop_nulls(item);
  if (!node.is_map()) return;
  for (std::size_t i = node.size(); i > 0; --i) {
    const NodeRef value = node.entry(i - 1).value;
    if (value.is_null()) {
      node.erase_at(i - 1);
    } else {
      drop_nulls(value);
    }
  }
}

void merge(NodeRef target, NodeRef patch) {
  for (auto [key, atom, value] : patch.entries()) {
    if (value.is_null()) {
      target.erase(key);
      continue;
    }
    NodeRef child = target[key];
    if (child.exists() && value.is_map()) open_raw(child);
    if (child.exists() && child.is_map() && value.is_map()) {
      merge(child, value);
    } else {
      child = target.ensure(key);
      child.assign(value);
      drop_nulls(child);
    }
  }
}

}  // namespace

Result<> apply_merge_patch(Draft& object, NodeRef patch) {
  if (patch.is_null()) return Error(Reason::BadRequest, "Invalid JSON Patch");
  if (!patch.is_map()) {
    return Error(Reason::BadRequest, "error decoding patch: a merge patch must be a JSON object");
  }
  merge(object.root(), patch);
  return ok();
}

}  // namespace knarr::schema
