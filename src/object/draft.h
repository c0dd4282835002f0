// SPDX-License-Identifier: Apache-2.0
// Draft: a mutable tree on an arena of its own, made from a document or from nothing, which
// freezes into a new Document. One thread at a time. Nothing is freed before the Draft is.
#pragma once

#include "object/atom.h"
#include "object/document.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace knarr::object {

class Arena;
class NodeRef;

/// A key of a map with its value. `key` lives in the Draft.
struct NodeEntry;

namespace internal {
struct Node;
}

/// A handle on one node of a Draft (pass by value). Stable while the Draft lives, also when the
/// Draft moves and when siblings are added. A handle on a missing node (`!exists()`) reads as
/// nothing; writing through it is a bug (CHECK).
class NodeRef {
 public:
  NodeRef() = default;

  [[nodiscard]] bool exists() const { return node_ != nullptr; }
  explicit operator bool() const { return exists(); }
  [[nodiscard]] bool same(NodeRef other) const { return node_ == other.node_; }
  [[nodiscard]] Kind kind() const;  // Kind::Null when missing.
  [[nodiscard]] bool is_null() const { return kind() == Kind::Null; }
  [[nodiscard]] bool is_string() const { return kind() == Kind::String; }
  [[nodiscard]] bool is_map() const { return kind() == Kind::Map; }
  [[nodiscard]] bool is_list() const { return kind() == Kind::List; }
  [[nodiscard]] bool is_int() const { return kind() == Kind::Int; }
  [[nodiscard]] bool is_bool() const { return kind() == Kind::Bool; }

  [[nodiscard]] bool as_bool(bool fallback = false) const;
  [[nodiscard]] std::int64_t as_int(std::int64_t fallback = 0) const;
  [[nodiscard]] double as_double(double fallback = 0) const;  // Reads Int as well.
  [[nodiscard]] std::string_view as_string(std::string_view fallback = {}) const;
  [[nodiscard]] std::string_view as_raw() const;
  /// The text a Double was read from ("1.0", "1e3"), where the decoder kept it; else "".
  [[nodiscard]] std::string_view number_text() const;

  /// Children of a List or Map, else 0.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }

  /// The child, or a missing one.
  [[nodiscard]] NodeRef operator[](Atom key) const;
  [[nodiscard]] NodeRef operator[](std::string_view key) const;
  [[nodiscard]] NodeRef at(std::size_t index) const;
  [[nodiscard]] NodeEntry entry(std::size_t index) const;

  // ---- writing; text is copied into the Draft.

  void set_null();
  void set_bool(bool value);
  void set_int(std::int64_t value);
  void set_double(double value);
  /// A Double with the JSON text it was read from; documents keep the value alone.
  void set_number(double value, std::string_view text);
  void set_string(std::string_view value);
  void set_raw(std::string_view json);
  void set_map();   // Makes it an empty map.
  void set_list();  // Makes it an empty list.
  /// A deep copy of a frozen value or of a node (of any Draft) becomes this node's value.
  void assign(Value value);
  void assign(NodeRef other);
  /// This node takes over the other's value (same Draft, no copy); the other becomes null.
  void take(NodeRef other);

  /// The child at a key, made (null) when missing. This node must be a map, or null or of another
  /// kind, which makes it an empty map first.
  NodeRef ensure(Atom key);
  NodeRef ensure(std::string_view key);
  /// Adds a key (null) without looking whether it is there: for decoders that look themselves.
  NodeRef append_entry(std::string_view key);
  NodeRef append_entry(Atom key);
  NodeRef append_entry(std::string_view key, Atom atom);  // `atom` is find_atom(key).
  /// A new null takes the place of a child of a list or map; handles on the old one stay good.
  NodeRef renew_at(std::size_t index);
  /// Remembers that a decoder met this key of a map more than once. Copies do not keep it.
  void mark_duplicated(std::size_t index);
  [[nodiscard]] bool is_duplicated(std::size_t index) const;
  /// As ensure(), and the child is a map (list) afterwards: kept if it was one, else emptied.
  NodeRef ensure_map(std::string_view key);
  NodeRef ensure_list(std::string_view key);
  void set(std::string_view key, bool value) { ensure(key).set_bool(value); }
  void set(std::string_view key, int value) { ensure(key).set_int(value); }
  void set(std::string_view key, long value) { ensure(key).set_int(value); }
  void set(std::string_view key, std::string_view value) { ensure(key).set_string(value); }
  void set(std::string_view key, const char* value) { ensure(key).set_string(value); }

