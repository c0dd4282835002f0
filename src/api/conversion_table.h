// SPDX-License-Identifier: Apache-2.0
// The generated rows behind conversion.h.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace knarr::api {

struct RenameRow {
  std::uint32_t from = 0;  // Names of fields of the object.
  std::uint32_t to = 0;
};

struct ConversionRow {
  std::uint32_t from = 0;  // Indices of types.
  std::uint32_t to = 0;
  std::uint32_t hook = 0;  // Name of a C++ function; "" = none.
  std::uint16_t first_rename = 0;
  std::uint16_t rename_count = 0;
};

struct ConversionTable {
  std::span<const ConversionRow> rows;
  std::span<const RenameRow> renames;
  const char* strings = nullptr;
  [[nodiscard]] std::string_view text(std::uint32_t offset) const { return strings + offset; }
};

const ConversionTable& conversions();

}  // namespace knarr::api
