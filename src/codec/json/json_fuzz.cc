// SPDX-License-Identifier: Apache-2.0
// Any bytes: the reader ends, and what it accepts is written as JSON that reads back the same.
#include "base/check.h"
#include "codec/json.h"
#include "object/equality.h"

#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace knarr;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  codec::JsonNotes notes;
  const Result<object::Draft> draft = codec::parse_json(text, {.max_depth = 64}, &notes);
  std::string compact;
  const bool compacted = codec::compact_json(compact, text, {.max_depth = 64}).has_value();
  if (!draft) return 0;
  CHECK(compacted);
  std::string once;
  codec::write_json(once, draft->root());
  std::string pretty;
  codec::write_json(pretty, draft->root(), codec::JsonStyle::Pretty);
  const object::Draft again = MUST(codec::parse_json(once));
  const object::Draft indented = MUST(codec::parse_json(pretty));
  CHECK(object::equal(again.root(), indented.root()));
  std::string twice;
  codec::write_json(twice, object::Draft::freeze(again.root()).root());
  CHECK(once == twice);
  return 0;
}
