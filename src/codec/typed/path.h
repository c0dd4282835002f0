// SPDX-License-Identifier: Apache-2.0
// What the typed algorithms share: where we are, which field a key is, and the zero of a type.
#pragma once

#include "object/draft.h"
#include "object/type_table.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::codec::internal {

/// One step of a path, on the stack of a recursive walk.
class Path {
 public:
  Path(const Path* outer, std::string_view key) : outer_(outer), key_(key) {}
  Path(const Path* outer, std::size_t index) : outer_(outer), index_(index), is_index_(true) {}

 private:
  friend std::string to_text(const Path* path);
  const Path* outer_;
  std::string_view key_;
  std::size_t index_ = 0;
  bool is_index_ = false;
};

/// "spec.containers[0].name"; "" for null.
std::string to_text(const Path* path);

/// Finds the fields of a struct type for the keys of one map. Keys mostly come in the order of the
/// type or of the alphabet, so the search goes on where the last one ended.
class FieldFinder {
 public:
  explicit FieldFinder(object::Type type) : type_(type), count_(static_cast<std::uint32_t>(type.field_count())) {}

  object::Field find(std::string_view key, object::Atom atom) {
    const std::uint32_t position = find_position(key, atom);
    return position == kNone ? object::Field() : type_.field(position);
  }

  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  std::uint32_t find_position(std::string_view key, object::Atom atom) {
    for (std::uint32_t i = next_; i < count_; ++i) {
      if (matches(i, key, atom)) return next_ = i + 1, i;
    }
    for (std::uint32_t i = 0; i < next_; ++i) {
      if (matches(i, key, atom)) return next_ = i + 1, i;
    }
    return kNone;
  }

 private:
  [[nodiscard]] bool matches(std::uint32_t i, std::string_view key, object::Atom atom) const {
    const object::Field field = type_.field(i);
    if (field.atom()) return field.atom() == atom;
    return field.name() == key;  // Tables made at run time may name fields that are not atoms.
  }

  object::Type type_;
  std::uint32_t count_;
  std::uint32_t next_ = 0;
};

/// A list of indices that rarely has more than a few.
class IndexBuffer {
 public:
  void push_back(std::uint32_t index) {
    if (many_.empty() && count_ < kFew) {
      few_[count_++] = index;
      return;
    }
    if (many_.empty()) many_.assign(few_, few_ + count_);
    many_.push_back(index);
  }
  [[nodiscard]] std::span<const std::uint32_t> span() const {
    if (many_.empty()) return {few_, count_};
    return many_;
  }

 private:
  static constexpr std::size_t kFew = 64;
  std::uint32_t few_[kFew];
  std::size_t count_ = 0;
  std::vector<std::uint32_t> many_;
};

/// Makes a node the zero value of a type: "", 0, false, "0" for a quantity, an empty map for a
/// struct; null where Go has nil.
void set_zero(object::NodeRef node, object::Type type);

}  // namespace knarr::codec::internal
