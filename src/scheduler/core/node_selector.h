// SPDX-License-Identifier: Apache-2.0
// NodeSelector: which nodes a pod names by spec.nodeSelector and by node affinity, read once for a
// pod and then matched without allocation. Source: k8s.io/component-helpers/scheduling/corev1.
#pragma once

#include "api/label_selector.h"
#include "scheduler/core/snapshot.h"

#include <optional>
#include <string>
#include <vector>

namespace knarr::scheduler {

/// One NodeSelectorTerm: all of it must hold; an empty or unreadable one matches nothing.
class NodeTerm {
 public:
  explicit NodeTerm(object::Value term);
  [[nodiscard]] bool matches(const NodeFacts& node) const;
  [[nodiscard]] bool is_empty() const { return empty_; }
  /// The names of the only nodes that this term can match, if it names them.
  [[nodiscard]] const std::optional<std::vector<std::string>>& only() const { return only_; }

 private:
  struct NameRule {
    bool in = true;
    std::vector<std::string> names;
  };
  bool empty_ = true;
  bool valid_ = true;
  api::LabelSelector labels_;
  std::vector<NameRule> names_;
  std::optional<std::vector<std::string>> only_;
};

/// spec.nodeSelector and required node affinity together.
class RequiredNodes {
 public:
  RequiredNodes() = default;
  explicit RequiredNodes(object::Value pod_spec);
  /// Does the pod ask for anything?
  [[nodiscard]] bool is_set() const { return set_; }
  [[nodiscard]] bool matches(const NodeFacts& node) const;
  /// The names of the only nodes that can match, if every alternative names them: daemon pods. An
  /// empty list: the terms contradict themselves.
  [[nodiscard]] std::optional<std::vector<std::string>> only() const;

 private:
  bool set_ = false;
  bool has_terms_ = false;
  api::LabelSelector labels_;
  std::vector<NodeTerm> terms_;
};

/// Preferred node affinity.
class PreferredNodes {
 public:
  PreferredNodes() = default;
  explicit PreferredNodes(object::Value pod_spec);
  [[nodiscard]] bool is_set() const { return !terms_.empty(); }
  /// The sum of the weights of all terms that match.
  [[nodiscard]] std::int64_t weight(const NodeFacts& node) const;

 private:
  struct Term {
    std::int64_t weight;
    NodeTerm term;
  };
  std::vector<Term> terms_;
};

}  // namespace knarr::scheduler
