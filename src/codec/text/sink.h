// SPDX-License-Identifier: Apache-2.0
// Sink: appends to a std::string through a raw cursor. The string has room to spare while the Sink
// lives and its right size when it ends.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace knarr::codec::internal {

class Sink {
 public:
  explicit Sink(std::string& out) : out_(out) { grow_to(std::max(out.capacity(), out.size()), out.size()); }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  ~Sink() { out_.resize(size()); }

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(at_ - out_.data()); }

  /// Makes room for `bytes` and gives the cursor; advance it with took().
  char* room(std::size_t bytes) {
    if (static_cast<std::size_t>(end_ - at_) < bytes) {
      grow_to(std::max(size() + bytes, out_.size() * 2), size());
    }
    return at_;
  }
  void took(std::size_t bytes) { at_ += bytes; }

  void put(char c) {
    *room(1) = c;
    ++at_;
  }
  void put(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(room(text.size()), text.data(), text.size());
    at_ += text.size();
  }

 private:
  void grow_to(std::size_t bytes, std::size_t used) {
    out_.resize_and_overwrite(std::max<std::size_t>(bytes, 256), [](char*, std::size_t n) { return n; });
    at_ = out_.data() + used;
    end_ = out_.data() + out_.size();
  }

  std::string& out_;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace knarr::codec::internal