  /// Removes a child; false when it was not there.
  bool erase(std::string_view key);
  bool erase(Atom key);
  void erase_at(std::size_t index);  // List or Map, in order.
  void erase_many(std::span<const std::uint32_t> indices);  // Ascending, each once.
  /// Appends a null to a list (a node of another kind becomes an empty list first).
  NodeRef append();
  void append_string(std::string_view value) { append().set_string(value); }
  NodeRef insert_at(std::size_t index);
  void clear();  // No children; List and Map only.

  /// Puts the children of a map in this order (a permutation of 0..size-1).
  void reorder(std::span<const std::uint32_t> order);
  /// Keeps exactly these children of a map, in this order; each index at most once.
  void select(std::span<const std::uint32_t> indices);
  /// Sorts a map by the bytes of its keys and marks it as a sorted map for freeze(). The mark is
  /// lost when a key is added later.
  void sort_keys();
  /// Sorts every map below, this one included.
  void sort_keys_deep();

  /// Children in order; the map or list must not be changed meanwhile.
  class Entries;
  class Items;
  [[nodiscard]] Entries entries() const;
  [[nodiscard]] Items items() const;

  [[nodiscard]] Arena* arena() const { return arena_; }

 private:
  friend class Draft;
  friend class Freezer;
  NodeRef(Arena* arena, internal::Node* node) : arena_(arena), node_(node) {}
  NodeRef add_entry(std::string_view key, Atom atom);
  void assign_tree(NodeRef other);  // From another Draft, or a part of this one that is not above or below.
  void grow();

  Arena* arena_ = nullptr;
  internal::Node* node_ = nullptr;
};

struct NodeEntry {
  std::string_view key;
  Atom atom;
  NodeRef value;
};

class NodeRef::Entries {
 public:
  class Iterator {
   public:
    Iterator(NodeRef map, std::size_t index) : map_(map), index_(index) {}
    NodeEntry operator*() const { return map_.entry(index_); }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    NodeRef map_;
    std::size_t index_;
  };
  explicit Entries(NodeRef map) : map_(map) {}
  [[nodiscard]] Iterator begin() const { return {map_, 0}; }
  [[nodiscard]] Iterator end() const { return {map_, map_.is_map() ? map_.size() : 0}; }

 private:
  NodeRef map_;
};

class NodeRef::Items {
 public:
  class Iterator {
   public:
    Iterator(NodeRef list, std::size_t index) : list_(list), index_(index) {}
    NodeRef operator*() const { return list_.at(index_); }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    NodeRef list_;
    std::size_t index_;
  };
  explicit Items(NodeRef list) : list_(list) {}
  [[nodiscard]] Iterator begin() const { return {list_, 0}; }
  [[nodiscard]] Iterator end() const { return {list_, list_.is_list() ? list_.size() : 0}; }

 private:
  NodeRef list_;
};

inline NodeRef::Entries NodeRef::entries() const { return Entries(*this); }
inline NodeRef::Items NodeRef::items() const { return Items(*this); }

/// Owns a mutable tree. Its root starts as null.
class Draft {
 public:
  Draft();
  /// A copy of a document's tree. With a resource version in its header, the copy has it as the
  /// text metadata.resourceVersion, as a client would see it.
  static Draft from(const Document& document);
  static Draft from(Value value);
  static Draft from(NodeRef node);

  Draft(Draft&&) noexcept;
  Draft& operator=(Draft&&) noexcept;
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft();

  [[nodiscard]] NodeRef root() const;
  NodeRef operator[](Atom key) const { return root()[key]; }
  NodeRef operator[](std::string_view key) const { return root()[key]; }

  /// An immutable copy of the tree. Maps keep their order; those marked by sort_keys() are sorted
  /// maps. A decimal text at metadata.resourceVersion moves into the header. Codecs' typed forms
  /// (codec/typed.h) put fields in the order of the schema first.
  [[nodiscard]] Document freeze() const;
  /// An immutable copy of one node of this or any Draft, without the resourceVersion rule.
  [[nodiscard]] static Document freeze(NodeRef node);

  /// Bytes taken by the arena so far.
  [[nodiscard]] std::size_t arena_bytes() const;

 private:
  std::unique_ptr<Arena> arena_;
  internal::Node* root_ = nullptr;
};

}  // namespace knarr::object
