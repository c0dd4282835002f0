// SPDX-License-Identifier: Apache-2.0
// The mutable tree: nodes and child arrays on an arena. Arrays double; what they leave behind is
// freed with the Draft.
#include "object/draft.h"

#include "base/check.h"
#include "object/arena.h"
#include "object/node.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <numeric>
#include <string>
#include <vector>

namespace knarr::object {

using internal::Node;
using internal::NodeSlot;

void Arena::add_chunk(std::size_t at_least) {
  const std::size_t size = std::max(at_least, chunk_size_);
  chunks_.push_back(std::make_unique_for_overwrite<std::byte[]>(size));
  next_ = chunks_.back().get();
  left_ = size;
  total_ += size;
  chunk_size_ = std::min(chunk_size_ * 2, kLargestChunk);
}

namespace {

Node* make_node(Arena* arena) { return new (arena->allocate(sizeof(Node))) Node(); }

}  // namespace

Kind NodeRef::kind() const { return node_ == nullptr ? Kind::Null : node_->kind; }

bool NodeRef::as_bool(bool fallback) const {
  return kind() == Kind::Bool ? node_->boolean : fallback;
}

std::int64_t NodeRef::as_int(std::int64_t fallback) const {
  return kind() == Kind::Int ? node_->integer : fallback;
}

double NodeRef::as_double(double fallback) const {
  if (kind() == Kind::Double) return internal::real_of(*node_);
  return kind() == Kind::Int ? static_cast<double>(node_->integer) : fallback;
}

std::string_view NodeRef::as_string(std::string_view fallback) const {
  return kind() == Kind::String ? std::string_view{node_->text, node_->count} : fallback;
}

std::string_view NodeRef::as_raw() const {
  return kind() == Kind::Raw ? std::string_view{node_->text, node_->count} : std::string_view{};
}

std::size_t NodeRef::size() const { return is_map() || is_list() ? node_->count : 0; }

NodeRef NodeRef::operator[](Atom key) const {
  if (!is_map() || !key) return {};
  for (std::uint32_t i = 0; i < node_->count; ++i) {
    if (node_->children[i].atom == key) return {arena_, node_->children[i].node};
  }
  return {};
}

NodeRef NodeRef::operator[](std::string_view key) const {
  if (!is_map()) return {};
  if (Atom atom = find_atom(key)) return (*this)[atom];
  for (std::uint32_t i = 0; i < node_->count; ++i) {
    if (!node_->children[i].atom && node_->children[i].key() == key) {
      return {arena_, node_->children[i].node};
    }
  }
  return {};
}

NodeRef NodeRef::at(std::size_t index) const {
  if (!is_list() || index >= node_->count) return {};
  return {arena_, node_->children[index].node};
}

NodeEntry NodeRef::entry(std::size_t index) const {
  CHECK(is_map() && index < node_->count);
  const NodeSlot& slot = node_->children[index];
  return {slot.key(), slot.atom, NodeRef{arena_, slot.node}};
}

void NodeRef::set_null() {
  CHECK(exists());
  *node_ = Node();
}

void NodeRef::set_bool(bool value) {
  set_null();
  node_->kind = Kind::Bool;
  node_->boolean = value;
}

void NodeRef::set_int(std::int64_t value) {
  set_null();
  node_->kind = Kind::Int;
  node_->integer = value;
}

void NodeRef::set_double(double value) {
  set_null();
  node_->kind = Kind::Double;
  node_->real = value;
}

void NodeRef::set_number(double value, std::string_view text) {
  CHECK(text.size() <= internal::kMaxLength);
  if (text.empty()) return set_double(value);
  char* memory = static_cast<char*>(arena_->allocate(sizeof value + text.size()));
  std::memcpy(memory, &value, sizeof value);
  std::memcpy(memory + sizeof value, text.data(), text.size());
  set_null();
  node_->kind = Kind::Double;
  node_->text = memory + sizeof value;
  node_->count = static_cast<std::uint32_t>(text.size());
}

std::string_view NodeRef::number_text() const {
  if (kind() != Kind::Double || node_->count == 0) return {};
  return {node_->text, node_->count};
}

void NodeRef::set_string(std::string_view value) {
  CHECK(value.size() <= internal::kMaxLength);
  const std::string_view copy = arena_->copy(value);  // First: `value` may be this node's own text.
  set_null();
  node_->kind = Kind::String;
  node_->text = copy.data();
  node_->count = static_cast<std::uint32_t>(copy.size());
}

void NodeRef::set_raw(std::string_view json) {
  set_string(json);
  node_->kind = Kind::Raw;
}

void NodeRef::set_map() {
  set_null();
  node_->kind = Kind::Map;
}

void NodeRef::set_list() {
  set_null();
  node_->kind = Kind::List;
}

void NodeRef::grow() {
  if (node_->count < node_->capacity) return;
  const std::uint32_t capacity = std::max(4U, node_->capacity * 2);
  auto* larger = static_cast<NodeSlot*>(arena_->allocate(capacity * sizeof(NodeSlot)));
  if (node_->count != 0) std::memcpy(larger, node_->children, node_->count * sizeof(NodeSlot));
  node_->children = larger;
  node_->capacity = capacity;
}

NodeRef NodeRef::add_entry(std::string_view key, Atom atom) {
  grow();
  const std::string_view text = atom ? atom_name(atom) : arena_->copy(key);
  Node* child = make_node(arena_);
  node_->children[node_->count++] =
      NodeSlot{child, text.data(), static_cast<std::uint32_t>(text.size()), atom};
  node_->sorted = false;
  return {arena_, child};
}

NodeRef NodeRef::append_entry(Atom key) {
  CHECK(exists() && key);
  if (!is_map()) set_map();
  return add_entry({}, key);
}

NodeRef NodeRef::append_entry(std::string_view key) { return append_entry(key, find_atom(key)); }

NodeRef NodeRef::append_entry(std::string_view key, Atom atom) {
  CHECK(exists());
  if (!is_map()) set_map();
  return add_entry(key, atom);
}

NodeRef NodeRef::renew_at(std::size_t index) {
  CHECK(index < size());
  Node* child = make_node(arena_);
  node_->children[index].node = child;
  return {arena_, child};
}

void NodeRef::mark_duplicated(std::size_t index) {
  CHECK(is_map() && index < size());
  node_->children[index].duplicated = true;
}

bool NodeRef::is_duplicated(std::size_t index) const {
  CHECK(is_map() && index < size());
  return node_->children[index].duplicated;
}

NodeRef NodeRef::ensure(Atom key) {
  CHECK(exists() && key);
  if (!is_map()) set_map();
  if (NodeRef child = (*this)[key]) return child;
  return add_entry({}, key);
}

NodeRef NodeRef::ensure(std::string_view key) {
  if (Atom atom = find_atom(key)) return ensure(atom);
  CHECK(exists());
  if (!is_map()) set_map();
  if (NodeRef child = (*this)[key]) return child;
  return add_entry(key, {});
}

NodeRef NodeRef::ensure_map(std::string_view key) {
  NodeRef child = ensure(key);
  if (!child.is_map()) child.set_map();
  return child;
}

NodeRef NodeRef::ensure_list(std::string_view key) {
  NodeRef child = ensure(key);
  if (!child.is_list()) child.set_list();
  return child;
}

void NodeRef::erase_at(std::size_t index) {
  CHECK(index < size());
  NodeSlot* first = node_->children + index;
  std::memmove(first, first + 1, (node_->count - index - 1) * sizeof(NodeSlot));
  --node_->count;
}

void NodeRef::erase_many(std::span<const std::uint32_t> indices) {
  if (indices.empty()) return;
  CHECK(indices.back() < size());
  std::uint32_t to = indices.front();
  std::size_t next = 0;
  for (std::uint32_t from = to; from < node_->count; ++from) {
    if (next < indices.size() && indices[next] == from) {
      ++next;
    } else {
      node_->children[to++] = node_->children[from];
    }
  }
  node_->count = to;
}

bool NodeRef::erase(Atom key) {
  for (std::size_t i = 0; key && i < (is_map() ? size() : 0); ++i) {
    if (node_->children[i].atom == key) return erase_at(i), true;
  }
  return false;
}

bool NodeRef::erase(std::string_view key) {
  if (Atom atom = find_atom(key)) return erase(atom);
  for (std::size_t i = 0; i < (is_map() ? size() : 0); ++i) {
    if (!node_->children[i].atom && node_->children[i].key() == key) return erase_at(i), true;
  }
  return false;
}

NodeRef NodeRef::append() {
  CHECK(exists());
  if (!is_list()) set_list();
  grow();
  Node* child = make_node(arena_);
  node_->children[node_->count++] = NodeSlot{child, nullptr, 0, {}};
  return {arena_, child};
}

NodeRef NodeRef::insert_at(std::size_t index) {
  NodeRef child = append();
  CHECK(index < node_->count);
  std::rotate(node_->children + index, node_->children + node_->count - 1,
              node_->children + node_->count);
  return child;
}

void NodeRef::clear() {
  CHECK(is_map() || is_list());
  node_->count = 0;
}

void NodeRef::reorder(std::span<const std::uint32_t> order) {
  CHECK(order.size() == size());
  const std::vector<NodeSlot> old(node_->children, node_->children + node_->count);
  for (std::size_t i = 0; i < order.size(); ++i) node_->children[i] = old.at(order[i]);
  node_->sorted = false;
}

void NodeRef::select(std::span<const std::uint32_t> indices) {
  CHECK(is_map() && indices.size() <= size());
  node_->sorted = false;
  std::uint32_t same = 0;
  while (same < indices.size() && indices[same] == same) ++same;
  if (same < indices.size()) {
    constexpr std::size_t kOnStack = 64;
    NodeSlot few[kOnStack];
    std::vector<NodeSlot> many;
    NodeSlot* to = few;
    if (indices.size() - same > kOnStack) {
      many.resize(indices.size() - same);
      to = many.data();
    }
    for (std::size_t i = same; i < indices.size(); ++i) to[i - same] = node_->children[indices[i]];
    std::copy(to, to + (indices.size() - same), node_->children + same);
  }
  node_->count = static_cast<std::uint32_t>(indices.size());
}

void NodeRef::sort_keys() {
  if (!is_map()) return;
  std::sort(node_->children, node_->children + node_->count,
            [](const NodeSlot& a, const NodeSlot& b) { return a.key() < b.key(); });
  node_->sorted = true;
}

void NodeRef::sort_keys_deep() {
  std::vector<Node*> pending;
  if (exists()) pending.push_back(node_);
  while (!pending.empty()) {
    Node* node = pending.back();
    pending.pop_back();
    NodeRef{arena_, node}.sort_keys();
    if (node->kind != Kind::Map && node->kind != Kind::List) continue;
    for (std::uint32_t i = 0; i < node->count; ++i) pending.push_back(node->children[i].node);
  }
}

void NodeRef::take(NodeRef other) {
  CHECK(exists() && other.exists() && arena_ == other.arena_);
  if (node_ == other.node_) return;
  const Node moved = *other.node_;
  *other.node_ = Node();
  *node_ = moved;
}

// Copies recurse: both kinds of trees were built under a bounded depth (codec limits).
void NodeRef::assign(Value value) {
  switch (value.kind()) {
    case Kind::Null: set_null(); break;
    case Kind::Bool: set_bool(value.as_bool()); break;
    case Kind::Int: set_int(value.as_int()); break;
    case Kind::Double: set_double(value.as_double()); break;
    case Kind::String: set_string(value.as_string()); break;
    case Kind::Raw: set_raw(value.as_raw()); break;
    case Kind::List:
      set_list();
      for (Value item : value.items()) append().assign(item);
      break;
    case Kind::Map:
      set_map();
      for (auto [key, atom, child] : value.entries()) add_entry(key, atom).assign(child);
      node_->sorted = value.is_sorted_map();
      break;
  }
}

void NodeRef::assign(NodeRef other) {
  if (exists() && node_ == other.node_) return;
  switch (other.kind()) {
    case Kind::Null: set_null(); break;
    case Kind::Bool: set_bool(other.as_bool()); break;
    case Kind::Int: set_int(other.as_int()); break;
    case Kind::Double: set_number(other.as_double(), other.number_text()); break;
    case Kind::String: set_string(other.as_string()); break;
    case Kind::Raw: set_raw(other.as_raw()); break;
    case Kind::List: {
      Draft copy = Draft::from(other);  // `other` may be below this node.
      set_list();
      for (NodeRef item : copy.root().items()) append().assign_tree(item);
      break;
    }
    case Kind::Map: {
      Draft copy = Draft::from(other);
      set_map();
      for (auto [key, atom, child] : copy.root().entries()) add_entry(key, atom).assign_tree(child);
      node_->sorted = other.node_->sorted;
      break;
    }
  }
}

void NodeRef::assign_tree(NodeRef other) {
  if (other.is_list()) {
    set_list();
    for (NodeRef item : other.items()) append().assign_tree(item);
  } else if (other.is_map()) {
    set_map();
    for (auto [key, atom, child] : other.entries()) add_entry(key, atom).assign_tree(child);
    node_->sorted = other.node_->sorted;
  } else {
    assign(other);
  }
}

Draft::Draft() : arena_(std::make_unique<Arena>()), root_(make_node(arena_.get())) {}
Draft::Draft(Draft&&) noexcept = default;
Draft& Draft::operator=(Draft&&) noexcept = default;
Draft::~Draft() = default;

NodeRef Draft::root() const { return {arena_.get(), root_}; }

Draft Draft::from(Value value) {
  Draft draft;
  draft.root().assign(value);
  return draft;
}

Draft Draft::from(NodeRef node) {
  Draft draft;
  draft.root().assign_tree(node);
  return draft;
}

Draft Draft::from(const Document& document) {
  Draft draft = from(document.root());
  NodeRef metadata = draft[atom::metadata];
  if (document.resource_version() != 0 && metadata.is_map()) {
    metadata.ensure(atom::resourceVersion).set_string(std::to_string(document.resource_version()));
  }
  return draft;
}

std::size_t Draft::arena_bytes() const { return arena_->bytes(); }

}  // namespace knarr::object
