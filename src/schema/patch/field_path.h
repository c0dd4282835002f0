// SPDX-License-Identifier: Apache-2.0
// Elements of the paths of server-side apply, and how they are written in managedFields ("f:spec",
// "k:{\"name\":\"a\"}", "v:\"x\"", "i:0") and in messages (".spec", "[name=\"a\"]", "[=\"x\"]").
// Source: sigs.k8s.io/structured-merge-diff fieldpath.
#pragma once

#include "base/result.h"
#include "object/document.h"
#include "object/draft.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace knarr::schema {

/// A scalar inside of a path. Lists and maps, which have no place there, keep their JSON text.
struct PathScalar {
  enum class Kind : std::uint8_t { Number, Text, Bool, Other, Null };  // In their order.
  Kind kind = Kind::Null;
  bool whole = true;  // Number: `integer` holds it, else `real`.
  bool boolean = false;
  std::int64_t integer = 0;
  double real = 0;
  std::string text;  // Text, or the JSON of Other.

  static PathScalar of(object::Value value);
  static PathScalar of(object::NodeRef node);
  [[nodiscard]] std::string json() const;
  friend std::strong_ordering operator<=>(const PathScalar& a, const PathScalar& b);
  friend bool operator==(const PathScalar& a, const PathScalar& b) { return (a <=> b) == 0; }
};

struct PathElement {
  enum class Kind : std::uint8_t { Field, Key, Value, Index };  // In their order.
  Kind kind = Kind::Field;
  std::string name;                                      // Field.
  std::vector<std::pair<std::string, PathScalar>> keys;  // Key: sorted by name.
  PathScalar value;                                      // Value.
  std::int64_t index = 0;                                // Index.

  static PathElement field(std::string_view name);
  /// Errors: BadRequest for what is no element.
  static Result<PathElement> parse(std::string_view text);
  /// As a key of fieldsV1, before JSON's own escapes.
  [[nodiscard]] std::string serialized() const;
  /// As messages show it.
  [[nodiscard]] std::string text() const;
  friend std::strong_ordering operator<=>(const PathElement& a, const PathElement& b);
  friend bool operator==(const PathElement& a, const PathElement& b) { return (a <=> b) == 0; }
};

using Path = std::vector<PathElement>;

/// ".spec.containers[name=\"c\"].image"
std::string path_text(const Path& path);

}  // namespace knarr::schema
