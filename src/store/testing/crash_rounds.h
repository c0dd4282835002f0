// SPDX-License-Identifier: Apache-2.0
// How often the crash tests crash: KNARR_CRASH_ROUNDS, or their default.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace knarr::store {

inline std::uint64_t crash_rounds(std::uint64_t usual) {
  const char* text = std::getenv("KNARR_CRASH_ROUNDS");
  const std::uint64_t asked = text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
  return asked == 0 ? usual : asked;
}

}  // namespace knarr::store
