// SPDX-License-Identifier: Apache-2.0
// DefaultPreemption: makes room for a pod by the deletion of pods of lower priority. On each node
// where that may help all of them are taken away, and as many as possible given back, the more
// important and those that a disruption budget protects first (BEHAVIOURS 105). Source:
// pkg/scheduler/framework/preemption and plugins/defaultpreemption.
#include "api/label_selector.h"
#include "scheduler/plugins/all.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <map>

namespace knarr::scheduler {

using object::Value;
namespace atom = object::atom;

namespace {

constexpr std::string_view kNotHelpful = "Preemption is not helpful for scheduling";
constexpr std::string_view kNoVictims = "No preemption victims found for incoming pod";
constexpr std::size_t kLeastCandidates = 100;
constexpr std::size_t kCandidatesPercent = 10;

// RFC 3339 in UTC, so that texts compare as times; not started yet is latest.
std::string_view start_of(const PodInfo& pod) {
  return pod.object[atom::status][atom::startTime].as_string("9");
}

bool more_important(const PodPtr& a, const PodPtr& b) {
  if (a->priority != b->priority) return a->priority > b->priority;
  if (start_of(*a) != start_of(*b)) return start_of(*a) < start_of(*b);
  return a->key < b->key;
}

bool dies_by_preemption(const PodInfo& pod) {
  if (!pod.deleting) return false;
  for (const Value condition : pod.object[atom::status][atom::conditions].items()) {
    if (condition[atom::type].as_string() == "DisruptionTarget") {
      return condition[atom::status].as_string() == "True" &&
             condition[atom::reason].as_string() == "PreemptionByScheduler";
    }
  }
  return false;
}

struct Budget {
  object::Document object;
  api::LabelSelector selector;
  std::int64_t allowed = 0;

  [[nodiscard]] bool covers(const PodInfo& pod) const {
    const Value labels = pod.object[atom::metadata][atom::labels];
    return !labels.empty() && !selector.selects_everything() &&
           object::namespace_of(object.root()) == object::namespace_of(pod.object.root()) &&
           selector.matches(labels) &&
           !object[atom::status][atom::disruptedPods][object::name_of(pod.object.root())].exists();
  }
};

struct Candidate {
  NodeInfo* node = nullptr;
  std::vector<PodPtr> victims;  // The most important first.
  std::size_t violations = 0;   // Of budgets.

  // Less is better, field by field; Kubernetes' order of criteria.
  [[nodiscard]] std::int32_t highest() const { return victims.front()->priority; }
  [[nodiscard]] std::int64_t sum() const {
    std::int64_t sum = 0;
    for (const PodPtr& victim : victims) {
      sum += victim->priority + std::int64_t{std::numeric_limits<std::int32_t>::max()} + 1;
    }
    return sum;
  }
  // The first start among the most important.
  [[nodiscard]] std::string_view start() const {
    std::string_view first = "99";
    for (const PodPtr& victim : victims) {
      if (victim->priority == highest()) first = std::min(first, start_of(*victim));
    }
    return first;
  }
  [[nodiscard]] bool better_than(const Candidate& other) const {
    if (violations != other.violations) return violations < other.violations;
    if (highest() != other.highest()) return highest() < other.highest();
    if (sum() != other.sum()) return sum() < other.sum();
    if (victims.size() != other.victims.size()) return victims.size() < other.victims.size();
    return start() > other.start();
  }
};

class DefaultPreemption final : public RemedyPlugin {
 public:
  DefaultPreemption(Reasons& reasons, Rng& rng, BudgetSource budgets)
      : reasons_(reasons), rng_(rng), source_(std::move(budgets)) {}

  Remedy help(const PodInfo& pod, const Diagnosis& diagnosis, Snapshot& snapshot,
              Filters& filters) override {
    if (const std::string_view why = not_eligible(pod, diagnosis, snapshot); !why.empty()) {
      return {.message = fmt::format("preemption: {}", why)};
    }
    std::vector<NodeInfo*> nodes;
    for (std::size_t i = 0; i < diagnosis.looked_at.size(); ++i) {
      if (diagnosis.verdicts[i] == Verdict::Unschedulable) nodes.push_back(diagnosis.looked_at[i]);
    }
    read_budgets();
    std::map<std::string_view, std::size_t> refusals;
    std::vector<Candidate> candidates = try_nodes(pod, nodes, filters, refusals);
    if (candidates.empty()) {
      if (diagnosis.all_nodes > nodes.size()) refusals[kNotHelpful] += diagnosis.all_nodes - nodes.size();
      std::vector<std::string> texts;
      for (const auto& [text, count] : refusals) texts.push_back(fmt::format("{} {}", count, text));
      return {.message = fmt::format("preemption: {}",
                                     no_nodes_message(diagnosis.all_nodes, std::move(texts))),
              .nominate = ""};
    }
    std::size_t best = 0;
    for (std::size_t i = 1; i < candidates.size(); ++i) {
      if (candidates[i].better_than(candidates[best])) best = i;
    }
    NodeInfo& node = *candidates[best].node;
    Remedy remedy{.kind = Remedy::Kind::Helped,
                  .nominate = node.facts->name,
                  .victims = std::move(candidates[best].victims)};
    for (const PodPtr& other : node.nominated) {
      if (other->priority < pod.priority) remedy.displaced.push_back(other);
    }
    return remedy;
  }

