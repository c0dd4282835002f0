// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/cycle.h"

#include "base/check.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace knarr::scheduler {

namespace {

// How many feasible nodes are enough: all of small clusters, a share of large ones.
constexpr std::size_t kAlwaysEnough = 100;
constexpr std::size_t kLeastPercent = 5;
constexpr std::size_t kMostPercent = 50;
constexpr std::size_t kNodesPerPercent = 125;

}  // namespace

std::string no_nodes_message(std::size_t nodes, std::vector<std::string> counted) {
  std::string message = fmt::format("0/{} nodes are available:", nodes);
  if (counted.empty()) return message;
  std::ranges::sort(counted);
  return message + fmt::format(" {}.", fmt::join(counted, ", "));
}

Filters::Refusal Filters::prepare(const PodInfo& pod, const Snapshot& snapshot) {
  pod_ = &pod;
  active_.clear();
  only_.reset();
  only_by_ = 0;
  for (std::size_t i = 0; i < plugins_.size(); ++i) {
    const PluginSet bit = PluginSet{1} << i;
    Prepared prepared = plugins_[i]->prepare(pod, snapshot);
    if (prepared.kind == Prepared::Kind::Reject) {
      return {bit, prepared.verdict, std::move(prepared.message)};
    }
    if (prepared.kind == Prepared::Kind::Run) active_.push_back({plugins_[i].get(), bit});
    if (!prepared.only_nodes) continue;
    only_by_ |= bit;
    std::ranges::sort(*prepared.only_nodes);
    if (!only_) {
      only_ = std::move(prepared.only_nodes);
    } else {
      std::erase_if(*only_, [&](const std::string& name) {
        return !std::ranges::binary_search(*prepared.only_nodes, name);
      });
    }
    if (only_->empty()) {
      std::string by = names_of(only_by_);
      return {only_by_, Verdict::Unresolvable,
              only_by_ == bit
                  ? fmt::format("node(s) didn't satisfy plugin(s) {}", by)
                  : fmt::format("node(s) didn't satisfy plugin(s) {} simultaneously", by)};
    }
  }
  return {};
}

Verdict Filters::run(const NodeInfo& node, ReasonList& why, PluginSet& rejectors) const {
  for (const Active& active : active_) {
    const Verdict verdict = active.plugin->filter(node, why);
    if (verdict == Verdict::Ok) continue;
    rejectors |= active.bit;
    return verdict;
  }
  return Verdict::Ok;
}

Verdict Filters::run_nominated(NodeInfo& node, ReasonList& why, PluginSet& rejectors) const {
  std::vector<PodPtr> added;  // Empty, without memory, but for few nodes.
  for (const PodPtr& other : node.nominated) {
    if (other->priority >= pod_->priority && other->uid != pod_->uid) added.push_back(other);
  }
  if (added.empty()) return run(node, why, rejectors);
  for (const PodPtr& other : added) {
    node.add(other);
    pod_added(*other, node);
  }
  const Verdict verdict = run(node, why, rejectors);
  for (const PodPtr& other : added) {
    node.remove(*other);
    pod_removed(*other, node);
  }
  return verdict == Verdict::Ok ? run(node, why, rejectors) : verdict;
}

void Filters::pod_added(const PodInfo& other, const NodeInfo& node) const {
  for (const Active& active : active_) active.plugin->pod_added(other, node);
}

void Filters::pod_removed(const PodInfo& other, const NodeInfo& node) const {
  for (const Active& active : active_) active.plugin->pod_removed(other, node);
}

std::string Filters::names_of(PluginSet set) const {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < plugins_.size(); ++i) {
    if ((set & (PluginSet{1} << i)) != 0) names.push_back(plugins_[i]->name());
  }
  std::ranges::sort(names);
  return fmt::format("[{}]", fmt::join(names, " "));
}

Cycle::Cycle(Snapshot& snapshot, const Plugins& plugins, Reasons& reasons, Rng& rng,
             std::vector<RemedyPlugin*> remedies, int percentage)
    : snapshot_(snapshot),
      plugins_(plugins),
      reasons_(reasons),
      rng_(rng),
      remedies_(std::move(remedies)),
      percentage_(percentage),
      filters_(plugins) {
  CHECK(plugins.size() <= 64);
}

std::size_t Cycle::enough(std::size_t nodes) const {
  if (nodes < kAlwaysEnough || percentage_ >= 100) return nodes;
  std::size_t percent = static_cast<std::size_t>(percentage_);
  if (percent == 0) {
    const std::size_t less = nodes / kNodesPerPercent;
    percent = less >= kMostPercent - kLeastPercent ? kLeastPercent : kMostPercent - less;
  }
  return std::max(kAlwaysEnough, nodes * percent / 100);
}

