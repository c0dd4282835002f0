// SPDX-License-Identifier: Apache-2.0
// Bytes: immutable bytes in one reference-counted allocation behind one pointer. Keys and values
// are handed from the log to every reader without being copied. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace knarr::store {

class Bytes {
 public:
  Bytes() = default;
  Bytes(std::string_view bytes) : block_(make(bytes)) {}      // NOLINT(google-explicit-constructor)
  Bytes(const std::string& bytes) : block_(make(bytes)) {}    // NOLINT(google-explicit-constructor)
  Bytes(const char* text) : Bytes(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)
  Bytes(const Bytes& other) : block_(other.block_) {
    if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  Bytes(Bytes&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Bytes& operator=(Bytes other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Bytes() {
    if (block_ == nullptr) return;
    if (block_->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    block_->~Block();
    ::operator delete(block_);
  }

  [[nodiscard]] std::string_view view() const {
    return block_ == nullptr
               ? std::string_view()
               : std::string_view(reinterpret_cast<const char*>(block_ + 1), block_->size);
  }
  operator std::string_view() const { return view(); }  // NOLINT(google-explicit-constructor)
  [[nodiscard]] std::size_t size() const { return block_ == nullptr ? 0 : block_->size; }
  [[nodiscard]] bool empty() const { return size() == 0; }

  friend bool operator==(const Bytes& a, const Bytes& b) { return a.view() == b.view(); }

 private:
  struct Block {
    std::atomic<std::uint32_t> references = 1;
    std::uint32_t size = 0;
  };

  static Block* make(std::string_view bytes) {
    if (bytes.empty()) return nullptr;
    Block* block = new (::operator new(sizeof(Block) + bytes.size())) Block;
    block->size = static_cast<std::uint32_t>(bytes.size());
    std::memcpy(static_cast<void*>(block + 1), bytes.data(), bytes.size());
    return block;
  }

  Block* block_ = nullptr;
};

/// For maps that are keyed by Bytes and searched by string_view.
struct BytesHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view bytes) const {
    return std::hash<std::string_view>()(bytes);
  }
};
struct BytesEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return a == b; }
};

}  // namespace knarr::store
