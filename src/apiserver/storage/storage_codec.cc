// SPDX-License-Identifier: Apache-2.0
// Envelopes around stored objects.
#include "apiserver/storage/storage_codec.h"

#include "codec/json.h"
#include "codec/protobuf.h"
#include "codec/typed.h"

#include <fmt/core.h>

namespace knarr::apiserver {

using object::Document;
using object::Draft;

std::string StorageCodec::encode(const Document& document) const {
  std::string bytes;
  bytes.reserve(document.size_bytes());
  if (type_) {
    codec::encode_envelope(bytes, api_version_, kind_, document, type_,
                           {.without_resource_version = true});
  } else {
    codec::write_json(bytes, document, {.without_resource_version = true});
  }
  return bytes;
}

Result<Document> StorageCodec::decode(std::string_view key, std::string_view bytes) const {
  const auto damaged = [&](const Error& error) {
    return Error(Reason::InternalError,
                 fmt::format("the stored object {} cannot be read: {}", key, error.message()));
  };
  if (!type_) {
    auto draft = codec::parse_json(bytes);
    if (!draft) return damaged(draft.error());
    draft->root().sort_keys_deep();
    return draft->freeze();
  }
  const auto envelope = codec::decode_envelope(bytes);
  if (!envelope) return damaged(envelope.error());
  auto draft = codec::decode_protobuf(envelope->raw, type_);
  if (!draft) return damaged(draft.error());
  return codec::freeze_typed(*draft, type_);
}

}  // namespace knarr::apiserver
