// SPDX-License-Identifier: Apache-2.0
// Standard base64 with padding, as Go's encoding/base64 StdEncoding reads and writes it.
#pragma once

#include <string>
#include <string_view>

namespace knarr::codec {

/// Appends the base64 form of `bytes`.
void append_base64(std::string& out, std::string_view bytes);

/// Appends the bytes of a base64 text; line ends inside it are skipped. False when it is not base64
/// (`out` then holds what was read so far).
bool read_base64(std::string& out, std::string_view text);

}  // namespace knarr::codec
