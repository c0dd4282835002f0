// SPDX-License-Identifier: Apache-2.0
// A Draft's node, private to draft.cc and freeze.cc.
#pragma once

#include "object/atom.h"
#include "object/document.h"

#include <cstdint>
#include <cstring>
#include <string_view>

namespace knarr::object::internal {

struct Node;

struct NodeSlot {
  Node* node = nullptr;
  const char* key_bytes = nullptr;  // Null in lists.
  std::uint32_t key_length = 0;
  Atom atom;
  bool duplicated = false;  // The decoder met this key more than once.
  [[nodiscard]] std::string_view key() const { return {key_bytes, key_length}; }
};

struct Node {
  Kind kind = Kind::Null;
  bool sorted = false;          // Map: sorted by the bytes of its keys.
  std::uint32_t count = 0;      // Children, or bytes of text. Double: bytes of its source text, or 0.
  std::uint32_t capacity = 0;   // Of children.
  union {
    bool boolean;
    std::int64_t integer = 0;
    double real;       // Double without source text.
    const char* text;  // Double with source text: its value is in the 8 bytes before the text.
    NodeSlot* children;
  };
};

inline double real_of(const Node& node) {
  if (node.count == 0) return node.real;
  double value = 0;
  std::memcpy(&value, node.text - sizeof value, sizeof value);
  return value;
}

}  // namespace knarr::object::internal
