// SPDX-License-Identifier: Apache-2.0
// SchedulingGates: a pod with gates does not enter the queue. The API server says so in its
// conditions.
#include "scheduler/plugins/all.h"

namespace knarr::scheduler {

namespace {

class SchedulingGates final : public Plugin {
 public:
  [[nodiscard]] std::string_view name() const override { return "SchedulingGates"; }
  [[nodiscard]] bool may_queue(const PodInfo& pod) const override {
    return pod.object[object::atom::spec][object::atom::schedulingGates].empty();
  }
  [[nodiscard]] std::uint32_t events() const override { return kOwnChange; }
};

}  // namespace

std::unique_ptr<Plugin> make_scheduling_gates() { return std::make_unique<SchedulingGates>(); }

}  // namespace knarr::scheduler
