// SPDX-License-Identifier: Apache-2.0
// zlib's deflate with a gzip header.
#include "apiserver/front/gzip.h"

#include "base/check.h"

#include <zlib.h>

#include <array>

namespace knarr::apiserver {

struct Gzip::State {
  z_stream stream{};
};

Gzip::Gzip() : state_(std::make_unique<State>()) {
  constexpr int kGzipWindow = 15 + 16;
  CHECK(deflateInit2(&state_->stream, 1, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) == Z_OK);
}

Gzip::~Gzip() { deflateEnd(&state_->stream); }

void Gzip::run(std::string& out, std::string_view bytes, int flush) {
  z_stream& stream = state_->stream;
  std::array<unsigned char, 16384> buffer;
  // zlib never writes through next_in.
  stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));  // NOLINT
  stream.avail_in = static_cast<unsigned>(bytes.size());
  do {
    stream.next_out = buffer.data();
    stream.avail_out = buffer.size();
    CHECK(deflate(&stream, flush) != Z_STREAM_ERROR);
    out.append(reinterpret_cast<char*>(buffer.data()), buffer.size() - stream.avail_out);
  } while (stream.avail_out == 0);
}

void Gzip::add(std::string& out, std::string_view bytes) { run(out, bytes, Z_NO_FLUSH); }
void Gzip::finish(std::string& out) { run(out, {}, Z_FINISH); }

}  // namespace knarr::apiserver
