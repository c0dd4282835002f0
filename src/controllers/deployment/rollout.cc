// SPDX-License-Identifier: Apache-2.0
#include "controllers/deployment/rollout.h"

#include "controllers/owners.h"

#include <algorithm>
#include <cmath>

namespace knarr::controllers::deployment {

namespace atom = object::atom;

namespace {

Sets active(const Sets& sets) {
  Sets result;
  std::ranges::copy_if(sets, std::back_inserter(result),
                       [](const ReplicaSet& set) { return set.replicas > 0; });
  return result;
}

void scale(std::vector<Scale>& plan, ReplicaSet& set, std::int64_t to) {
  if (set.replicas == to) return;
  plan.push_back({set.uid, to});
  set.replicas = to;
}

// The only set with pods, or the latest when there are none; nothing in mid-rollout.
const ReplicaSet* active_or_latest(const Split& sets, const Sets& busy) {
  if (busy.size() == 1) return &busy.front();
  if (busy.size() > 1) return nullptr;
  if (sets.current) return &*sets.current;
  return sets.old.empty() ? nullptr : &sets.old.back();
}

bool is_saturated(const Spec& spec, const Split& sets) {
  return sets.current && sets.current->desired_annotation == spec.replicas &&
         sets.current->replicas == spec.replicas && sets.current->available == spec.replicas;
}

// By how much a set changes when the whole does.
std::int64_t fraction(const Spec& spec, const ReplicaSet& set, std::int64_t status_replicas) {
  if (spec.replicas == 0) return -set.replicas;
  std::int64_t before = set.max_annotation.value_or(0);
  if (before == 0) before = status_replicas;
  if (before == 0) return 0;
  const double size = static_cast<double>(set.replicas * (spec.replicas + spec.max_surge)) /
                      static_cast<double>(before);
  return std::llround(size) - set.replicas;
}

std::int64_t proportion(const Spec& spec, const ReplicaSet& set, std::int64_t status_replicas,
                        std::int64_t to_add, std::int64_t added) {
  if (set.replicas == 0 || to_add == 0 || to_add == added) return 0;
  const std::int64_t share = fraction(spec, set, status_replicas);
  return to_add > 0 ? std::min(share, to_add - added) : std::max(share, to_add - added);
}

std::vector<Scale> plan_proportional(const Spec& spec, const Split& sets,
                                     std::int64_t status_replicas) {
  Sets busy = active(sets.all());
  const std::int64_t allowed = spec.replicas > 0 ? spec.replicas + spec.max_surge : 0;
  const std::int64_t to_add = allowed - total_replicas(busy);
  if (to_add != 0) {
    std::ranges::sort(busy, [to_add](const ReplicaSet& a, const ReplicaSet& b) {
      if (a.replicas != b.replicas) return a.replicas > b.replicas;
      return to_add > 0 ? older(b, a) : older(a, b);
    });
  }
  std::vector<Scale> plan;
  std::int64_t added = 0;
  for (const ReplicaSet& set : busy) {
    const std::int64_t share = proportion(spec, set, status_replicas, to_add, added);
    plan.push_back({set.uid, set.replicas + share});
    added += share;
  }
  // What rounding left over goes to the largest.
  if (to_add != 0 && !plan.empty()) plan.front().to = std::max<std::int64_t>(0, plan.front().to + to_add - added);
  return plan;
}

void plan_old_down(std::vector<Scale>& plan, const Spec& spec, const ReplicaSet& current, Sets old) {
  if (total_replicas(old) == 0) return;
  const std::int64_t min_available = spec.replicas - spec.max_unavailable;
  const std::int64_t unavailable = current.replicas - current.available;
  const std::int64_t may_go = total_replicas(old) + current.replicas - min_available - unavailable;
  if (may_go <= 0) return;
  std::int64_t cleaned = 0;  // First those that serve nobody.
  for (ReplicaSet& set : old) {
    if (cleaned >= may_go) break;
    if (set.replicas == 0 || set.replicas == set.available) continue;
    const std::int64_t count = std::min(may_go - cleaned, set.replicas - set.available);
    if (count <= 0) continue;
    cleaned += count;
    scale(plan, set, set.replicas - count);
  }
  std::int64_t available = current.available;
  for (const ReplicaSet& set : old) available += set.available;
  std::int64_t left = available - min_available;
  for (ReplicaSet& set : old) {
    if (left <= 0) break;
    const std::int64_t count = std::min(set.replicas, left);
    left -= count;
    scale(plan, set, set.replicas - count);
  }
}


}  // namespace

std::int64_t next_size_of_current(const Spec& spec, const Sets& all, std::int64_t current) {
  if (!spec.rolling) return spec.replicas;
  const std::int64_t total = total_replicas(all);
  const std::int64_t most = spec.replicas + spec.max_surge;
  if (total >= most) return current;
  return current + std::min(most - total, spec.replicas - current);
}

std::vector<Scale> plan_rolling(const Spec& spec, const Split& sets) {
  std::vector<Scale> plan;
  ReplicaSet current = *sets.current;
  if (current.replicas > spec.replicas) {
    scale(plan, current, spec.replicas);
  } else if (current.replicas < spec.replicas) {
    scale(plan, current, next_size_of_current(spec, sets.all(), current.replicas));
  }
  if (plan.empty()) plan_old_down(plan, spec, current, active(sets.old));
  return plan;
}

std::vector<Scale> plan_recreate_down(const Split& sets) {
  std::vector<Scale> plan;
  for (ReplicaSet set : active(sets.old)) scale(plan, set, 0);
  return plan;
}

bool is_scaling(const Spec& spec, const Split& sets) {
  return std::ranges::any_of(active(sets.all()), [&](const ReplicaSet& set) {
    return set.desired_annotation && *set.desired_annotation != spec.replicas;
  });
}

std::vector<Scale> plan_scaling(const Spec& spec, const Split& sets, std::int64_t status_replicas) {
  const Sets busy = active(sets.all());
  if (const ReplicaSet* only = active_or_latest(sets, busy)) {
    if (only->replicas == spec.replicas) return {};
    return {{only->uid, spec.replicas}};
  }
  if (busy.empty()) return {};
  if (is_saturated(spec, sets)) return plan_recreate_down(sets);
  return spec.rolling ? plan_proportional(spec, sets, status_replicas) : std::vector<Scale>{};
}

Sets plan_cleanup(const Spec& spec, const Sets& old) {
  if (!spec.history_limit) return {};
  Sets candidates;
  std::ranges::copy_if(old, std::back_inserter(candidates), [](const ReplicaSet& set) {
    return !is_deleting(set.document.root());
  });
  const std::int64_t surplus = static_cast<std::int64_t>(candidates.size()) - *spec.history_limit;
  if (surplus <= 0) return {};
  std::ranges::sort(candidates, [](const ReplicaSet& a, const ReplicaSet& b) {
    return a.revision != b.revision ? a.revision < b.revision : older(a, b);
  });
  candidates.resize(static_cast<std::size_t>(surplus));
  std::erase_if(candidates, [](const ReplicaSet& set) {
    const object::Value root = set.document.root();
    return set.actual != 0 || set.replicas != 0 ||
           root[atom::metadata][atom::generation].as_int() >
               root[atom::status][atom::observedGeneration].as_int();
  });
  return candidates;
}

}  // namespace knarr::controllers::deployment
