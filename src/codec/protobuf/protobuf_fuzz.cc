// SPDX-License-Identifier: Apache-2.0
// Any bytes as an object of some kind: the decoder ends, and what it accepts goes through JSON and
// protobuf once more without a change.
#include "api/types.h"
#include "base/check.h"
#include "codec/json.h"
#include "codec/protobuf.h"
#include "codec/typed.h"

#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace knarr;
  constexpr const char* kTypes[] = {"core/v1.Pod",         "apiextensions.k8s.io/v1.CustomResourceDefinition",
                                    "core/v1.Secret",      "apps/v1.ControllerRevision",
                                    "core/v1.Event",       "authentication.k8s.io/v1.TokenReview",
                                    "batch/v1.Job",        "admissionregistration.k8s.io/v1.ValidatingAdmissionPolicy",
                                    "core/v1.NodeList"};
  if (size == 0) return 0;
  const object::Type type = api::types().find(kTypes[data[0] % std::size(kTypes)]);
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  static_cast<void>(codec::decode_envelope(bytes));
  Result<object::Draft> draft = codec::decode_protobuf(bytes, type, {.max_depth = 32, .max_values = 20'000});
  if (!draft) return 0;
  const object::Document first = codec::freeze_typed(*draft, type);
  std::string json;
  codec::write_json(json, first);
  object::Draft from_json = MUST(codec::parse_json(json));
  MUST(codec::decode_typed(from_json.root(), type));
  std::string encoded;
  codec::encode_protobuf(encoded, codec::freeze_typed(from_json, type), type);
  object::Draft again = MUST(codec::decode_protobuf(encoded, type));
  std::string json_again;
  codec::write_json(json_again, codec::freeze_typed(again, type));
  CHECK(json == json_again);
  return 0;
}
