// SPDX-License-Identifier: Apache-2.0
// YAML <-> trees, as sigs.k8s.io/yaml: YAML 1.1 scalars (yes, on, 0777, 1_000), what comes out is
// what JSON could hold; written in block style with sorted keys.
#pragma once

#include "base/result.h"
#include "codec/json.h"
#include "object/document.h"
#include "object/draft.h"

#include <string>
#include <string_view>
#include <vector>

namespace knarr::codec {

/// Reads the first document of a text; an empty text is null. JSON is YAML, too. Anchors, aliases
/// and merge keys ("<<") are resolved; what aliases copy counts against `limits.max_values`. Of a key
/// that stands twice the last value wins, and `notes->problems` gets the YAML library's complaint.
/// Errors: BadRequest, "yaml: line 3: ...".
Result<object::Draft> parse_yaml(std::string_view text, const JsonLimits& limits = {},
                                 JsonNotes* notes = nullptr);

/// Reads every document of a text ("---" between them), without the empty ones.
Result<std::vector<object::Draft>> parse_yaml_documents(std::string_view text,
                                                        const JsonLimits& limits = {});

/// Appends a tree as one YAML document, keys sorted, a newline at the end.
void write_yaml(std::string& out, object::NodeRef node);
void write_yaml(std::string& out, object::Value value);
/// The same for a whole object, with metadata.resourceVersion from its header.
void write_yaml(std::string& out, const object::Document& document);

}  // namespace knarr::codec
