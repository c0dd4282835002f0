// SPDX-License-Identifier: Apache-2.0
// Tree: a persistent ordered map from keys to cached items. Copying it is O(1); a change copies the
// nodes on one path, or none where nobody else holds them. A B+ tree with 32 places a node: 8 to 16
// bytes an item beside the item, and a walk reads memory in order.
//
// A Tree belongs to one thread at a time; copies of it share nodes and may be read on others.
#pragma once

#include "object/document.h"
#include "store/bytes.h"
#include "store/store.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace knarr::apiserver {

using store::Revision;

/// One object as cached. `key` is relative to its resource, "namespace/name" or "name", and lives
/// as long as the item, as does the item while a Snapshot that gave it does.
struct CacheItem {
  std::string_view key;     // The end of storage_key.
  object::Document object;  // Its header holds `modified`.
  Revision created = 0;
  Revision modified = 0;
  store::Bytes storage_key;  // The very bytes of the store's index.
};

namespace tree {

struct Item : CacheItem {
  explicit Item(CacheItem item) : CacheItem(std::move(item)) {}
  mutable std::atomic<std::uint32_t> references = 1;
};

/// A counted reference to an item.
class ItemRef {
 public:
  ItemRef() = default;
  explicit ItemRef(CacheItem item) : item_(new Item(std::move(item))) {}
  ItemRef(const ItemRef& other) : item_(other.item_) { retain(item_); }
  ItemRef(ItemRef&& other) noexcept : item_(std::exchange(other.item_, nullptr)) {}
  ItemRef& operator=(ItemRef other) noexcept {
    std::swap(item_, other.item_);
    return *this;
  }
  ~ItemRef() { release(item_); }

  const CacheItem* operator->() const { return item_; }
  [[nodiscard]] const Item* get() const { return item_; }
  [[nodiscard]] const Item* leak() { return std::exchange(item_, nullptr); }

  static void retain(const Item* item) {
    if (item != nullptr) item->references.fetch_add(1, std::memory_order_relaxed);
  }
  static void release(const Item* item) {
    if (item != nullptr && item->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
      delete item;
  }

 private:
  const Item* item_ = nullptr;
};

inline constexpr int kPlaces = 32;
inline constexpr int kMaxDepth = 12;  // At half full, 16^12 items.

struct Node {
  mutable std::atomic<std::uint32_t> references = 1;
  bool leaf = true;
  std::uint8_t count = 0;   // Places in use.
  std::uint32_t items = 0;  // Below, in all.
};

}  // namespace tree

class Tree {
 public:
  Tree() = default;
  Tree(const Tree& other);
  Tree(Tree&& other) noexcept : root_(std::exchange(other.root_, nullptr)) {}
  Tree& operator=(Tree other) noexcept {
    std::swap(root_, other.root_);
    return *this;
  }
  ~Tree();

  [[nodiscard]] std::size_t size() const { return root_ == nullptr ? 0 : root_->items; }
  [[nodiscard]] const CacheItem* find(std::string_view key) const;
  /// The first item whose key is not below `key`, or null.
  [[nodiscard]] const CacheItem* lower_bound(std::string_view key) const;
  /// The first item above `key`, or null.
  [[nodiscard]] const CacheItem* after(std::string_view key) const;
  /// How many items are below `key`.
  [[nodiscard]] std::size_t rank(std::string_view key) const;

  /// Adds the item or takes the place of the one with its key.
  void put(CacheItem item);
  /// False when there was none.
  bool erase(std::string_view key);

  /// A walk in the order of keys. The tree it was made from must live and stay as it is.
  class Cursor {
   public:
    Cursor() = default;
    [[nodiscard]] const CacheItem* item() const;
    void next();

   private:
    friend class Tree;
    struct Step {
      const tree::Node* node = nullptr;
      int place = 0;
    };
    void settle();
    std::array<Step, tree::kMaxDepth> path_{};
    int depth_ = 0;  // Steps in use; 0 at the end.
  };
  /// Stands at lower_bound(key).
  [[nodiscard]] Cursor cursor(std::string_view key) const;

 private:
  tree::Node* root_ = nullptr;
};

}  // namespace knarr::apiserver
