// SPDX-License-Identifier: Apache-2.0
// SHA-256 (FIPS 180-4) for storage version hashes; the generator depends on no library.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace knarr::apigen {

std::array<std::uint8_t, 32> sha256(const std::string& text);

/// Discovery's storageVersionHash: base64 of the first 8 bytes of the SHA-256 of
/// "group/version/kind", the group empty for core.
std::string storage_version_hash(const std::string& group, const std::string& version,
                                 const std::string& kind);

}  // namespace knarr::apigen
