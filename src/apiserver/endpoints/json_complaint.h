// SPDX-License-Identifier: Apache-2.0
// Why a text is no JSON, in the words of Go's encoding/json: clients and their users know them.
#pragma once

#include <string>
#include <string_view>

namespace knarr::apiserver {

/// "unexpected end of JSON input", "invalid character '}' looking for beginning of value"; "" when the
/// text is JSON.
std::string json_complaint(std::string_view text);

}  // namespace knarr::apiserver
