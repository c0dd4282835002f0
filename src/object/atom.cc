// SPDX-License-Identifier: Apache-2.0
// The atom table and its hash index, both made by the compiler.
#include "object/atom.h"

#include <array>

namespace knarr::object {
namespace {

constexpr std::array<std::string_view, atom::internal::kCount> kNames = {
    "",
#define KNARR_ATOM(identifier, name) name,
#include "gen/object/atoms.inc"
#undef KNARR_ATOM
};

constexpr std::uint32_t hash(std::string_view text) {
  std::uint32_t value = 2166136261U;  // FNV-1a: short names, no seed needed, the table is fixed.
  for (char c : text) value = (value ^ static_cast<unsigned char>(c)) * 16777619U;
  return value ^ (value >> 15);
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
