// SPDX-License-Identifier: Apache-2.0
#include "api/resources_sum.h"

#include <algorithm>

namespace knarr::api {

using object::Quantity;
using object::Value;

namespace {

Value status_of(Value pod, std::string_view list, std::string_view name) {
  for (const Value status : pod["status"][list].items()) {
    if (status["name"].as_string() == name) return status;
  }
  return {};
}

bool resize_is_infeasible(Value pod) {
  for (const Value condition : pod["status"]["conditions"].items()) {
    if (condition["type"].as_string() == "PodResizePending") {
      return condition["reason"].as_string() == "Infeasible";
    }
  }
  return false;
}

struct Adder {
  std::string_view field;  // "requests" or "limits"
  Value pod;               // Missing: only the spec counts.
  bool infeasible = false;
  const Resources* missing = nullptr;

  [[nodiscard]] Resources of(Value container, std::string_view statuses) const {
    Resources out = asked(container, statuses);
    if (missing != nullptr) out.insert(missing->begin(), missing->end());  // Keeps what is there.
    return out;
  }
  [[nodiscard]] Resources asked(Value container, std::string_view statuses) const {
    Resources out = to_resources(container["resources"][field]);
    const Value status = status_of(pod, statuses, container["name"].as_string());
    if (!status.exists()) return out;
    if (infeasible && status["resources"].exists()) out.clear();
    take_larger(out, to_resources(status["resources"][field]));
    if (field == "requests") take_larger(out, to_resources(status["allocatedResources"]));
    return out;
  }
};

Resources sum_containers(Value spec, const Adder& adder) {
  Resources sum;
  for (const Value container : spec["containers"].items()) {
    add(sum, adder.of(container, "containerStatuses"));
  }
  Resources sidecars;  // Those started so far.
  Resources init;      // The most that any step of initialisation needs.
  for (const Value container : spec["initContainers"].items()) {
    Resources step = adder.of(container, "initContainerStatuses");
    if (container["restartPolicy"].as_string() == "Always") {
      add(sum, step);
      add(sidecars, step);
      step = sidecars;
    } else {
      add(step, sidecars);
    }
    take_larger(init, step);
  }
  take_larger(sum, init);
  return sum;
}

bool pod_level_set(Value spec) {
  for (const std::string_view field : {"requests", "limits"}) {
    for (const auto [name, atom, quantity] : spec["resources"][field].entries()) {
      if (supported_at_pod_level(name)) return true;
    }
  }
  return false;
}

Resources pod_sum(Value pod, std::string_view field, const SumOptions& options) {
  const Value spec = pod["spec"];
  Adder adder{.field = field, .missing = options.missing};
  if (options.use_status) adder.pod = pod, adder.infeasible = resize_is_infeasible(pod);
  Resources sum = sum_containers(spec, adder);
  if (options.pod_level && pod_level_set(spec)) {
    for (const auto [name, atom, quantity] : spec["resources"][field].entries()) {
      if (supported_at_pod_level(name)) {
        sum.insert_or_assign(std::string(name), Quantity::of(quantity.as_string()));
      }
    }
  }
  return sum;
}

}  // namespace

Resources to_resources(Value list) {
  Resources out;
  for (const auto [name, atom, quantity] : list.entries()) {
    out.emplace(name, Quantity::of(quantity.as_string()));
  }
  return out;
}

void add(Resources& sum, const Resources& other) {
  for (const auto& [name, amount] : other) {
    const auto [at, fresh] = sum.try_emplace(name, amount);
    if (!fresh) at->second += amount;
  }
}

void take_larger(Resources& most, const Resources& other) {
  for (const auto& [name, amount] : other) {
    const auto [at, fresh] = most.try_emplace(name, amount);
    if (!fresh && amount > at->second) at->second = amount;
  }
}

bool supported_at_pod_level(std::string_view resource) {
  return resource == "cpu" || resource == "memory" || resource.starts_with("hugepages-");
}

Resources container_requests(Value pod_spec) {
  return sum_containers(pod_spec, {.field = "requests"});
}

Resources container_limits(Value pod_spec) { return sum_containers(pod_spec, {.field = "limits"}); }

Resources pod_requests(Value pod, const SumOptions& options) {
  Resources sum = pod_sum(pod, "requests", options);
  if (options.overhead) add(sum, to_resources(pod["spec"]["overhead"]));
  return sum;
}

Resources pod_limits(Value pod, const SumOptions& options) {
  Resources sum = pod_sum(pod, "limits", options);
  if (!options.overhead) return sum;
  for (const auto& [name, amount] : to_resources(pod["spec"]["overhead"])) {
    if (const auto at = sum.find(name); at != sum.end()) at->second += amount;
  }
  return sum;
}

std::string_view to_string(QosClass qos) {
  switch (qos) {
    case QosClass::Guaranteed: return "Guaranteed";
    case QosClass::Burstable: return "Burstable";
    case QosClass::BestEffort: return "BestEffort";
  }
  return {};
}

namespace {

// cpu and memory above zero of one list.
Resources basics(Value list) {
  Resources out;
  for (const std::string_view name : {"cpu", "memory"}) {
    const Quantity amount = Quantity::of(list[name].as_string());
    if (amount.sign() > 0) out.emplace(name, amount);
  }
  return out;
}

QosClass class_of(const Resources& requests, const Resources& limits, bool all_limited) {
  if (requests.empty() && limits.empty()) return QosClass::BestEffort;
  const bool equal = requests.size() == limits.size() &&
                     std::ranges::equal(requests, limits, [](const auto& a, const auto& b) {
                       return a.first == b.first && a.second == b.second;
                     });
  return all_limited && equal ? QosClass::Guaranteed : QosClass::Burstable;
}

}  // namespace

QosClass qos_class(Value pod_spec) {
  if (pod_level_set(pod_spec)) {
    const Resources requests = basics(pod_spec["resources"]["requests"]);
    const Resources limits = basics(pod_spec["resources"]["limits"]);
    return class_of(requests, limits, limits.size() == 2);
  }
  Resources requests;
  Resources limits;
  bool all_limited = true;
  for (const std::string_view list : {"containers", "initContainers"}) {
    for (const Value container : pod_spec[list].items()) {
      add(requests, basics(container["resources"]["requests"]));
      const Resources limited = basics(container["resources"]["limits"]);
      all_limited = all_limited && limited.size() == 2;
      add(limits, limited);
    }
  }
  return class_of(requests, limits, all_limited);
}

}  // namespace knarr::api
