// SPDX-License-Identifier: Apache-2.0
#include "controllers/taint_eviction/tolerations.h"

#include <algorithm>

namespace knarr::controllers::taint_eviction {

using object::Value;
namespace atom = object::atom;

namespace {

bool tolerates(Value toleration, Value taint) {
  const std::string_view effect = toleration[atom::effect].as_string();
  if (!effect.empty() && effect != taint[atom::effect].as_string()) return false;
  const std::string_view key = toleration[atom::key].as_string();
  if (!key.empty() && key != taint[atom::key].as_string()) return false;
  const std::string_view op = toleration[atom::operator_].as_string();
  if (op == "Exists") return true;
  if (op.empty() || op == "Equal") {
    return toleration[atom::value].as_string() == taint[atom::value].as_string();
  }
  return false;
}

}  // namespace

Tolerance tolerance(Value pod, Value node) {
  Tolerance result;
  for (const Value taint : node[atom::spec][atom::taints].items()) {
    if (taint[atom::effect].as_string() != "NoExecute") continue;
    result.tainted = true;
    bool tolerated = false;
    for (const Value toleration : pod[atom::spec][atom::tolerations].items()) {
      if (!tolerates(toleration, taint)) continue;
      tolerated = true;
      const Value limit = toleration[atom::tolerationSeconds];
      if (!limit.is_int()) continue;
      const std::chrono::seconds time(std::max<std::int64_t>(0, limit.as_int()));
      if (!result.time || time < *result.time) result.time = time;
    }
    if (!tolerated) return {.time = std::chrono::seconds(0), .tainted = true};
  }
  return result;
}

}  // namespace knarr::controllers::taint_eviction
