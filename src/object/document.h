// SPDX-License-Identifier: Apache-2.0
// Document: an immutable, reference-counted, compact tree in one allocation (DESIGN section 4).
//
// Layout: Header, then 4-byte aligned cells (slots and map entries), then bytes (keys, texts,
// 8-byte numbers, unaligned). A slot is 8 bytes: kind and length in one word, an offset from the
// header or the value itself in the other. Keys named in the API description are atoms, others
// bytes in place. A map is either in the order of its type's fields or sorted by the bytes of its
// keys, which is the order Kubernetes writes: encoding needs no schema.
#pragma once

#include "object/atom.h"

#include <cstdint>
#include <string_view>
#include <utility>

namespace knarr::object {

enum class Kind : std::uint8_t {
  Null,
  Bool,
  Int,     // 64 bits, signed.
  Double,
  String,  // Also quantities, times and base64 bytes, in their canonical JSON text.
  Raw,     // Compact JSON text, kept as it is: RawExtension, FieldsV1 (managedFields).
  List,
  Map,
};

class Document;
class MapRange;
class ListRange;

namespace internal {

struct Slot {
  std::uint32_t head = 0;  // Low 4 bits: SlotKind. Above: length in bytes or number of children.
  std::uint32_t data = 0;  // Offset from the header, or the value itself.
};

struct Entry {
  std::uint32_t key = 0;  // High bit set: atom. Else offset of a key in place.
  Slot value;
};

enum SlotKind : std::uint8_t {
  kNull, kFalse, kTrue, kInt32, kInt64, kDouble, kString, kShortString, kRaw, kList, kMap,
  kSortedMap,
};

struct Header {
  std::uint32_t references = 1;  // Through std::atomic_ref.
  std::uint32_t size_bytes = 0;
  std::uint64_t resource_version = 0;
  Slot root;
};

inline constexpr std::uint32_t kAtomKey = 0x8000'0000U;
inline constexpr std::uint32_t kMaxLength = (1U << 28U) - 1;

}  // namespace internal

/// A borrowed view of one value inside a Document (16 bytes, pass by value). It is valid while the
/// Document lives; never a member, never kept across a wait without the Document. Reading through
/// a missing value gives a missing value, so paths can be walked without checks.
class Value {
 public:
  Value() = default;

  /// False when a path led nowhere. A JSON null exists and has Kind::Null.
  [[nodiscard]] bool exists() const { return slot_ != nullptr; }
  explicit operator bool() const { return exists(); }
  [[nodiscard]] Kind kind() const;
  [[nodiscard]] bool is_null() const { return kind() == Kind::Null; }
  [[nodiscard]] bool is_string() const { return kind() == Kind::String; }
  [[nodiscard]] bool is_map() const { return kind() == Kind::Map; }
  [[nodiscard]] bool is_list() const { return kind() == Kind::List; }
  [[nodiscard]] bool is_int() const { return kind() == Kind::Int; }

  // Scalars: the value, or the fallback when it is missing or of another kind.
  [[nodiscard]] bool as_bool(bool fallback = false) const;
  [[nodiscard]] std::int64_t as_int(std::int64_t fallback = 0) const;
  [[nodiscard]] double as_double(double fallback = 0) const;  // Reads Int as well.
  [[nodiscard]] std::string_view as_string(std::string_view fallback = {}) const;
  [[nodiscard]] std::string_view as_raw() const;  // The JSON text of Kind::Raw, else "".

  /// The number of children of a List or Map, else 0.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }

  [[nodiscard]] Value operator[](Atom key) const;
  [[nodiscard]] Value operator[](std::string_view key) const;
  [[nodiscard]] Value at(std::size_t index) const;

  /// Children in order: `for (auto [key, value] : v.entries())`, `for (Value item : v.items())`.
  /// Empty for other kinds.
  [[nodiscard]] MapRange entries() const;
  [[nodiscard]] ListRange items() const;

