// SPDX-License-Identifier: Apache-2.0
// From an untyped tree (JSON, YAML, a patch's result) to a well-typed one, and to the order and the
// omissions in which Go writes it. The rules are those of sigs.k8s.io/json and of the types' own
// UnmarshalJSON and MarshalJSON.
#pragma once

#include "base/result.h"
#include "codec/json.h"
#include "object/document.h"
#include "object/draft.h"
#include "object/type_table.h"

#include <string>
#include <vector>

namespace knarr::codec {

/// What a strict reader complains about (fieldValidation=Strict or Warn; BEHAVIOURS 45).
struct DecodeNotes {
  /// Move what the reader noted (JsonNotes) into `duplicate_fields` and `problems` before decoding.
  std::vector<std::string> unknown_fields;    // Paths: "spec.containers[0].foo".
  std::vector<std::string> duplicate_fields;  // Paths; afterwards those inside known fields.
  /// All of it in the order of the text, as Kubernetes says it: `unknown field "spec.foo"`. At most
  /// 100. Strict joins them with ", " behind "strict decoding error: "; Warn sends each as a warning.
  std::vector<std::string> problems;
};

/// Makes a tree as a client sent it well-typed, in place: unknown fields go (and into `notes`, which
/// may be null), null becomes absent (in lists and maps: the zero value), scalars with a canonical
/// form (quantities, times, durations, base64) take it, raw JSON becomes Kind::Raw. Keys are case-
/// sensitive. Errors: BadRequest that names the first field of a wrong kind, and what was expected.
Result<> decode_typed(object::NodeRef tree, object::Type type, DecodeNotes* notes = nullptr);

/// Puts a well-typed tree into the form in which Go writes it: fields in the order of the type,
/// empty ones left out or written out as their tags say, maps sorted. Without a type, or for
/// TypeKind::Any, every map is sorted.
void normalize(object::NodeRef tree, object::Type type);

/// normalize() and freeze(): what write_json() makes of the result is what Go would have written.
object::Document freeze_typed(object::Draft& draft, object::Type type);

/// The same for an object that goes to the store: protobuf knows no empty list, so that what Go has
/// stored comes back with null (nil) for each that its JSON does not leave out.
object::Document freeze_stored(object::Draft& draft, object::Type type);

}  // namespace knarr::codec
