// SPDX-License-Identifier: Apache-2.0
// Any bytes, in any pieces, as a request and as a response: an error or a message, and no more
// bytes used up than given.
#include "base/check.h"
#include "net/http1/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace knarr::net;
  if (size < 2) return 0;
  const std::size_t step = data[1] % 61 + 1;
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  Http1Parser parser((data[0] & 1) != 0 ? Http1Parser::Kind::Request : Http1Parser::Kind::Response,
                     4096);
  if ((data[0] & 2) != 0) parser.expect_no_body();
  std::string buffer;
  for (std::size_t at = 0; at < input.size() && !parser.is_done(); at += step) {
    buffer += input.substr(at, step);
    const auto used = parser.feed(buffer);
    if (!used) return 0;
    CHECK(*used <= buffer.size());
    buffer.erase(0, *used);
    if (parser.is_head_done()) (void)parser.head().headers.has_token("Connection", "close");
    (void)parser.take_body();
  }
  (void)parser.feed_end();
  return 0;
}
