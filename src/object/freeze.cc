// SPDX-License-Identifier: Apache-2.0
// Draft -> Document: one pass measures, one allocation, one pass writes.
#include "base/check.h"
#include "object/draft.h"
#include "object/node.h"

#include <charconv>
#include <cstring>
#include <limits>
#include <new>
#include <optional>

namespace knarr::object {

using internal::Entry;
using internal::Header;
using internal::Node;
using internal::Slot;

namespace {

constexpr std::size_t kShortText = sizeof(std::uint32_t);

bool fits_int32(std::int64_t value) {
  return value >= std::numeric_limits<std::int32_t>::min() &&
         value <= std::numeric_limits<std::int32_t>::max();
}

}  // namespace

class Freezer {
 public:
  /// `resource_version`: the node to leave out, whose number goes into the header.
  explicit Freezer(const Node* leave_out) : leave_out_(leave_out) {}

  Document run(const Node* root, std::uint64_t resource_version) {
    measure(root);
    const std::size_t total = sizeof(Header) + cells_ + bytes_;
    CHECK(total < internal::kAtomKey);
    auto* header = new (::operator new(total)) Header();
    header->size_bytes = static_cast<std::uint32_t>(total);
    header->resource_version = resource_version;
    base_ = reinterpret_cast<char*>(header);
    next_cell_ = sizeof(Header);
    next_byte_ = static_cast<std::uint32_t>(sizeof(Header) + cells_);
    header->root = write(root);
    CHECK(next_byte_ == total && next_cell_ == sizeof(Header) + cells_);
    return Document(header);
  }

 private:
  // Recursion is bounded by the depth that codecs accept.
  void measure(const Node* node) {
    switch (node->kind) {
      case Kind::Int: bytes_ += fits_int32(node->integer) ? 0 : sizeof(std::int64_t); break;
      case Kind::Double: bytes_ += sizeof(double); break;
      case Kind::String: bytes_ += node->count > kShortText ? node->count : 0; break;
      case Kind::Raw: bytes_ += node->count; break;
      case Kind::List:
        cells_ += node->count * sizeof(Slot);
        for (std::uint32_t i = 0; i < node->count; ++i) measure(node->children[i].node);
        break;
      case Kind::Map:
        for (std::uint32_t i = 0; i < node->count; ++i) {
          const auto& child = node->children[i];
          if (child.node == leave_out_) continue;
          cells_ += sizeof(Entry);
          if (!child.atom) bytes_ += sizeof(std::uint32_t) + child.key_length;
          measure(child.node);
        }
        break;
      default: break;
    }
  }

  std::uint32_t put(const void* from, std::size_t size) {
    const std::uint32_t offset = next_byte_;
    if (size != 0) std::memcpy(base_ + offset, from, size);
    next_byte_ += static_cast<std::uint32_t>(size);
    return offset;
  }

  std::uint32_t put_key(const internal::NodeSlot& child) {
    if (child.atom) return internal::kAtomKey | child.atom.id;
    const std::uint32_t offset = put(&child.key_length, sizeof child.key_length);
    put(child.key_bytes, child.key_length);
    return offset;
  }

  static Slot slot(internal::SlotKind kind, std::size_t length, std::uint32_t data) {
    return {static_cast<std::uint32_t>(length << 4U) | kind, data};
  }

  Slot write(const Node* node) {
    switch (node->kind) {
      case Kind::Null: return slot(internal::kNull, 0, 0);
      case Kind::Bool: return slot(node->boolean ? internal::kTrue : internal::kFalse, 0, 0);
      case Kind::Int:
        if (fits_int32(node->integer)) {
          return slot(internal::kInt32, 0, static_cast<std::uint32_t>(node->integer));
        }
        return slot(internal::kInt64, 0, put(&node->integer, sizeof node->integer));
      case Kind::Double: {
        const double real = internal::real_of(*node);
        return slot(internal::kDouble, 0, put(&real, sizeof real));
      }
      case Kind::String: return write_text(node);
      case Kind::Raw: return slot(internal::kRaw, node->count, put(node->text, node->count));
      case Kind::List: return write_list(node);
      case Kind::Map: return write_map(node);
    }
    return {};
  }

  Slot write_text(const Node* node) {
    if (node->count > kShortText) {
      return slot(internal::kString, node->count, put(node->text, node->count));
    }
    Slot result = slot(internal::kShortString, node->count, 0);
    if (node->count != 0) std::memcpy(&result.data, node->text, node->count);
    return result;
  }

  Slot write_list(const Node* node) {
    const std::uint32_t offset = next_cell_;
    next_cell_ += node->count * sizeof(Slot);
    auto* items = reinterpret_cast<Slot*>(base_ + offset);
    for (std::uint32_t i = 0; i < node->count; ++i) {
      new (items + i) Slot(write(node->children[i].node));
    }
    return slot(internal::kList, node->count, offset);
  }

  Slot write_map(const Node* node) {
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i < node->count; ++i) {
      if (node->children[i].node != leave_out_) ++count;
    }
    const std::uint32_t offset = next_cell_;
    next_cell_ += count * sizeof(Entry);
    auto* entry = reinterpret_cast<Entry*>(base_ + offset);
    for (std::uint32_t i = 0; i < node->count; ++i) {
      const auto& child = node->children[i];
      if (child.node == leave_out_) continue;
      const std::uint32_t key = put_key(child);
      new (entry++) Entry{key, write(child.node)};
    }
    return slot(node->sorted ? internal::kSortedMap : internal::kMap, count, offset);
  }

  const Node* leave_out_;
  std::size_t cells_ = 0;
  std::size_t bytes_ = 0;
  char* base_ = nullptr;
  std::uint32_t next_cell_ = 0;
  std::uint32_t next_byte_ = 0;
};

Document Draft::freeze() const {
  const NodeRef version = root()[atom::metadata][atom::resourceVersion];
  const std::string_view text = version.as_string();
  std::uint64_t number = 0;
  if (version.is_string()) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool decimal = error == std::errc() && end == text.data() + text.size();
    if (text.empty() || (decimal && (text.size() == 1 || text[0] != '0'))) {
      return Freezer(version.node_).run(root_, number);
    }
  }
  return Freezer(nullptr).run(root_, 0);
}

Document Draft::freeze(NodeRef node) {
  static const Node kMissing{};
  return Freezer(nullptr).run(node.exists() ? node.node_ : &kMissing, 0);
}

}  // namespace knarr::object
