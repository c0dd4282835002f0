// SPDX-License-Identifier: Apache-2.0
// Any JSON as an object of some kind: what is accepted is stable under a second pass.
#include "api/types.h"
#include "base/check.h"
#include "codec/json.h"
#include "codec/typed.h"

#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace knarr;
  constexpr const char* kTypes[] = {"core/v1.Pod", "apiextensions.k8s.io/v1.CustomResourceDefinition",
                                    "core/v1.Secret", "apps/v1.ControllerRevision", "core/v1.Event",
                                    "batch/v1.CronJob", "core/v1.Service", "meta/v1.Status"};
  if (size == 0) return 0;
  const object::Type type = api::types().find(kTypes[data[0] % std::size(kTypes)]);
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  codec::JsonNotes json_notes;
  Result<object::Draft> draft = codec::parse_json(text, {.max_depth = 64}, &json_notes);
  if (!draft) return 0;
  codec::DecodeNotes notes;
  notes.duplicate_fields = json_notes.duplicate_fields;
  if (!codec::decode_typed(draft->root(), type, &notes)) return 0;
  std::string once;
  codec::write_json(once, codec::freeze_typed(*draft, type));
  object::Draft again = MUST(codec::parse_json(once));
  codec::DecodeNotes none;
  MUST(codec::decode_typed(again.root(), type, &none));
  CHECK(none.problems.empty());
  std::string twice;
  codec::write_json(twice, codec::freeze_typed(again, type));
  CHECK(once == twice);
  return 0;
}
