// SPDX-License-Identifier: Apache-2.0
// JSON <-> trees. Reading follows Go's encoding/json as Kubernetes uses it (sigs.k8s.io/json);
// writing gives the bytes Go would write: order of the tree, its escapes, its numbers.
#pragma once

#include "base/result.h"
#include "object/document.h"
#include "object/draft.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::codec {

struct JsonLimits {
  std::size_t max_depth = 512;        // Lists and maps inside each other.
  std::size_t max_values = 4'000'000;  // A value of two bytes takes up to a hundred in the tree.
};

/// What a strict reader wants to know beside the tree: to be moved into DecodeNotes (typed.h).
struct JsonNotes {
  /// Paths of keys that stood twice or more in one map ("metadata.labels.app"), in order, each once.
  std::vector<std::string> duplicate_fields;
  /// What only the reader can say, ready to show. YAML: its library's complaint about duplicates,
  /// which then are not in duplicate_fields.
  std::vector<std::string> problems;
};

/// Reads one JSON value. Of a key that stands twice the last value wins; the place is recorded in
/// `notes` (may be null) and marked in the tree (NodeRef::is_duplicated). Integers beyond int64 and
/// numbers with a point or an exponent become Doubles that keep their text. Invalid UTF-8 and lone
/// surrogates become U+FFFD. Errors: BadRequest, with line and column.
Result<object::Draft> parse_json(std::string_view text, const JsonLimits& limits = {},
                                 JsonNotes* notes = nullptr);
/// The same into a node of a Draft; on error the node holds what was read so far.
Result<> parse_json_into(object::NodeRef node, std::string_view text, const JsonLimits& limits = {},
                         JsonNotes* notes = nullptr);

enum class JsonStyle : std::uint8_t {
  Compact,
  Pretty,  // Two spaces, as `?pretty=true` and kubectl show it.
};

struct JsonOptions {
  JsonStyle style = JsonStyle::Compact;
  bool without_resource_version = false;  // For stored bytes.
};

/// Appends a value as JSON; no newline at the end. A missing value is null.
void write_json(std::string& out, object::Value value, JsonStyle style = JsonStyle::Compact);
void write_json(std::string& out, object::NodeRef node, JsonStyle style = JsonStyle::Compact);
/// Appends a whole object, with metadata.resourceVersion from its header at its place.
void write_json(std::string& out, const object::Document& document, JsonOptions options = {});

/// The same, compact, with numbers as they were read ("1.0"): what raw JSON keeps.
void write_source_json(std::string& out, object::NodeRef node);

/// Appends text as a JSON string with Go's escapes (also <, >, &, U+2028, U+2029).
void write_json_string(std::string& out, std::string_view text);
/// Appends a number as Go prints a float64 ("1", "0.5", "1e+21"). Not for infinities.
void write_json_number(std::string& out, double value);

/// Checks that `json` is one JSON value and appends it without white space, and with <, >, &
/// escaped: what Go makes of raw JSON when it writes it. Errors: as parse_json().
Result<> compact_json(std::string& out, std::string_view json, const JsonLimits& limits = {});

}  // namespace knarr::codec
