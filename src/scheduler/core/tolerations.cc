// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/tolerations.h"

#include <charconv>

namespace knarr::scheduler {

using object::Value;
namespace atom = object::atom;

namespace {

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Tolerations::Tolerations(Value pod_spec) {
  for (const Value item : pod_spec[atom::tolerations].items()) {
    Toleration toleration{item[atom::key].as_string(), item[atom::operator_].as_string(),
                          item[atom::value].as_string(), std::nullopt};
    const std::string_view effect = item[atom::effect].as_string();
    if (effect == "NoSchedule") toleration.effect = Taint::Effect::NoSchedule;
    if (effect == "PreferNoSchedule") toleration.effect = Taint::Effect::PreferNoSchedule;
    if (effect == "NoExecute") toleration.effect = Taint::Effect::NoExecute;
    tolerations_.push_back(toleration);
  }
}

bool Tolerations::Toleration::matches(const Taint& taint) const {
  if (effect && *effect != taint.effect) return false;
  if (!key.empty() && key != taint.key) return false;
  if (op.empty() || op == "Equal") return value == taint.value;
  if (op == "Exists") return true;
  if (op == "Lt" || op == "Gt") {
    const auto bound = whole_number(value);
    const auto have = whole_number(taint.value);
    if (!bound || !have) return false;
    return op == "Lt" ? *have < *bound : *have > *bound;
  }
  return false;
}

bool Tolerations::tolerate(const Taint& taint) const {
  for (const Toleration& toleration : tolerations_) {
    if (toleration.matches(taint)) return true;
  }
  return false;
}

bool Tolerations::tolerate_all(const NodeFacts& node) const {
  for (const Taint& taint : node.taints) {
    if (taint.effect != Taint::Effect::PreferNoSchedule && !tolerate(taint)) return false;
  }
  return true;
}

std::int64_t Tolerations::disliked(const NodeFacts& node) const {
  std::int64_t count = 0;
  for (const Taint& taint : node.taints) {
    if (taint.effect == Taint::Effect::PreferNoSchedule && !tolerate(taint)) ++count;
  }
  return count;
}

}  // namespace knarr::scheduler
