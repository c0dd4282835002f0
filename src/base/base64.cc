// SPDX-License-Identifier: Apache-2.0
// Base64, three bytes to four letters and back.
#include "base/base64.h"

#include <array>
#include <cstdint>

#include <fmt/core.h>

namespace knarr {
namespace {

constexpr std::string_view kStandardLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNotALetter = 0xff;

constexpr std::array<std::uint8_t, 256> reverse(std::string_view letters) {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNotALetter);
  for (std::size_t i = 0; i < letters.size(); ++i) {
    values[static_cast<std::uint8_t>(letters[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}

constexpr std::array<std::uint8_t, 256> kStandardValues = reverse(kStandardLetters);
constexpr std::array<std::uint8_t, 256> kUrlValues = reverse(kUrlLetters);

bool is_padded(Base64 form) {
  return form == Base64::Standard || form == Base64::Url;
}
bool is_url(Base64 form) {
  return form == Base64::Url || form == Base64::UrlRaw;
}

Error bad_byte(std::size_t offset) {
  return {Reason::BadRequest, fmt::format("illegal base64 data at input byte {}", offset)};
}

}  // namespace

std::string base64_encode(std::string_view bytes, Base64 form) {
  const std::string_view letters = is_url(form) ? kUrlLetters : kStandardLetters;
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? static_cast<std::uint8_t>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k <= count; ++k) text.push_back(letters[group >> (18 - 6 * k) & 63]);
    if (is_padded(form)) text.append(3 - count, '=');
  }
  return text;
}

Result<std::string> base64_decode(std::string_view text, Base64 form) {
  const auto& values = is_url(form) ? kUrlValues : kStandardValues;
  std::size_t letters = text.size();
  if (is_padded(form)) {
    if (text.size() % 4 != 0) return bad_byte(text.size());
    for (int i = 0; i < 2 && letters > 0 && text[letters - 1] == '='; ++i) --letters;
  }
  const std::size_t rest = letters % 4;
  if (rest == 1) return bad_byte(letters);
  std::string bytes;
  bytes.reserve(letters / 4 * 3 + 2);
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < letters; ++i) {
    const std::uint8_t value = values[static_cast<std::uint8_t>(text[i])];
    if (value == kNotALetter) return bad_byte(i);
    group = group << 6 | value;
    if (i % 4 != 3) continue;
    bytes.push_back(static_cast<char>(group >> 16));
    bytes.push_back(static_cast<char>(group >> 8));
    bytes.push_back(static_cast<char>(group));
    group = 0;
  }
  if (rest == 2) {
    if ((group & 0xf) != 0) return bad_byte(letters - 1);
    bytes.push_back(static_cast<char>(group >> 4));
  } else if (rest == 3) {
    if ((group & 0x3) != 0) return bad_byte(letters - 1);
    bytes.push_back(static_cast<char>(group >> 10));
    bytes.push_back(static_cast<char>(group >> 2));
  }
  return bytes;
}

}  // namespace knarr