Decision Cycle::run(const PodInfo& pod) {
  Decision decision;
  const std::size_t nodes = snapshot_.nodes().size();
  if (nodes == 0) {
    decision.message = "no nodes available to schedule pods";
    return decision;
  }
  forget_found();
  diagnosis_.rejectors = 0;
  diagnosis_.all_nodes = nodes;
  const Filters::Refusal refusal = filters_.prepare(pod, snapshot_);
  diagnosis_.prepared = refusal.by == 0;
  if (refusal.by == 0) {
    named_ = diagnosis_.rejectors = filters_.only_by();
    find(pod);
    if (!feasible_.empty()) {
      decision.node = feasible_.size() == 1 ? feasible_.front() : choose(pod);
      return decision;
    }
  } else {
    diagnosis_.rejectors = refusal.by;
  }
  decision.rejectors = diagnosis_.rejectors;
  decision.message = explain(refusal);
  remedy(pod, decision);
  return decision;
}

void Cycle::forget_found() {
  feasible_.clear();
  std::ranges::fill(counts_, 0);
  diagnosis_.looked_at.clear();
  diagnosis_.verdicts.clear();
}

bool Cycle::may_use(const NodeInfo& node) const {
  const auto& only = filters_.only_nodes();
  return !only || std::ranges::binary_search(*only, node.facts->name);
}

void Cycle::consider(NodeInfo* node) {
  why_.clear();
  const Verdict verdict = filters_.run_nominated(*node, why_, diagnosis_.rejectors);
  if (verdict == Verdict::Ok) {
    feasible_.push_back(node);
    return;
  }
  diagnosis_.looked_at.push_back(node);
  diagnosis_.verdicts.push_back(verdict);
  if (counts_.size() < reasons_.size()) counts_.resize(reasons_.size());
  for (const ReasonId reason : why_) ++counts_[reason];
}

void Cycle::find(const PodInfo& pod) {
  const auto nodes = snapshot_.nodes();
  const std::size_t wanted = enough(nodes.size());
  if (!pod.nominated.empty()) {
    if (NodeInfo* node = snapshot_.find_node(pod.nominated); node != nullptr && may_use(*node)) {
      consider(node);
      if (!feasible_.empty()) return;
      named_ |= diagnosis_.rejectors;
      forget_found();
    }
  }
  if (const auto& only = filters_.only_nodes()) {
    for (const std::string& name : *only) {
      if (NodeInfo* node = snapshot_.find_node(name); node != nullptr) consider(node);
      if (feasible_.size() >= wanted) break;
    }
    return;
  }
  const std::size_t start = next_start_ % nodes.size();
  std::size_t looked = 0;
  while (looked < nodes.size() && feasible_.size() < wanted) {
    consider(nodes[(start + looked) % nodes.size()]);
    ++looked;
  }
  next_start_ = (start + looked) % nodes.size();
}

NodeInfo* Cycle::choose(const PodInfo& pod) {
  totals_.assign(feasible_.size(), 0);
  scores_.resize(feasible_.size());
  for (const auto& plugin : plugins_) {
    const std::int64_t weight = plugin->weight();
    if (weight == 0 || !plugin->prepare_score(pod, snapshot_, feasible_)) continue;
    plugin->score(feasible_, scores_);
    for (std::size_t i = 0; i < totals_.size(); ++i) totals_[i] += weight * scores_[i];
  }
  // One of the best, each as likely as the others.
  std::size_t best = 0;
  std::uint64_t equals = 1;
  for (std::size_t i = 1; i < totals_.size(); ++i) {
    if (totals_[i] > totals_[best]) {
      best = i;
      equals = 1;
    } else if (totals_[i] == totals_[best] && rng_.below(++equals) == 0) {
      best = i;
    }
  }
  return feasible_[best];
}

std::string Cycle::explain(const Filters::Refusal& refusal) const {
  if (refusal.by != 0) {
    return fmt::format("0/{} nodes are available: {}.", diagnosis_.all_nodes, refusal.message);
  }
  std::vector<std::string> counted;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    counted.push_back(fmt::format("{} {}", counts_[i], reasons_.text(static_cast<ReasonId>(i))));
  }
  const std::size_t others = diagnosis_.all_nodes - diagnosis_.looked_at.size();
  if (others > 0) {
    counted.push_back(fmt::format("{} node(s) didn't satisfy plugin(s) {}", others,
                                  filters_.names_of(named_)));
  }
  return no_nodes_message(diagnosis_.all_nodes, std::move(counted));
}

void Cycle::remedy(const PodInfo& pod, Decision& decision) {
  std::vector<std::string> messages;
  for (RemedyPlugin* plugin : remedies_) {
    Remedy remedy = plugin->help(pod, diagnosis_, snapshot_, filters_);
    if (remedy.nominate) decision.nominate = std::move(remedy.nominate);
    if (remedy.kind == Remedy::Kind::Helped) {
      decision.victims = std::move(remedy.victims);
      decision.displaced = std::move(remedy.displaced);
      return;
    }
    if (remedy.kind == Remedy::Kind::Final) messages.clear();
    if (!remedy.message.empty()) messages.push_back(std::move(remedy.message));
    if (remedy.kind == Remedy::Kind::Final) break;
  }
  if (!messages.empty()) decision.message += fmt::format(" {}", fmt::join(messages, ", "));
}

}  // namespace knarr::scheduler
