// SPDX-License-Identifier: Apache-2.0
// Prints what a pod costs on its way through the codecs. Run it with a file that holds a pod as
// JSON, as a client sends it.
#include "api/types.h"
#include "base/check.h"
#include "codec/json.h"
#include "codec/protobuf.h"
#include "codec/typed.h"

#include <fmt/core.h>

#include <chrono>
#include <cstdio>
#include <string>

namespace {

using namespace knarr;

template <typename Work>
void measure(const char* what, std::size_t bytes, Work work) {
  using Clock = std::chrono::steady_clock;
  double best = 1e9;
  for (int round = 0; round < 7; ++round) {
    constexpr int kTimes = 3000;
    const auto start = Clock::now();
    for (int i = 0; i < kTimes; ++i) work();
    best = std::min(best, std::chrono::duration<double, std::micro>(Clock::now() - start).count() / kTimes);
  }
  fmt::print("{:32} {:8.2f} us {:8.0f} MB/s\n", what, best, static_cast<double>(bytes) / best);
}

}  // namespace

int main(int argc, char** argv) {
  std::string text;
  if (std::FILE* file = argc > 1 ? std::fopen(argv[1], "rb") : nullptr) {
    char buffer[65536];
    for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) text.append(buffer, n);
    std::fclose(file);
  }
  const object::Type type = api::types().find("core/v1.Pod");
  object::Draft draft = MUST(codec::parse_json(text));
  MUST(codec::decode_typed(draft.root(), type));
  const object::Document pod = codec::freeze_typed(draft, type);
  std::string json;
  codec::write_json(json, pod);
  std::string protobuf;
  codec::encode_protobuf(protobuf, pod, type);
  fmt::print("text {} bytes, document {}, json {}, protobuf {}, draft {}\n", text.size(), pod.size_bytes(),
             json.size(), protobuf.size(), draft.arena_bytes());

  measure("parse", text.size(), [&] { MUST(codec::parse_json(text)); });
  measure("parse, typed", text.size(), [&] {
    object::Draft d = MUST(codec::parse_json(text));
    MUST(codec::decode_typed(d.root(), type));
  });
  measure("parse, typed, normalize, freeze", text.size(), [&] {
    object::Draft d = MUST(codec::parse_json(text));
    MUST(codec::decode_typed(d.root(), type));
    const object::Document document = codec::freeze_typed(d, type);
  });
  measure("write json", json.size(), [&] {
    std::string out;
    codec::write_json(out, pod);
  });
  measure("write protobuf", protobuf.size(), [&] {
    std::string out;
    codec::encode_protobuf(out, pod, type);
  });
  measure("read protobuf", protobuf.size(), [&] { MUST(codec::decode_protobuf(protobuf, type)); });
  measure("read protobuf, normalize, freeze", protobuf.size(), [&] {
    object::Draft d = MUST(codec::decode_protobuf(protobuf, type));
    const object::Document document = codec::freeze_typed(d, type);
  });
  measure("thaw", pod.size_bytes(), [&] { const object::Draft d = object::Draft::from(pod); });
  return 0;
}
