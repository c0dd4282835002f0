// SPDX-License-Identifier: Apache-2.0
#include "schema/patch/raw.h"

#include "codec/json.h"

#include <string>

namespace knarr::schema {

using object::Kind;
using object::NodeRef;

void open_raw(NodeRef node) {
  if (node.kind() != Kind::Raw) return;
  const std::string json(node.as_raw());
  // Checked when it came in; what can't be read now counts as nothing.
  if (!codec::parse_json_into(node, json)) node.set_null();
}

void expand_raw(NodeRef node) {
  open_raw(node);
  for (auto entry : node.entries()) expand_raw(entry.value);
  for (NodeRef item : node.items()) expand_raw(item);
}

}  // namespace knarr::schema
