// SPDX-License-Identifier: Apache-2.0
// Any bytes, in any pieces, either give frames that survive a round trip or an error.
#include "base/check.h"
#include "net/websocket/frame.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace knarr::net;
  if (size < 2) return 0;
  const bool masked = (data[0] & 1) != 0;
  const std::size_t step = data[1] % 17 + 1;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  WebSocketFrameParser parser(masked, 1 << 16);
  while (!bytes.empty()) {
    parser.append(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
    while (true) {
      const auto frame = parser.next();
      if (!frame) return 0;
      if (!*frame) break;
      (void)is_utf8((*frame)->payload);
      WebSocketFrameParser again(false, 1 << 16);
      again.append(encode_frame((*frame)->opcode, (*frame)->payload, {}));
      const auto copy = again.next();
      CHECK(copy && *copy && (*copy)->payload == (*frame)->payload);
    }
  }
  return 0;
}
