// SPDX-License-Identifier: Apache-2.0
// What is wrong with which field: the errors of validation, in Kubernetes' wording, and the paths
// they name. Source: k8s.io/apimachinery/pkg/util/validation/field.
#pragma once

#include "base/error.h"
#include "object/document.h"
#include "object/draft.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace knarr::schema {

/// A path such as spec.containers[0].ports[1].name or metadata.labels[a/b]. A chain of borrowed
/// parts on the stack: a child must not outlive its parent; text is made only when an error is.
class FieldPath {
 public:
  FieldPath() = default;  // The object itself; printed as "<nil>", as Kubernetes does.
  explicit FieldPath(std::string_view root) : name_(root) {}

  [[nodiscard]] FieldPath child(std::string_view name) const { return {this, name, Part::Name, 0}; }
  [[nodiscard]] FieldPath index(std::size_t i) const { return {this, {}, Part::Index, i}; }
  [[nodiscard]] FieldPath key(std::string_view key) const { return {this, key, Part::Key, 0}; }
  [[nodiscard]] std::string text() const;

 private:
  enum class Part : std::uint8_t { Name, Index, Key };
  FieldPath(const FieldPath* parent, std::string_view name, Part part, std::size_t index)
      : parent_(parent), name_(name), part_(part), index_(index) {}

  const FieldPath* parent_ = nullptr;
  std::string_view name_;
  Part part_ = Part::Name;
  std::size_t index_ = 0;
};

/// Collects field errors of one validation, in the order they are found.
class FieldErrors {
 public:
  /// `field: Required value[: detail]`
  void required(const FieldPath& path, std::string_view detail = {});
  /// `field: Invalid value: <value>: detail`. Texts are quoted as Go's %q, numbers and booleans
  /// plain, maps and lists as JSON, null as "null".
  void invalid(const FieldPath& path, object::Value value, std::string_view detail);
  void invalid(const FieldPath& path, std::string_view value, std::string_view detail);
  void invalid(const FieldPath& path, const char* value, std::string_view detail) {
    invalid(path, std::string_view(value), detail);
  }
  void invalid(const FieldPath& path, std::int64_t value, std::string_view detail);
  void invalid(const FieldPath& path, int value, std::string_view detail) {
    invalid(path, std::int64_t{value}, detail);
  }
  /// As invalid(), for a value that is already printed: JSON of a map, `true`, `null`.
  void invalid_text(const FieldPath& path, std::string_view printed, std::string_view detail);
  /// One invalid() for each complaint of a check of validation_text.h.
  void invalid_each(const FieldPath& path, std::string_view value,
                    const std::vector<std::string>& complaints);
  /// As invalid(), with the cause FieldValueTypeInvalid.
  void type_invalid(const FieldPath& path, object::Value value, std::string_view detail);
  void type_invalid(const FieldPath& path, std::string_view value, std::string_view detail);
  /// `field: Unsupported value: "x": supported values: "a", "b"` (sorted as given).
  void not_supported(const FieldPath& path, std::string_view value,
                     std::initializer_list<std::string_view> supported);
  void not_supported(const FieldPath& path, std::string_view value,
                     const std::vector<std::string_view>& supported);
  /// The same for a value that is no text, a list of texts say.
  void not_supported(const FieldPath& path, object::Value value,
                     const std::vector<std::string_view>& supported);
  /// `field: Forbidden: detail`
  void forbidden(const FieldPath& path, std::string_view detail);
  /// `field: Duplicate value: "x"[: detail]`
  void duplicate(const FieldPath& path, std::string_view value, std::string_view detail = {});
  void duplicate(const FieldPath& path, object::Value value, std::string_view detail = {});
  /// `field: Not found: "x"[: detail]`
  void not_found(const FieldPath& path, std::string_view value, std::string_view detail = {});
  /// `field: Too long: may not be more than N bytes`
  void too_long(const FieldPath& path, std::size_t maximum_bytes);
  /// `field: Too many: <actual>: must have at most N items`
  void too_many(const FieldPath& path, std::size_t actual, std::size_t maximum);
  /// `field: Internal error: detail`
  void internal(const FieldPath& path, std::string_view detail);
  /// `field: Invalid value: <value>: field is immutable` and kin: use invalid().

  [[nodiscard]] bool empty() const { return causes_.empty(); }
  [[nodiscard]] std::size_t size() const { return causes_.size(); }
  [[nodiscard]] const std::vector<Cause>& causes() const { return causes_; }
  void append(FieldErrors other);
  /// A cause made elsewhere: `message` begins with the type's text ("Invalid value: ...").
  void append(Cause cause) { causes_.push_back(std::move(cause)); }

  /// The Error of a refused object: reason Invalid, message `<Kind>[.<group>] "<name>" is invalid:`
  /// and the causes: one inline, several as `[a, b]`; details kind = kind, group, name.
  [[nodiscard]] Error to_error(std::string_view group, std::string_view kind,
                               std::string_view name) &&;

 private:
  void add(std::string_view type, const FieldPath& path, std::string message);
  std::vector<Cause> causes_;
};

/// A text as Go's %q prints it.
std::string go_quote(std::string_view text);

/// A value as field errors print it: texts quoted as %q, numbers and booleans plain, null as
/// `null`, maps and lists as JSON.
std::string print_value(object::Value value);

}  // namespace knarr::schema
