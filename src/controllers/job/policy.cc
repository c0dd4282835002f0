// SPDX-License-Identifier: Apache-2.0
#include "controllers/job/policy.h"

#include <fmt/core.h>

#include <algorithm>

namespace knarr::controllers::job {

using object::Value;
namespace atom = object::atom;

namespace {

bool code_matches(std::int64_t code, Value requirement) {
  bool listed = false;
  for (const Value value : requirement[atom::values].items()) listed = listed || value.as_int() == code;
  return requirement[atom::operator_].as_string() == "In" ? listed : !listed;
}

// The status of the container that failed with a code the rule names.
Value find_container(Value pod, Value requirement) {
  const std::string_view wanted = requirement[atom::containerName].as_string();
  for (const object::Atom list : {atom::containerStatuses, atom::initContainerStatuses}) {
    for (const Value status : pod[atom::status][list].items()) {
      const Value terminated = status[atom::state][atom::terminated];
      const std::int64_t code = terminated[atom::exitCode].as_int();
      if (!terminated.exists() || code == 0) continue;
      if (!wanted.empty() && status[atom::name].as_string() != wanted) continue;
      if (code_matches(code, requirement)) return status;
    }
  }
  return {};
}

Value find_condition(Value pod, Value patterns) {
  for (const Value condition : pod[atom::status][atom::conditions].items()) {
    for (const Value pattern : patterns.items()) {
      if (condition[atom::type].as_string() == pattern[atom::type].as_string() &&
          condition[atom::status].as_string() == pattern[atom::status].as_string("True")) {
        return condition;
      }
    }
  }
  return {};
}

Verdict::Action action_of(std::string_view text) {
  if (text == "Ignore") return Verdict::Action::Ignore;
  if (text == "FailIndex") return Verdict::Action::FailIndex;
  if (text == "FailJob") return Verdict::Action::FailJob;
  return Verdict::Action::Count;
}

}  // namespace

Verdict match_failure_policy(Value policy, Value pod) {
  int index = -1;
  for (const Value rule : policy[atom::rules].items()) {
    ++index;
    const std::string_view action = rule[atom::action].as_string();
    const std::string pod_name = fmt::format("{}/{}", object::namespace_of(pod), object::name_of(pod));
    if (rule[atom::onExitCodes].exists()) {
      const Value container = find_container(pod, rule[atom::onExitCodes]);
      if (!container.exists()) continue;
      return {action_of(action),
              fmt::format("Container {} for pod {} failed with exit code {} matching {} rule at index {}",
                          container[atom::name].as_string(), pod_name,
                          container[atom::state][atom::terminated][atom::exitCode].as_int(), action, index)};
    }
    const Value condition = find_condition(pod, rule[atom::onPodConditions]);
    if (!condition.exists()) continue;
    return {action_of(action), fmt::format("Pod {} has condition {} matching {} rule at index {}", pod_name,
                                           condition[atom::type].as_string(), action, index)};
  }
  return {};
}

std::optional<std::string> match_success_policy(Value policy, std::int64_t completions,
                                                const Indexes& succeeded) {
  if (succeeded.empty()) return std::nullopt;
  int index = -1;
  for (const Value rule : policy[atom::rules].items()) {
    ++index;
    const Value count = rule[atom::succeededCount];
    auto done = static_cast<std::int64_t>(succeeded.size());
    std::int64_t wanted = count.as_int();
    if (rule[atom::succeededIndexes].is_string()) {
      const Indexes named = parse_indexes(rule[atom::succeededIndexes].as_string(), completions);
      done = std::ranges::count_if(named, [&](std::int64_t i) { return succeeded.contains(i); });
      if (!count.is_int()) wanted = static_cast<std::int64_t>(named.size());
    } else if (!count.is_int()) {
      continue;
    }
    if (done >= wanted) return fmt::format("Matched rules at index {}", index);
  }
  return std::nullopt;
}

}  // namespace knarr::controllers::job
