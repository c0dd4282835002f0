// SPDX-License-Identifier: Apache-2.0
#include "codec/text/base64.h"

#include <array>
#include <cstdint>

namespace knarr::codec {
namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kInvalid = 0xFF;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kInvalid);
  for (std::size_t i = 0; i < kLetters.size(); ++i) {
    values[static_cast<unsigned char>(kLetters[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}
constexpr std::array<std::uint8_t, 256> kValues = make_values();

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
  const std::size_t start = out.size();
  out.resize(start + (bytes.size() + 2) / 3 * 4, '=');
  char* to = out.data() + start;
  const auto at = [bytes](std::size_t i) -> std::uint32_t {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
  };
  for (std::size_t i = 0; i < bytes.size(); i += 3, to += 4) {
    const std::uint32_t word = at(i) << 16U | at(i + 1) << 8U | at(i + 2);
    to[0] = kLetters[word >> 18U];
    to[1] = kLetters[(word >> 12U) & 63U];
    if (i + 1 < bytes.size()) to[2] = kLetters[(word >> 6U) & 63U];
    if (i + 2 < bytes.size()) to[3] = kLetters[word & 63U];
  }
}

bool read_base64(std::string& out, std::string_view text) {
  out.reserve(out.size() + text.size() / 4 * 3);
  std::uint32_t word = 0;
  int letters = 0;
  int padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    if (c == '=') {
      if (letters + padding < 2 || letters == 4 || ++padding + letters > 4) return false;
      continue;
    }
    const std::uint8_t value = kValues[static_cast<unsigned char>(c)];
    if (value == kInvalid || padding != 0) return false;
    word = word << 6U | value;
    if (++letters < 4) continue;
    for (const unsigned shift : {16U, 8U, 0U}) out.push_back(static_cast<char>(word >> shift & 0xFFU));
    word = 0;
    letters = 0;
  }
  if (letters == 0) return padding == 0;
  if (letters + padding != 4) return false;
  word <<= 6U * static_cast<unsigned>(padding);
  for (int i = 0; i < letters - 1; ++i) {
    out.push_back(static_cast<char>(word >> (16U - 8U * static_cast<unsigned>(i)) & 0xFFU));
  }
  return true;
}

}  // namespace knarr::codec
