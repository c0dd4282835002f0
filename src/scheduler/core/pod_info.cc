// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/pod_info.h"

#include "api/resources_sum.h"
#include "client/informer.h"

namespace knarr::scheduler {

using object::Quantity;
using object::Value;
namespace atom = object::atom;

namespace {

// What a container without a request counts with in scores (Kubernetes' schedutil).
constexpr std::int64_t kDefaultMilliCpu = 100;
constexpr std::int64_t kDefaultMemory = 200LL * 1024 * 1024;

const api::Resources& score_defaults() {
  static const api::Resources defaults{{"cpu", Quantity::milli(kDefaultMilliCpu)},
                                       {"memory", Quantity(kDefaultMemory)}};
  return defaults;
}

std::int64_t amount_of(ResourceId resource, const Quantity& quantity) {
  return resource == kCpu ? quantity.milli_value() : quantity.value();
}

void add_ports(Value container, std::vector<HostPort>& out) {
  for (const Value port : container[atom::ports].items()) {
    const std::int64_t number = port[atom::hostPort].as_int();
    if (number <= 0) continue;
    std::string_view address = port[atom::hostIP].as_string();
    if (address == "0.0.0.0") address = {};
    out.push_back({std::string(address), std::string(port[atom::protocol].as_string("TCP")),
                   static_cast<std::int32_t>(number)});
  }
}

}  // namespace

std::int64_t amount_of(ResourceId resource, std::string_view quantity) {
  return amount_of(resource, Quantity::of(quantity));
}

PodPtr make_pod_info(const object::Document& pod, ResourceNames& names) {
  auto info = std::make_shared<PodInfo>();
  const Value spec = pod[atom::spec];
  info->object = pod;
  info->key = client::key_of(pod);
  info->uid = object::uid_of(pod.root());
  info->node_name = spec[atom::nodeName].as_string();
  info->nominated = pod[atom::status][atom::nominatedNodeName].as_string();
  info->priority = static_cast<std::int32_t>(spec[atom::priority].as_int());
  info->deleting = pod[atom::metadata][atom::deletionTimestamp].is_string();
  const std::string_view phase = pod[atom::status][atom::phase].as_string();
  info->finished = phase == "Succeeded" || phase == "Failed";

  for (const auto& [name, quantity] : api::pod_requests(pod.root(), {.use_status = true})) {
    const ResourceId resource = names.id(name);
    const std::int64_t amount = amount_of(resource, quantity);
    if (amount > 0) info->requests.push_back({resource, amount});
  }
  const api::Resources scored =
      api::pod_requests(pod.root(), {.use_status = true, .missing = &score_defaults()});
  if (const auto cpu = scored.find("cpu"); cpu != scored.end()) info->score_cpu = cpu->second.milli_value();
  if (const auto memory = scored.find("memory"); memory != scored.end()) {
    info->score_memory = memory->second.value();
  }

  for (const Value container : spec[atom::containers].items()) add_ports(container, info->ports);
  for (const Value container : spec[atom::initContainers].items()) {
    if (container[atom::restartPolicy].as_string() == "Always") add_ports(container, info->ports);
  }
  return info;
}

}  // namespace knarr::scheduler
