// SPDX-License-Identifier: Apache-2.0
// Compact JSON text of small untyped trees, as Go's encoding/json writes it: for values quoted in
// messages and keys of field sets. Whole objects go through codec, which knows their schema.
#pragma once

#include "object/document.h"
#include "object/draft.h"

#include <string>
#include <string_view>

namespace knarr::schema {

/// JSON with keys in the order of the tree; <, > and & escaped as Go does.
std::string json_text(object::Value value);
std::string json_text(object::NodeRef node);

/// A JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text, bool escape_html = true);
/// A number as Go's encoding/json prints a float64.
void append_json_double(std::string& out, double value);

}  // namespace knarr::schema
