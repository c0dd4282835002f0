// SPDX-License-Identifier: Apache-2.0
// The B+ tree's nodes and its changes. A node held once, on a path held once, is changed in place;
// any other is copied first (`own`). Underfull nodes join a neighbour when both fit into one.
#include "apiserver/watch_cache/tree.h"

#include "base/check.h"

#include <algorithm>

namespace knarr::apiserver {

using tree::Item;
using tree::ItemRef;
using tree::kPlaces;
using tree::Node;

namespace {

constexpr int kFew = kPlaces / 4;

struct Leaf : Node {
  std::array<const Item*, kPlaces> item{};
};

struct Inner : Node {
  Inner() { leaf = false; }
  std::array<Node*, kPlaces> child{};
  std::array<const Item*, kPlaces> first{};  // The smallest item below each child; not counted.
};

Leaf* as_leaf(Node* node) {
  return static_cast<Leaf*>(node);
}
const Leaf* as_leaf(const Node* node) {
  return static_cast<const Leaf*>(node);
}
Inner* as_inner(Node* node) {
  return static_cast<Inner*>(node);
}
const Inner* as_inner(const Node* node) {
  return static_cast<const Inner*>(node);
}

void retain(const Node* node) {
  node->references.fetch_add(1, std::memory_order_relaxed);
}

void release(Node* node) {
  if (node == nullptr || node->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (node->leaf) {
    for (int i = 0; i < node->count; ++i) ItemRef::release(as_leaf(node)->item[i]);
    delete as_leaf(node);
  } else {
    for (int i = 0; i < node->count; ++i) release(as_inner(node)->child[i]);  // Depth is bounded.
    delete as_inner(node);
  }
}

// Appends copies of `other`'s entries [from, to); they are held once more.
void append(Node* node, const Node* other, int from, int to) {
  for (int i = from; i < to; ++i) {
    if (node->leaf) {
      ItemRef::retain(as_leaf(other)->item[i]);
      as_leaf(node)->item[node->count] = as_leaf(other)->item[i];
      node->items += 1;
    } else {
      retain(as_inner(other)->child[i]);
      as_inner(node)->child[node->count] = as_inner(other)->child[i];
      as_inner(node)->first[node->count] = as_inner(other)->first[i];
      node->items += as_inner(other)->child[i]->items;
    }
    ++node->count;
  }
}

Node* make_like(const Node* node) {
  return node->leaf ? static_cast<Node*>(new Leaf) : new Inner;
}

void own(Node*& slot) {
  if (slot->references.load(std::memory_order_acquire) == 1) return;
  Node* copy = make_like(slot);
  append(copy, slot, 0, slot->count);
  release(std::exchange(slot, copy));
}

const Item* first_of(const Node* node) {
  return node->leaf ? as_leaf(node)->item[0] : as_inner(node)->first[0];
}

// The place of the first item not below the key.
int place_in(const Leaf* leaf, std::string_view key) {
  const auto begin = leaf->item.begin();
  return static_cast<int>(
      std::lower_bound(begin, begin + leaf->count, key,
                       [](const Item* item, std::string_view k) { return item->key < k; }) -
      begin);
}

// The child that has the key, if any has.
int child_for(const Inner* inner, std::string_view key) {
  const auto begin = inner->first.begin();
  const auto above =
      std::upper_bound(begin + 1, begin + inner->count, key,
                       [](std::string_view k, const Item* item) { return k < item->key; });
  return static_cast<int>(above - begin) - 1;
}

bool holds(const Leaf* leaf, int place, std::string_view key) {
  return place < leaf->count && leaf->item[place]->key == key;
}

template <typename Array, typename Value>
void insert_at(Array& array, int count, int place, Value value) {
  std::move_backward(array.begin() + place, array.begin() + count, array.begin() + count + 1);
  array[place] = value;
}

template <typename Array>
void erase_at(Array& array, int count, int place) {
  std::move(array.begin() + place + 1, array.begin() + count, array.begin() + place);
}

// Moves the upper part of a full node into a new one. Keys that arrive in order (a load) always
// come last: then the node stays full.
Node* split(Node* node, int place) {
  const int keep = place == kPlaces ? kPlaces : kPlaces / 2;
  Node* right = make_like(node);
  append(right, node, keep, node->count);
  for (int i = keep; i < node->count; ++i) {
    if (node->leaf) {
      ItemRef::release(as_leaf(node)->item[i]);
    } else {
      release(as_inner(node)->child[i]);
    }
  }
  node->items -= right->items;
  node->count = static_cast<std::uint8_t>(keep);
  return right;
}

// All put functions give the new right neighbour of `slot`, or null.
Node* put_into(Node*& slot, ItemRef& item);

Node* put_into_leaf(Leaf* leaf, ItemRef& item) {
  int place = place_in(leaf, item->key);
  if (holds(leaf, place, item->key)) {
    ItemRef::release(std::exchange(leaf->item[place], item.leak()));
    return nullptr;
  }
  Node* right = nullptr;
  if (leaf->count == kPlaces) {
    right = split(leaf, place);
    if (place >= leaf->count) {
      place -= leaf->count;
      leaf = as_leaf(right);
    }
  }
  insert_at(leaf->item, leaf->count, place, item.leak());
  ++leaf->count;
  ++leaf->items;
  return right;
}

Node* put_into_inner(Inner* inner, ItemRef& item) {
  const int place = child_for(inner, item->key);
  const std::uint32_t before = inner->child[place]->items;
  Node* added = put_into(inner->child[place], item);
  inner->first[place] = first_of(inner->child[place]);
  inner->items += inner->child[place]->items - before;
  if (added == nullptr) return nullptr;
  Node* right = nullptr;
  int at = place + 1;
  if (inner->count == kPlaces) {
    right = split(inner, at);
    if (at >= inner->count) {
      at -= inner->count;
      inner = as_inner(right);
    }
  }
  insert_at(inner->child, inner->count, at, added);
  insert_at(inner->first, inner->count, at, first_of(added));
  ++inner->count;
  inner->items += added->items;
  return right;
}

Node* put_into(Node*& slot, ItemRef& item) {
  own(slot);
  return slot->leaf ? put_into_leaf(as_leaf(slot), item) : put_into_inner(as_inner(slot), item);
}

// Joins children `place` and `place + 1`.
void join(Inner* inner, int place) {
  own(inner->child[place]);
  Node* right = inner->child[place + 1];
  append(inner->child[place], right, 0, right->count);
  release(right);
  erase_at(inner->child, inner->count, place + 1);
  erase_at(inner->first, inner->count, place + 1);
  --inner->count;
}

// The key is there.
void erase_from(Node*& slot, std::string_view key) {
  own(slot);
  --slot->items;
  if (slot->leaf) {
    Leaf* leaf = as_leaf(slot);
    const int place = place_in(leaf, key);
    const Item* gone = leaf->item[place];
    erase_at(leaf->item, leaf->count, place);
    --leaf->count;
    ItemRef::release(gone);
    return;
  }
  Inner* inner = as_inner(slot);
  const int place = child_for(inner, key);
  erase_from(inner->child[place], key);
  Node* child = inner->child[place];
  if (child->count == 0) {
    release(child);
    erase_at(inner->child, inner->count, place);
    erase_at(inner->first, inner->count, place);
    --inner->count;
    return;
  }
  inner->first[place] = first_of(child);
  if (child->count >= kFew) return;
  if (place + 1 < inner->count && child->count + inner->child[place + 1]->count <= kPlaces) {
    join(inner, place);
  } else if (place > 0 && inner->child[place - 1]->count + child->count <= kPlaces) {
    join(inner, place - 1);
  }
}

}  // namespace

Tree::Tree(const Tree& other) : root_(other.root_) {
  if (root_ != nullptr) retain(root_);
}

Tree::~Tree() {
  release(root_);
}

const CacheItem* Tree::find(std::string_view key) const {
  const Node* node = root_;
  if (node == nullptr) return nullptr;
  while (!node->leaf) node = as_inner(node)->child[child_for(as_inner(node), key)];
  const int place = place_in(as_leaf(node), key);
  return holds(as_leaf(node), place, key) ? as_leaf(node)->item[place] : nullptr;
}

const CacheItem* Tree::lower_bound(std::string_view key) const {
  return cursor(key).item();
}

const CacheItem* Tree::after(std::string_view key) const {
  Cursor at = cursor(key);
  const CacheItem* item = at.item();
  if (item != nullptr && item->key == key) {
    at.next();
    item = at.item();
  }
  return item;
}

std::size_t Tree::rank(std::string_view key) const {
  std::size_t below = 0;
  const Node* node = root_;
  if (node == nullptr) return 0;
  while (!node->leaf) {
    const Inner* inner = as_inner(node);
    const int place = child_for(inner, key);
    for (int i = 0; i < place; ++i) below += inner->child[i]->items;
    node = inner->child[place];
  }
  return below + static_cast<std::size_t>(place_in(as_leaf(node), key));
}

void Tree::put(CacheItem item) {
  ItemRef reference(std::move(item));
  if (root_ == nullptr) root_ = new Leaf;
  Node* right = put_into(root_, reference);
  if (right == nullptr) return;
  auto* top = new Inner;
  top->child = {root_, right};
  top->first = {first_of(root_), first_of(right)};
  top->count = 2;
  top->items = root_->items + right->items;
  root_ = top;
}

bool Tree::erase(std::string_view key) {
  if (find(key) == nullptr) return false;
  erase_from(root_, key);
  while (!root_->leaf && root_->count == 1) {
    Node* child = as_inner(root_)->child[0];
    retain(child);
    release(std::exchange(root_, child));
  }
  if (root_->count == 0) release(std::exchange(root_, nullptr));
  return true;
}

Tree::Cursor Tree::cursor(std::string_view key) const {
  Cursor cursor;
  const Node* node = root_;
  if (node == nullptr) return cursor;
  while (true) {
    CHECK(cursor.depth_ < tree::kMaxDepth);
    const int place = node->leaf ? place_in(as_leaf(node), key) : child_for(as_inner(node), key);
    cursor.path_[cursor.depth_++] = {node, place};
    if (node->leaf) break;
    node = as_inner(node)->child[place];
  }
  cursor.settle();
  return cursor;
}

const CacheItem* Tree::Cursor::item() const {
  if (depth_ == 0) return nullptr;
  const Step& step = path_[depth_ - 1];
  return as_leaf(step.node)->item[step.place];
}

void Tree::Cursor::next() {
  if (depth_ == 0) return;
  ++path_[depth_ - 1].place;
  settle();
}

// Goes up from the end of a node, then down to the first leaf on the right.
void Tree::Cursor::settle() {
  while (depth_ > 0 && path_[depth_ - 1].place >= path_[depth_ - 1].node->count) {
    if (--depth_ > 0) ++path_[depth_ - 1].place;
  }
  while (depth_ > 0 && !path_[depth_ - 1].node->leaf) {
    const Step& step = path_[depth_ - 1];
    path_[depth_++] = {as_inner(step.node)->child[step.place], 0};
  }
}

}  // namespace knarr::apiserver
