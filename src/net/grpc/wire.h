// SPDX-License-Identifier: Apache-2.0
// The bytes of gRPC over HTTP/2: message framing, grpc-timeout, grpc-message.
#pragma once

#include "base/result.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace knarr::net {

[[nodiscard]] std::string grpc_frame(std::string_view message);

/// Takes the first whole message out of `received`, if there is one. Errors: BadRequest
/// (compressed, which we did not offer), RequestEntityTooLarge.
[[nodiscard]] Result<std::optional<std::string>> take_grpc_message(std::string& received,
                                                                   std::size_t max_message_bytes);

/// At most eight digits and a unit: "250m" is 250 ms.
[[nodiscard]] std::string grpc_timeout(std::chrono::milliseconds timeout);

/// Undoes the percent-encoding of grpc-message; what is not an escape stays as it is.
[[nodiscard]] std::string decode_grpc_message(std::string_view text);

}  // namespace knarr::net
