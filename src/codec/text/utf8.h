// SPDX-License-Identifier: Apache-2.0
// UTF-8 as Go reads it: one invalid byte is one U+FFFD.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace knarr::codec::internal {

inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

/// The length of the valid sequence at the front of `text` (1 to 4), or 0 when it is invalid.
/// `text` is not empty.
std::size_t utf8_length(std::string_view text);

/// Bytes at the front of `text` that are valid.
std::size_t valid_utf8_prefix(std::string_view text);

/// Appends a code point (not a surrogate, at most 10FFFF).
void append_utf8(std::string& out, std::uint32_t code);

}  // namespace knarr::codec::internal
