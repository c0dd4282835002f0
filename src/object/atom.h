// SPDX-License-Identifier: Apache-2.0
// Atoms: the field names of the API description, numbered. A document stores a name that is in the
// table as its number and every other key as bytes in place. Nothing is interned at run time.
#pragma once

#include <cstdint>
#include <string_view>

namespace knarr::object {

/// The number of a field name; 0 is "not an atom".
struct Atom {
  std::uint16_t id = 0;
  constexpr explicit operator bool() const { return id != 0; }
  friend constexpr bool operator==(Atom, Atom) = default;
};

/// The atom of a name, or Atom{} when the table does not hold it. One hash look-up; any thread.
Atom find_atom(std::string_view name);

/// The name of an atom; "" for Atom{}.
std::string_view atom_name(Atom atom);

namespace atom {
namespace internal {
enum Number : std::uint16_t {
  kNone,
#define KNARR_ATOM(identifier, name) k_##identifier,
#include "gen/object/atoms.inc"
#undef KNARR_ATOM
  kCount,
};
}  // namespace internal
#define KNARR_ATOM(identifier, name) inline constexpr Atom identifier{internal::k_##identifier};
#include "gen/object/atoms.inc"
#undef KNARR_ATOM
}  // namespace atom

}  // namespace knarr::object
