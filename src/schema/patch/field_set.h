// SPDX-License-Identifier: Apache-2.0
// Sets of field paths: what a manager owns. A tree sorted as Kubernetes sorts it, so that fieldsV1
// comes out byte for byte. Source: sigs.k8s.io/structured-merge-diff fieldpath.Set.
#pragma once

#include "base/result.h"
#include "schema/patch/field_path.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::schema {

class FieldSet {
 public:
  struct Entry;

  /// Errors: BadRequest when the text is no fieldsV1.
  static Result<FieldSet> parse(std::string_view fields_v1);
  /// Of dotted field names ("metadata.labels"), for sets known to the program.
  static FieldSet of(std::span<const std::string_view> dotted);

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] const Entry* find(const PathElement& element) const;

  void insert(std::span<const PathElement> path);
  /// The entry of an element, made when missing.
  Entry& ensure(const PathElement& element);
  void unite(const FieldSet& other);
  /// Takes away exactly the other's paths.
  void subtract(const FieldSet& other);
  /// Takes away the other's paths and all below them.
  void subtract_deep(const FieldSet& other);
  [[nodiscard]] static FieldSet intersection(const FieldSet& a, const FieldSet& b);
  friend bool operator==(const FieldSet& a, const FieldSet& b);

  /// Every path: at each level the members first, then what is below.
  void for_each(const std::function<void(const Path&)>& visit) const;
  /// Appends fieldsV1.
  void write(std::string& out) const;

 private:
  void write(std::string& out, bool self) const;
  void walk(Path& path, const std::function<void(const Path&)>& visit) const;
  static Result<FieldSet> read(object::NodeRef node, bool& self);
  std::vector<Entry>::iterator place_of(const PathElement& element);

  std::vector<Entry> entries_;  // Sorted.
};

struct FieldSet::Entry {
  PathElement element;
  bool member = false;  // The path to here is in the set.
  FieldSet children;
};

}  // namespace knarr::schema
