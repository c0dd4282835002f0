// SPDX-License-Identifier: Apache-2.0
// Small hashes whose values others rely on: FNV-1a as Go's hash/fnv (pod template hashes), CRC-32
// as in zlib and Go's hash/crc32 IEEE. Not for secrets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace knarr {

constexpr std::uint32_t kFnv32Basis = 2166136261U;
constexpr std::uint64_t kFnv64Basis = 14695981039346656037ULL;

/// FNV-1a; give the last value as `state` to go on where it stopped.
constexpr std::uint32_t fnv32a(std::string_view bytes, std::uint32_t state = kFnv32Basis) {
  for (const char byte : bytes) state = (state ^ static_cast<std::uint8_t>(byte)) * 16777619U;
  return state;
}

/// FNV-1 (multiply first): what Kubernetes uses in a few places under the name New32.
constexpr std::uint32_t fnv32(std::string_view bytes, std::uint32_t state = kFnv32Basis) {
  for (const char byte : bytes) state = (state * 16777619U) ^ static_cast<std::uint8_t>(byte);
  return state;
}

constexpr std::uint64_t fnv64a(std::string_view bytes, std::uint64_t state = kFnv64Basis) {
  for (const char byte : bytes)
    state = (state ^ static_cast<std::uint8_t>(byte)) * 1099511628211ULL;
  return state;
}

namespace detail {

constexpr std::array<std::uint32_t, 256> make_crc32_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0xedb88320U : 0U);
    table[i] = value;
  }
  return table;
}
inline constexpr std::array<std::uint32_t, 256> kCrc32Table = make_crc32_table();

}  // namespace detail

/// CRC-32 (IEEE); `state` is an earlier result to go on from.
constexpr std::uint32_t crc32(std::string_view bytes, std::uint32_t state = 0) {
  state = ~state;
  for (const char byte : bytes) {
    state = detail::kCrc32Table[(state ^ static_cast<std::uint8_t>(byte)) & 0xff] ^ (state >> 8);
  }
  return ~state;
}

}  // namespace knarr
