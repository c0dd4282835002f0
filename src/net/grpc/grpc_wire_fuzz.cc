// SPDX-License-Identifier: Apache-2.0
// Any bytes as a stream of messages and as a grpc-message.
#include "base/check.h"
#include "net/grpc/wire.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace knarr::net;
  const std::string input(reinterpret_cast<const char*>(data), size);
  CHECK(decode_grpc_message(input).size() <= size);
  std::string received = input;
  while (true) {
    const auto message = take_grpc_message(received, 1 << 16);
    if (!message || !*message) return 0;
    std::string again = grpc_frame(**message);
    CHECK(*take_grpc_message(again, 1 << 16) == *message && again.empty());
  }
}
