// SPDX-License-Identifier: Apache-2.0
// Reading of frozen trees: offsets are walked, nothing is parsed.
#include "object/document.h"

#include "base/check.h"

#include <atomic>
#include <cstdlib>
#include <cstring>

namespace knarr::object {

using internal::Entry;
using internal::Slot;

namespace {

std::uint8_t slot_kind(const Slot& slot) { return slot.head & 0xFU; }
std::uint32_t length(const Slot& slot) { return slot.head >> 4U; }

template <typename T>
T load(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

}  // namespace

Kind Value::kind() const {
  if (slot_ == nullptr) return Kind::Null;
  switch (slot_kind(*slot_)) {
    case internal::kFalse:
    case internal::kTrue: return Kind::Bool;
    case internal::kInt32:
    case internal::kInt64: return Kind::Int;
    case internal::kDouble: return Kind::Double;
    case internal::kString:
    case internal::kShortString: return Kind::String;
    case internal::kRaw: return Kind::Raw;
    case internal::kList: return Kind::List;
    case internal::kMap:
    case internal::kSortedMap: return Kind::Map;
    default: return Kind::Null;
  }
}

bool Value::as_bool(bool fallback) const {
  if (slot_ == nullptr) return fallback;
  if (slot_kind(*slot_) == internal::kTrue) return true;
  return slot_kind(*slot_) == internal::kFalse ? false : fallback;
}

std::int64_t Value::as_int(std::int64_t fallback) const {
  if (slot_ == nullptr) return fallback;
  if (slot_kind(*slot_) == internal::kInt32) return static_cast<std::int32_t>(slot_->data);
  if (slot_kind(*slot_) == internal::kInt64) return load<std::int64_t>(bytes(slot_->data));
  return fallback;
}

double Value::as_double(double fallback) const {
  if (slot_ == nullptr) return fallback;
  if (slot_kind(*slot_) == internal::kDouble) return load<double>(bytes(slot_->data));
  return kind() == Kind::Int ? static_cast<double>(as_int()) : fallback;
}

std::string_view Value::as_string(std::string_view fallback) const {
  if (slot_ == nullptr) return fallback;
  if (slot_kind(*slot_) == internal::kString) return {bytes(slot_->data), length(*slot_)};
  if (slot_kind(*slot_) == internal::kShortString) {
    return {reinterpret_cast<const char*>(&slot_->data), length(*slot_)};
  }
  return fallback;
}

std::string_view Value::as_raw() const {
  if (slot_ == nullptr || slot_kind(*slot_) != internal::kRaw) return {};
  return {bytes(slot_->data), length(*slot_)};
}

std::size_t Value::size() const {
  if (slot_ == nullptr) return 0;
  const Kind k = kind();
  return k == Kind::List || k == Kind::Map ? length(*slot_) : 0;
}

bool Value::is_sorted_map() const {
  return slot_ != nullptr && slot_kind(*slot_) == internal::kSortedMap;
}

std::string_view Value::key_text(std::uint32_t key) const {
  if ((key & internal::kAtomKey) != 0) {
    return atom_name(Atom{static_cast<std::uint16_t>(key & 0xFFFFU)});
  }
  const char* at = bytes(key);
  return {at + sizeof(std::uint32_t), load<std::uint32_t>(at)};
}

Value Value::operator[](Atom key) const {
  if (!is_map() || !key) return {};
  const auto* first = reinterpret_cast<const Entry*>(bytes(slot_->data));
  const std::uint32_t wanted = internal::kAtomKey | key.id;
  for (std::size_t i = 0, n = length(*slot_); i < n; ++i) {
    if (first[i].key == wanted) return {base_, &first[i].value};
  }
  return {};
}

Value Value::operator[](std::string_view key) const {
  if (!is_map()) return {};
  if (Atom atom = find_atom(key)) return (*this)[atom];
  const auto* first = reinterpret_cast<const Entry*>(bytes(slot_->data));
  std::size_t low = 0;
  std::size_t high = length(*slot_);
  if (!is_sorted_map()) {
    for (; low < high; ++low) {
      if (key_text(first[low].key) == key) return {base_, &first[low].value};
    }
    return {};
  }
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const int order = key_text(first[middle].key).compare(key);
    if (order == 0) return {base_, &first[middle].value};
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return {};
}

Value Value::at(std::size_t index) const {
  if (!is_list() || index >= length(*slot_)) return {};
  return {base_, reinterpret_cast<const Slot*>(bytes(slot_->data)) + index};
}

MapRange Value::entries() const { return MapRange(*this); }
ListRange Value::items() const { return ListRange(*this); }

MapRange::MapRange(Value map) : map_(map) {
  if (!map.is_map()) return;
  first_ = reinterpret_cast<const Entry*>(map.bytes(map.slot_->data));
  count_ = length(*map.slot_);
}

MapItem MapRange::Iterator::operator*() const {
  Atom atom;
  if ((entry_->key & internal::kAtomKey) != 0) {
    atom.id = static_cast<std::uint16_t>(entry_->key & 0xFFFFU);
  }
  return {map_.key_text(entry_->key), atom, Value{map_.base_, &entry_->value}};
}

ListRange::ListRange(Value list) : list_(list) {
  if (!list.is_list()) return;
  first_ = reinterpret_cast<const Slot*>(list.bytes(list.slot_->data));
  count_ = length(*list.slot_);
}

void Document::set_resource_version(std::uint64_t revision) {
  CHECK(header_ != nullptr && (header_->resource_version == 0 || revision == header_->resource_version));
  header_->resource_version = revision;
}

void Document::retain() const {
  if (header_ == nullptr) return;
  std::atomic_ref(header_->references).fetch_add(1, std::memory_order_relaxed);
}

void Document::release() {
  if (header_ == nullptr) return;
  if (std::atomic_ref(header_->references).fetch_sub(1, std::memory_order_acq_rel) == 1) {
    ::operator delete(header_);
  }
}

std::string_view name_of(Value object) { return object[atom::metadata][atom::name].as_string(); }
std::string_view namespace_of(Value object) {
  return object[atom::metadata][atom::namespace_].as_string();
}
std::string_view uid_of(Value object) { return object[atom::metadata][atom::uid].as_string(); }

}  // namespace knarr::object
