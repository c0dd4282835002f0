// SPDX-License-Identifier: Apache-2.0
// Arena: bump allocation in chunks that double; everything goes at once. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace knarr::object {

class Arena {
 public:
  /// Uninitialised memory, aligned to 8 bytes.
  void* allocate(std::size_t bytes) {
    bytes = (bytes + 7U) & ~std::size_t{7};
    if (bytes > left_) add_chunk(bytes);
    void* result = next_;
    next_ += bytes;
    left_ -= bytes;
    return result;
  }
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* to = static_cast<char*>(allocate(text.size()));
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }
  [[nodiscard]] std::size_t bytes() const { return total_; }

 private:
  void add_chunk(std::size_t at_least);

  static constexpr std::size_t kFirstChunk = 2048;  // A small object fits; a pod takes two or three.
  static constexpr std::size_t kLargestChunk = 256UL * 1024;
  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t total_ = 0;
  std::size_t chunk_size_ = kFirstChunk;
};

}  // namespace knarr::object
