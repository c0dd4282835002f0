// SPDX-License-Identifier: Apache-2.0
// Protobuf <-> trees by the type tables: Kubernetes' messages as gogo-protobuf writes them, and gRPC
// messages (CRI, etcd, CSI) as proto3 does; the flags of the table say which. And the envelope
// around Kubernetes' objects (BEHAVIOURS 6).
#pragma once

#include "base/result.h"
#include "object/document.h"
#include "object/draft.h"
#include "object/type_table.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace knarr::codec {

struct ProtobufLimits {
  std::size_t max_depth = 256;         // Messages inside each other.
  std::size_t max_values = 4'000'000;  // A value of two bytes takes up to a hundred in the tree.
};

/// Reads one message. The tree is as after decode_typed(): freeze_typed() it. Unknown fields are
/// skipped, packed and unpacked numbers both read; of a single field that stands twice the last one
/// wins (messages merge). Invalid UTF-8 becomes U+FFFD. Errors: BadRequest, with the field's path.
Result<object::Draft> decode_protobuf(std::string_view message, object::Type type,
                                      const ProtobufLimits& limits = {});

struct ProtobufOptions {
  bool without_resource_version = false;  // For stored bytes.
};

/// Appends a well-typed value (a struct) as a message, fields in ascending order.
void encode_protobuf(std::string& out, object::Value value, object::Type type);
/// The same for a whole object, with metadata.resourceVersion from its header.
void encode_protobuf(std::string& out, const object::Document& document, object::Type type,
                     ProtobufOptions options = {});

/// runtime.Unknown behind the four bytes "k8s\0". Views into the message it was read from.
struct Envelope {
  std::string_view api_version;
  std::string_view kind;
  std::string_view raw;  // The object's own message.
  std::string_view content_encoding;
  std::string_view content_type;
};

/// True when the bytes begin as an envelope does.
bool is_envelope(std::string_view bytes);
/// Errors: BadRequest.
Result<Envelope> decode_envelope(std::string_view bytes);

/// Appends the envelope with an object in it.
void encode_envelope(std::string& out, std::string_view api_version, std::string_view kind,
                     const object::Document& document, object::Type type,
                     ProtobufOptions options = {});
/// Appends the envelope around a message that is encoded already (a list).
void encode_envelope_raw(std::string& out, std::string_view api_version, std::string_view kind,
                         std::string_view raw);

}  // namespace knarr::codec
