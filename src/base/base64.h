// SPDX-License-Identifier: Apache-2.0
// Base64 of RFC 4648: the standard and the URL alphabet, with or without padding. Decoding is
// strict: nothing outside the alphabet, no stray bits, padding exactly as asked.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace knarr {

enum class Base64 : unsigned char {
  Standard,     // "+/", padded: []byte in JSON, Secrets.
  StandardRaw,  // "+/", no padding.
  Url,          // "-_", padded.
  UrlRaw,       // "-_", no padding: JWT.
};

[[nodiscard]] std::string base64_encode(std::string_view bytes, Base64 form = Base64::Standard);

/// Errors: BadRequest, naming the offset of the first wrong byte.
[[nodiscard]] Result<std::string> base64_decode(std::string_view text,
                                                Base64 form = Base64::Standard);

}  // namespace knarr
