// SPDX-License-Identifier: Apache-2.0
// Field selectors: `metadata.name=a,status.phase!=Running`. What a resource lets clients select by is
// data (SelectableFields); matching walks documents of the stored version.
// Source: k8s.io/apimachinery/pkg/fields and each kind's field label conversion.
#pragma once

#include "base/result.h"
#include "object/document.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::schema {

/// A place in a document, split once: "status.podIPs[0].ip".
class ValuePath {
 public:
  ValuePath() = default;
  explicit ValuePath(std::string_view text);
  [[nodiscard]] object::Value find(object::Value object) const;

 private:
  struct Step {
    std::string name;
    object::Atom atom;
    std::optional<std::size_t> index;
  };
  std::vector<Step> steps_;
};

/// One label of a field selector and where its value is.
struct SelectableField {
  std::string label;       // As clients write it.
  ValuePath path;          // At the stored version.
  ValuePath else_path;     // Where to look when the first gives the empty text.
  std::string missing;     // What an absent value compares as.
};

/// What one resource may be selected by.
struct SelectableFields {
  std::vector<SelectableField> fields;
  enum class Refusal : std::uint8_t {
    KnownOnly,   // "x" is not a known field selector: only "metadata.name", "metadata.namespace"
    Plain,       // field label not supported: x
    NamesKind,   // field label "x" not supported for Job
    NamesGroupVersionKind,  // field label not supported for resource.k8s.io/v1, Kind=X: x
  };
  Refusal refusal = Refusal::KnownOnly;

  [[nodiscard]] const SelectableField* find(std::string_view label) const;
};

/// The fields of a built-in kind, by its group as served (events.k8s.io has its own); kinds without
/// any of their own give metadata.name and metadata.namespace. Lives forever.
const SelectableFields& builtin_selectable_fields(std::string_view group, std::string_view kind);
/// The fields of a custom resource: metadata and the CRD's selectableFields (JSON paths with their
/// leading dot).
SelectableFields custom_selectable_fields(bool namespaced,
                                          const std::vector<std::string_view>& json_paths);

/// A parsed selector; empty selects everything. Immutable, any thread.
class FieldSelector {
 public:
  /// Errors: BadRequest in Kubernetes' wording. `api_version` and `kind` are for messages. `fields`
  /// may go away afterwards.
  static Result<FieldSelector> parse(std::string_view text, const SelectableFields& fields,
                                     std::string_view api_version, std::string_view kind);
  /// `field=value`, checked by the caller. For loops of this process.
  static FieldSelector equal(const SelectableField& field, std::string_view value);

  [[nodiscard]] bool empty() const { return terms_.empty(); }
  [[nodiscard]] bool matches(object::Value object) const;
  /// The value that the selector demands of a label ("metadata.name"), if it demands exactly one.
  [[nodiscard]] std::optional<std::string_view> required(std::string_view label) const;
  /// The canonical text, values escaped.
  [[nodiscard]] std::string text() const;

 private:
  struct Term {
    SelectableField field;
    std::string value;
    bool equal = true;
  };
  std::vector<Term> terms_;
};

}  // namespace knarr::schema
