// SPDX-License-Identifier: Apache-2.0
// Digests that wire formats ask for.
#pragma once

#include <string>
#include <string_view>

namespace knarr::net {

/// 20 raw bytes. Only where a protocol demands it (RFC 6455 4.2.2).
[[nodiscard]] std::string sha1(std::string_view bytes);

}  // namespace knarr::net
