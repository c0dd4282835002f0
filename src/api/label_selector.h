// SPDX-License-Identifier: Apache-2.0
// Label selectors: the text of a query (`a in (b,c),!d,e!=f`), a LabelSelector in an object, or a
// plain map of labels (Service, ReplicationController). Source: k8s.io/apimachinery/pkg/labels.
#pragma once

#include "base/result.h"
#include "object/document.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::api {

/// A selector: all requirements must hold. Immutable, any thread; owns its texts.
class LabelSelector {
 public:
  enum class Operator : std::uint8_t {
    In, NotIn, Equals, DoubleEquals, NotEquals, Exists, DoesNotExist, GreaterThan, LessThan,
  };
  struct Requirement {
    std::string key;
    Operator op = Operator::Exists;
    std::vector<std::string> values;  // Sorted, without doubles.
    std::int64_t number = 0;          // Of GreaterThan and LessThan.

    [[nodiscard]] bool matches(object::Value labels) const;
  };

  /// Selects everything.
  LabelSelector() = default;
  static LabelSelector nothing();

  /// The text of a query. Errors: BadRequest in Kubernetes' wording.
  static Result<LabelSelector> parse(std::string_view text);
  /// A LabelSelector (matchLabels, matchExpressions): a missing or null one selects nothing, an empty
  /// one everything. Errors: BadRequest when a requirement is no good.
  static Result<LabelSelector> from_selector(object::Value selector);
  /// A map of labels that must all be there; an empty map selects everything.
  static LabelSelector from_labels(object::Value labels);

  /// `labels` is metadata.labels of an object; a missing one has no labels.
  [[nodiscard]] bool matches(object::Value labels) const;
  [[nodiscard]] bool selects_everything() const { return !nothing_ && requirements_.empty(); }
  [[nodiscard]] bool selects_nothing() const { return nothing_; }
  /// The value that the selector demands of a label, if it demands exactly one.
  [[nodiscard]] std::optional<std::string_view> required(std::string_view key) const;
  /// Sorted by key.
  [[nodiscard]] const std::vector<Requirement>& requirements() const { return requirements_; }
  /// The canonical text: "app=a,app,b=c,m in (n),!q" (BEHAVIOURS 157).
  [[nodiscard]] std::string text() const;

  /// Adds a requirement. Errors: BadRequest, in the wording that parse() puts after "unable to parse
  /// requirement: ".
  Result<> add(std::string_view key, Operator op, std::vector<std::string> values);

 private:
  void insert(Requirement requirement);  // After its equals: sorted by key.
  std::vector<Requirement> requirements_;
  bool nothing_ = false;
};

}  // namespace knarr::api