 private:
  // "" when the pod may preempt others.
  static std::string_view not_eligible(const PodInfo& pod, const Diagnosis& diagnosis,
                                       const Snapshot& snapshot) {
    if (pod.object[atom::spec][atom::preemptionPolicy].as_string() == "Never") {
      return "not eligible due to preemptionPolicy=Never.";
    }
    if (pod.nominated.empty()) return {};
    const NodeInfo* node = snapshot.find_node(pod.nominated);
    if (node == nullptr) return {};
    const auto at = std::ranges::find(diagnosis.looked_at, node);
    if (at == diagnosis.looked_at.end() ||
        diagnosis.verdicts[static_cast<std::size_t>(at - diagnosis.looked_at.begin())] ==
            Verdict::Unresolvable) {
      return {};  // No use in waiting for that node.
    }
    for (const PodPtr& other : node->pods) {
      if (other->priority < pod.priority && dies_by_preemption(*other)) {
        return "not eligible due to a terminating pod on the nominated node.";
      }
    }
    return {};
  }

  void read_budgets() {
    budgets_.clear();
    for (const object::Document& object : source_()) {
      auto selector = api::LabelSelector::from_selector(object[atom::spec][atom::selector]);
      if (!selector) continue;
      budgets_.push_back({object, std::move(*selector),
                          object[atom::status][atom::disruptionsAllowed].as_int()});
    }
  }

  // Some are enough: it begins anywhere, and ends when there is a choice without violations.
  std::vector<Candidate> try_nodes(const PodInfo& pod, std::span<NodeInfo* const> nodes,
                                   const Filters& filters,
                                   std::map<std::string_view, std::size_t>& refusals) {
    std::vector<Candidate> candidates;
    if (nodes.empty()) return candidates;
    const std::size_t enough = std::max(kLeastCandidates, nodes.size() * kCandidatesPercent / 100);
    const std::size_t offset = rng_.below(nodes.size());
    bool unharmed = false;  // One is without violations.
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      Candidate candidate{.node = nodes[(offset + i) % nodes.size()]};
      if (!select_victims(pod, candidate, filters, refusals)) continue;
      unharmed |= candidate.violations == 0;
      candidates.push_back(std::move(candidate));
      if (candidates.size() >= enough && unharmed) break;
    }
    return candidates;
  }

  bool select_victims(const PodInfo& pod, Candidate& candidate, const Filters& filters,
                      std::map<std::string_view, std::size_t>& refusals) const {
    NodeInfo& node = *candidate.node;
    std::vector<PodPtr> lower;
    for (const PodPtr& other : node.pods) {
      if (other->priority < pod.priority) lower.push_back(other);
    }
    if (lower.empty()) {
      ++refusals[kNoVictims];
      return false;
    }
    const auto take = [&](const PodPtr& other) {
      node.remove(*other);
      filters.pod_removed(*other, node);
    };
    const auto give_back = [&](const PodPtr& other) {
      node.add(other);
      filters.pod_added(*other, node);
    };
    ReasonList why;
    const auto fits = [&] {
      PluginSet rejectors = 0;
      why.clear();
      return filters.run_nominated(node, why, rejectors) == Verdict::Ok;
    };
    for (const PodPtr& other : lower) take(other);
    const bool helps = fits();
    if (!helps) {
      for (const ReasonId reason : why) ++refusals[reasons_.text(reason)];
      for (const PodPtr& other : lower) give_back(other);
      return false;
    }
    std::ranges::sort(lower, more_important);
    const std::vector<bool> violating = violations(lower);
    for (const bool round : {true, false}) {
      for (std::size_t i = 0; i < lower.size(); ++i) {
        if (violating[i] != round) continue;
        give_back(lower[i]);
        if (fits()) continue;
        take(lower[i]);
        candidate.victims.push_back(lower[i]);
        candidate.violations += round ? 1 : 0;
      }
    }
    for (const PodPtr& other : candidate.victims) give_back(other);
    std::ranges::sort(candidate.victims, more_important);
    return !candidate.victims.empty();
  }

  // Which pods could not be evicted, if all were, without breaking a budget.
  [[nodiscard]] std::vector<bool> violations(const std::vector<PodPtr>& pods) const {
    std::vector<std::int64_t> allowed;
    for (const Budget& budget : budgets_) allowed.push_back(budget.allowed);
    std::vector<bool> out;
    for (const PodPtr& pod : pods) {
      bool violated = false;
      for (std::size_t i = 0; i < budgets_.size(); ++i) {
        if (budgets_[i].covers(*pod) && --allowed[i] < 0) violated = true;
      }
      out.push_back(violated);
    }
    return out;
  }

  Reasons& reasons_;
  Rng& rng_;
  BudgetSource source_;
  std::vector<Budget> budgets_;
};

}  // namespace

std::unique_ptr<RemedyPlugin> make_default_preemption(Reasons& reasons, Rng& rng, BudgetSource budgets) {
  return std::make_unique<DefaultPreemption>(reasons, rng, std::move(budgets));
}

}  // namespace knarr::scheduler
