// SPDX-License-Identifier: Apache-2.0
// What a plain YAML 1.1 scalar means, by the rules of go-yaml v2.
#pragma once

#include <cstdint>
#include <string_view>

namespace knarr::codec::internal {

struct YamlScalar {
  enum class Kind : std::uint8_t { Null, Bool, Int, Unsigned, Float, String } kind = Kind::String;
  bool boolean = false;
  std::int64_t integer = 0;
  std::uint64_t natural = 0;  // Unsigned: beyond int64.
  double real = 0;            // May be infinite or not a number.
};

/// Resolves a plain scalar. Times stay texts.
YamlScalar resolve_plain(std::string_view text);

/// True for texts that would not come back as the same text if they were written plain.
bool needs_quotes(std::string_view text);

}  // namespace knarr::codec::internal
