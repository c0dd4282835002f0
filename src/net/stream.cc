// SPDX-License-Identifier: Apache-2.0
// The waiting reads and writes of a Stream, on top of the trying ones.
#include "net/stream.h"

namespace knarr::net {

Task<Result<std::size_t>> Stream::read(std::span<char> buffer) {
  while (true) {
    if (const auto size = CO_TRY(try_read(buffer))) co_return *size;
    CO_TRY(co_await readable());
  }
}

Task<Result<>> Stream::write(std::span<const std::string_view> pieces) {
  for (const std::string_view piece : pieces) CO_TRY(co_await write(piece));
  co_return ok();
}

Task<Result<>> Stream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    bytes.remove_prefix(CO_TRY(try_write(bytes)));
    if (!bytes.empty()) CO_TRY(co_await writable());
  }
  co_return ok();
}

Error closed_error() {
  return {Reason::ServiceUnavailable, "use of closed network connection"};
}

}  // namespace knarr::net
