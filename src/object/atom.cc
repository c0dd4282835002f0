// SPDX-License-Identifier: Apache-2.0
// The atom table and its hash index, both made by the compiler.
#include "object/atom.h"

#include <array>
#include <cstring>

namespace knarr::object {
namespace {

constexpr std::array<std::string_view, atom::internal::kCount> kNames = {
    "",
#define KNARR_ATOM(identifier, name) name,
#include "gen/object/atoms.inc"
#undef KNARR_ATOM
};

/// Up to eight bytes as a number, lowest first: at run time one or two loads.
constexpr std::uint64_t load(const char* bytes, std::size_t count) {
  if consteval {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      value |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    }
    return value;
  }
  if (count == 8) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes, 8);
    return value;
  }
  if (count >= 4) {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::memcpy(&low, bytes, 4);
    std::memcpy(&high, bytes + count - 4, 4);
    return low | std::uint64_t{high} << (8 * (count - 4));
  }
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    value |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return value;
}

/// Length, first and last eight bytes tell the names apart; no seed needed, the table is fixed.
constexpr std::uint32_t hash(std::string_view text) {
  const std::size_t head = text.size() < 8 ? text.size() : 8;
  std::uint64_t value = load(text.data(), head) * 0x9E3779B97F4A7C15ULL + text.size();
  value = (value ^ (value >> 29U)) + load(text.data() + text.size() - head, head);
  value *= 0xBF58476D1CE4E5B9ULL;
  return static_cast<std::uint32_t>(value >> 32U);
}

constexpr std::size_t kSlots = 8192;
static_assert(kNames.size() * 2 < kSlots);

constexpr std::array<std::uint16_t, kSlots> make_index() {
  std::array<std::uint16_t, kSlots> index{};
  for (std::uint16_t id = 1; id < kNames.size(); ++id) {
    std::size_t slot = hash(kNames[id]) % kSlots;
    while (index[slot] != 0) slot = (slot + 1) % kSlots;
    index[slot] = id;
  }
  return index;
}

constexpr std::array<std::uint16_t, kSlots> kIndex = make_index();

}  // namespace

Atom find_atom(std::string_view name) {
  for (std::size_t slot = hash(name) % kSlots; kIndex[slot] != 0; slot = (slot + 1) % kSlots) {
    if (kNames[kIndex[slot]] == name) return Atom{kIndex[slot]};
  }
  return {};
}

std::string_view atom_name(Atom atom) { return kNames[atom.id]; }

}  // namespace knarr::object
