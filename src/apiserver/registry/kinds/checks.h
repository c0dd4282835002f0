// SPDX-License-Identifier: Apache-2.0
// The small checks that most kinds share, in Kubernetes' wording. Those that take (parent, name)
// look at one field of `parent`, whose path is `path`. A JSON null counts as absent.
#pragma once

#include "object/document.h"
#include "object/draft.h"
#include "schema/field_error.h"
#include "schema/validation_text.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace knarr::apiserver::kinds {

using object::NodeRef;
using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

inline constexpr std::string_view kImmutable = "field is immutable";
inline constexpr std::string_view kNotNegative = "must be greater than or equal to 0";

/// Present and not null.
inline bool given(Value value) { return value.exists() && !value.is_null(); }
inline bool given(NodeRef node) { return node.exists() && !node.is_null(); }

/// Equal as Go's Semantic.DeepEqual sees it: absent, null and empty lists and maps are the same,
/// at every level.
bool same(Value a, Value b);
bool same(NodeRef a, Value b);

/// Invalid without a value in the message.
void invalid_bare(FieldErrors& errors, const FieldPath& path, std::string_view detail);
/// NotSupported of a value that is not a text.
void not_supported(FieldErrors& errors, const FieldPath& path, Value value,
                   std::initializer_list<std::string_view> supported);
/// One Invalid for each complaint.
void complain(FieldErrors& errors, const FieldPath& path, std::string_view value,
              const schema::Complaints& complaints);

void non_negative(Value parent, std::string_view name, const FieldPath& path, FieldErrors& errors);
/// At least `least`: "must be greater than or equal to N".
void at_least(Value parent, std::string_view name, std::int64_t least, const FieldPath& path,
              FieldErrors& errors);
void require(Value parent, std::string_view name, const FieldPath& path, FieldErrors& errors,
             std::string_view detail = {});
/// NotSupported unless the text is one of `supported`; an absent or empty text is left alone when
/// `optional`, else it is Required.
void one_of(Value parent, std::string_view name, std::initializer_list<std::string_view> supported,
            const FieldPath& path, FieldErrors& errors, bool optional = false);
/// "field is immutable", quoting the new value.
void immutable(Value parent, Value old_parent, std::string_view name, const FieldPath& path,
               FieldErrors& errors);

/// Labels or annotations-like maps: keys are qualified names, values label values.
void check_labels(Value labels, const FieldPath& path, FieldErrors& errors);
void check_annotations(Value annotations, const FieldPath& path, FieldErrors& errors);
void check_label_key(std::string_view key, const FieldPath& path, FieldErrors& errors);

struct SelectorOptions {
  bool allow_invalid_values = false;  // A stored object had them: they stay.
};
/// A metav1.LabelSelector; a missing one is fine.
void check_label_selector(Value selector, const FieldPath& path, FieldErrors& errors,
                          SelectorOptions options = {});
/// No matchLabels, no matchExpressions.
bool is_empty_selector(Value selector);
/// Whether it can be turned into a selector at all.
bool is_valid_selector(Value selector);
/// A missing selector matches nothing, an empty one everything.
bool selector_matches(Value selector, Value labels);

/// A number of 0 or more, or a percentage.
void check_int_or_percent(Value value, const FieldPath& path, FieldErrors& errors);
/// The number of an int or percentage ("25%" is 25); 0 for what is neither.
std::int64_t int_or_percent(Value value);
void at_most_100_percent(Value value, const FieldPath& path, FieldErrors& errors);
/// An IntOrString as field errors print it.
std::string print_int_or_string(Value value);
void invalid_int_or_string(Value value, const FieldPath& path, FieldErrors& errors,
                           std::string_view detail);

/// "example.com/path"; Required when empty.
void check_domain_path(std::string_view text, const FieldPath& path, FieldErrors& errors);
/// Kinds and names that stand in references: a path segment, Required when empty.
void check_segment(Value parent, std::string_view name, const FieldPath& path, FieldErrors& errors,
                   std::string_view detail = {});
/// A list of metav1.Condition.
void check_conditions(Value conditions, const FieldPath& path, FieldErrors& errors);
/// The addresses of a load balancer in a status (Service and Ingress).
void check_balancer_address(Value ingress, const FieldPath& path, FieldErrors& errors);

/// Labels, annotations, owners and finalizers stay: a write of status does not reach them.
void keep_metadata(NodeRef object, Value old);

/// A protocol: TCP, UDP, SCTP.
void check_protocol(Value parent, const FieldPath& path, FieldErrors& errors);

}  // namespace knarr::apiserver::kinds
