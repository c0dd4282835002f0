// SPDX-License-Identifier: Apache-2.0
#include "codec/typed/path.h"

#include <fmt/core.h>

#include <algorithm>

namespace knarr::codec::internal {

std::string to_text(const Path* path) {
  std::vector<const Path*> steps;
  for (; path != nullptr; path = path->outer_) steps.push_back(path);
  std::string text;
  for (auto it = steps.rbegin(); it != steps.rend(); ++it) {
    if ((*it)->is_index_) {
      text += fmt::format("[{}]", (*it)->index_);
    } else {
      if (!text.empty()) text += '.';
      text += (*it)->key_;
    }
  }
  return text;
}

void set_zero(object::NodeRef node, object::Type type) {
  using object::TypeKind;
  switch (type.kind()) {
    case TypeKind::Struct: return node.set_map();
    case TypeKind::String: return node.set_string("");
    case TypeKind::Bool: return node.set_bool(false);
    case TypeKind::Int32:
    case TypeKind::Int64:
    case TypeKind::Uint32:
    case TypeKind::Uint64:
    case TypeKind::IntOrString: return node.set_int(0);
    case TypeKind::Double:
    case TypeKind::Float: return node.set_double(0);
    case TypeKind::Quantity: return node.set_string("0");
    case TypeKind::Duration: return node.set_string("0s");
    default: return node.set_null();
  }
}

}  // namespace knarr::codec::internal
