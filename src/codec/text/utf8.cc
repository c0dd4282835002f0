// SPDX-License-Identifier: Apache-2.0
// Table-free UTF-8 checks: text is nearly always ASCII, which is skipped eight bytes at a time.
#include "codec/text/utf8.h"

#include <cstring>

namespace knarr::codec::internal {
namespace {

std::uint8_t byte(char c) { return static_cast<std::uint8_t>(c); }
bool continues(char c) { return (byte(c) & 0xC0U) == 0x80U; }

}  // namespace

std::size_t utf8_length(std::string_view text) {
  const std::uint8_t first = byte(text[0]);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  if (text.size() < 2 || !continues(text[1])) return 0;
  if (first < 0xE0) return 2;
  const std::uint8_t second = byte(text[1]);
  if (first < 0xF0) {
    if (text.size() < 3 || !continues(text[2])) return 0;
    if (first == 0xE0 && second < 0xA0) return 0;  // Too long a form.
    if (first == 0xED && second > 0x9F) return 0;  // Surrogates.
    return 3;
  }
  if (text.size() < 4 || !continues(text[2]) || !continues(text[3])) return 0;
  if (first == 0xF0 && second < 0x90) return 0;
  if (first == 0xF4 && second > 0x8F) return 0;  // Above 10FFFF.
  return 4;
}

std::size_t valid_utf8_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::uint64_t word = 0;
    if (at + sizeof word <= text.size()) {
      std::memcpy(&word, text.data() + at, sizeof word);
      if ((word & 0x8080808080808080ULL) == 0) {
        at += sizeof word;
        continue;
      }
    }
    const std::size_t length = utf8_length(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return at;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t value) { out.push_back(static_cast<char>(value)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0U | (code >> 6U));
  } else if (code < 0x10000) {
    put(0xE0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3FU));
  } else {
    put(0xF0U | (code >> 18U));
    put(0x80U | ((code >> 12U) & 0x3FU));
    put(0x80U | ((code >> 6U) & 0x3FU));
  }
  put(0x80U | (code & 0x3FU));
}

}  // namespace knarr::codec::internal
