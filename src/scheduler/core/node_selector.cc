// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/node_selector.h"

#include <algorithm>

namespace knarr::scheduler {

using api::LabelSelector;
using object::Value;
namespace atom = object::atom;

namespace {

std::optional<LabelSelector::Operator> operator_of(std::string_view text) {
  using enum LabelSelector::Operator;
  if (text == "In") return In;
  if (text == "NotIn") return NotIn;
  if (text == "Exists") return Exists;
  if (text == "DoesNotExist") return DoesNotExist;
  if (text == "Gt") return GreaterThan;
  if (text == "Lt") return LessThan;
  return std::nullopt;
}

std::vector<std::string> texts(Value list) {
  std::vector<std::string> out;
  for (const Value item : list.items()) out.emplace_back(item.as_string());
  return out;
}

}  // namespace

NodeTerm::NodeTerm(Value term) {
  const Value expressions = term[atom::matchExpressions];
  const Value fields = term[atom::matchFields];
  empty_ = expressions.empty() && fields.empty();
  for (const Value expression : expressions.items()) {
    const auto op = operator_of(expression[atom::operator_].as_string());
    if (!op || !labels_.add(expression[atom::key].as_string(), *op, texts(expression[atom::values]))) {
      valid_ = false;
    }
  }
  for (const Value field : fields.items()) {
    const std::string_view op = field[atom::operator_].as_string();
    if (field[atom::key].as_string() != "metadata.name" || (op != "In" && op != "NotIn")) {
      valid_ = false;
      continue;
    }
    names_.push_back({op == "In", texts(field[atom::values])});
    if (op != "In") continue;
    const std::vector<std::string>& named = names_.back().names;
    if (!only_) {
      only_ = named;
    } else {
      std::erase_if(*only_, [&](const std::string& name) {
        return std::ranges::find(named, name) == named.end();
      });
    }
  }
}

bool NodeTerm::matches(const NodeFacts& node) const {
  if (empty_ || !valid_) return false;
  for (const NameRule& rule : names_) {
    if ((std::ranges::find(rule.names, node.name) != rule.names.end()) != rule.in) return false;
  }
  return labels_.selects_everything() || labels_.matches(node.labels());
}

RequiredNodes::RequiredNodes(Value pod_spec) {
  const Value selector = pod_spec[atom::nodeSelector];
  labels_ = LabelSelector::from_labels(selector);
  const Value required = pod_spec[atom::affinity][atom::nodeAffinity]
                                 [atom::requiredDuringSchedulingIgnoredDuringExecution];
  has_terms_ = required.is_map();
  for (const Value term : required[atom::nodeSelectorTerms].items()) terms_.emplace_back(term);
  set_ = has_terms_ || !selector.empty();
}

bool RequiredNodes::matches(const NodeFacts& node) const {
  if (!labels_.selects_everything() && !labels_.matches(node.labels())) return false;
  if (!has_terms_) return true;
  for (const NodeTerm& term : terms_) {
    if (term.matches(node)) return true;
  }
  return false;
}

std::optional<std::vector<std::string>> RequiredNodes::only() const {
  if (!has_terms_ || terms_.empty()) return std::nullopt;
  std::vector<std::string> names;
  for (const NodeTerm& term : terms_) {
    if (!term.only()) return std::nullopt;
    names.insert(names.end(), term.only()->begin(), term.only()->end());
  }
  std::ranges::sort(names);
  const auto doubles = std::ranges::unique(names);
  names.erase(doubles.begin(), doubles.end());
  return names;
}

PreferredNodes::PreferredNodes(Value pod_spec) {
  const Value preferred = pod_spec[atom::affinity][atom::nodeAffinity]
                                  [atom::preferredDuringSchedulingIgnoredDuringExecution];
  for (const Value item : preferred.items()) {
    NodeTerm term(item[atom::preference]);
    const std::int64_t weight = item[atom::weight].as_int();
    if (weight != 0 && !term.is_empty()) terms_.push_back({weight, std::move(term)});
  }
}

std::int64_t PreferredNodes::weight(const NodeFacts& node) const {
  std::int64_t sum = 0;
  for (const Term& term : terms_) {
    if (term.term.matches(node)) sum += term.weight;
  }
  return sum;
}

}  // namespace knarr::scheduler