  /// True for a Map that is sorted by the bytes of its keys (a Kubernetes map, a custom object).
  [[nodiscard]] bool is_sorted_map() const;

 private:
  friend class Document;
  friend class MapRange;
  friend class ListRange;
  Value(const internal::Header* base, const internal::Slot* slot) : base_(base), slot_(slot) {}
  [[nodiscard]] const char* bytes(std::uint32_t offset) const {
    return reinterpret_cast<const char*>(base_) + offset;
  }
  [[nodiscard]] std::string_view key_text(std::uint32_t key) const;

  const internal::Header* base_ = nullptr;
  const internal::Slot* slot_ = nullptr;
};

struct MapItem {
  std::string_view key;
  Atom atom;  // Atom{} for a key in place.
  Value value;
};

class MapRange {
 public:
  class Iterator {
   public:
    Iterator(Value map, const internal::Entry* entry) : map_(map), entry_(entry) {}
    MapItem operator*() const;
    Iterator& operator++() {
      ++entry_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return entry_ != other.entry_; }

   private:
    Value map_;
    const internal::Entry* entry_;
  };
  explicit MapRange(Value map);
  [[nodiscard]] Iterator begin() const { return {map_, first_}; }
  [[nodiscard]] Iterator end() const { return {map_, first_ + count_}; }

 private:
  Value map_;
  const internal::Entry* first_ = nullptr;
  std::size_t count_ = 0;
};

class ListRange {
 public:
  class Iterator {
   public:
    Iterator(Value list, const internal::Slot* slot) : list_(list), slot_(slot) {}
    Value operator*() const { return {list_.base_, slot_}; }
    Iterator& operator++() {
      ++slot_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return slot_ != other.slot_; }

   private:
    Value list_;
    const internal::Slot* slot_;
  };
  explicit ListRange(Value list);
  [[nodiscard]] Iterator begin() const { return {list_, first_}; }
  [[nodiscard]] Iterator end() const { return {list_, first_ + count_}; }

 private:
  Value list_;
  const internal::Slot* first_ = nullptr;
  std::size_t count_ = 0;
};

/// A counted reference to an immutable tree; copying it is one atomic increment. Made by
/// Draft::freeze(). Safe to share between threads once published.
class Document {
 public:
  Document() = default;
  Document(const Document& other) : header_(other.header_) { retain(); }
  Document(Document&& other) noexcept : header_(std::exchange(other.header_, nullptr)) {}
  Document& operator=(Document other) noexcept {
    std::swap(header_, other.header_);
    return *this;
  }
  ~Document() { release(); }

  explicit operator bool() const { return header_ != nullptr; }
  [[nodiscard]] Value root() const {
    return header_ == nullptr ? Value{} : Value{header_, &header_->root};
  }
  [[nodiscard]] Value operator[](Atom key) const { return root()[key]; }
  [[nodiscard]] Value operator[](std::string_view key) const { return root()[key]; }
  /// Two references to the very same tree.
  [[nodiscard]] bool same(const Document& other) const { return header_ == other.header_; }

  /// The revision at which this version was committed; 0 before. Kept in the header: the tree has
  /// no metadata.resourceVersion, codecs write it from here.
  [[nodiscard]] std::uint64_t resource_version() const {
    return header_ == nullptr ? 0 : header_->resource_version;
  }
  /// Sets the revision, once, before the document is published to others.
  void set_resource_version(std::uint64_t revision);

  /// Bytes of the one allocation behind this document.
  [[nodiscard]] std::size_t size_bytes() const {
    return header_ == nullptr ? 0 : header_->size_bytes;
  }

 private:
  friend class Freezer;
  explicit Document(internal::Header* header) : header_(header) {}
  void retain() const;
  void release();

  internal::Header* header_ = nullptr;
};

// Shorthands for what every object has. Missing metadata gives empty texts.
std::string_view name_of(Value object);
std::string_view namespace_of(Value object);
std::string_view uid_of(Value object);

}  // namespace knarr::object
