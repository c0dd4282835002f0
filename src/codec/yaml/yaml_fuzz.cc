// SPDX-License-Identifier: Apache-2.0
// Any bytes: the reader ends within its limits, and what it accepts is written as YAML that reads.
#include "base/check.h"
#include "codec/yaml.h"

#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace knarr;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const codec::JsonLimits limits{.max_depth = 64, .max_values = 20'000};
  static_cast<void>(codec::parse_yaml_documents(text, limits));
  codec::JsonNotes notes;
  const Result<object::Draft> draft = codec::parse_yaml(text, limits, &notes);
  if (!draft) return 0;
  std::string yaml;
  codec::write_yaml(yaml, draft->root());
  return 0;
}
