// SPDX-License-Identifier: Apache-2.0
#include "controllers/conditions.h"

#include <algorithm>

namespace knarr::controllers {

using object::NodeRef;
using object::Value;
namespace atom = object::atom;

Conditions read_conditions(Value list) {
  Conditions result;
  const auto text = [](Value value) { return std::string(value.as_string()); };
  for (const Value item : list.items()) {
    result.push_back({.type = text(item[atom::type]),
                      .status = text(item[atom::status]),
                      .reason = text(item[atom::reason]),
                      .message = text(item[atom::message]),
                      .lastUpdateTime = text(item[atom::lastUpdateTime]),
                      .lastTransitionTime = text(item[atom::lastTransitionTime]),
                      .lastProbeTime = text(item[atom::lastProbeTime]),
                      .lastHeartbeatTime = text(item[atom::lastHeartbeatTime]),
                      .observedGeneration = item[atom::observedGeneration].as_int()});
  }
  return result;
}

void write_conditions(NodeRef status, const Conditions& conditions) {
  status.erase("conditions");
  if (conditions.empty()) return;
  NodeRef list = status.ensure_list("conditions");
  for (const Condition& condition : conditions) {
    NodeRef item = list.append();
    item.set_map();
    const auto set = [&item](std::string_view key, const std::string& value) {
      if (!value.empty()) item.set(key, std::string_view(value));
    };
    set("type", condition.type);
    set("status", condition.status);
    if (condition.observedGeneration != 0) item.set("observedGeneration", condition.observedGeneration);
    set("lastProbeTime", condition.lastProbeTime);
    set("lastHeartbeatTime", condition.lastHeartbeatTime);
    set("lastUpdateTime", condition.lastUpdateTime);
    set("lastTransitionTime", condition.lastTransitionTime);
    set("reason", condition.reason);
    set("message", condition.message);
  }
}

Condition* find(Conditions& conditions, std::string_view type) {
  const auto found = std::ranges::find(conditions, type, &Condition::type);
  return found == conditions.end() ? nullptr : &*found;
}

const Condition* find(const Conditions& conditions, std::string_view type) {
  const auto found = std::ranges::find(conditions, type, &Condition::type);
  return found == conditions.end() ? nullptr : &*found;
}

bool is_true(const Conditions& conditions, std::string_view type) {
  const Condition* condition = find(conditions, type);
  return condition != nullptr && condition->status == "True";
}

bool remove(Conditions& conditions, std::string_view type) {
  return std::erase_if(conditions, [type](const Condition& c) { return c.type == type; }) > 0;
}

}  // namespace knarr::controllers
