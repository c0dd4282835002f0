// SPDX-License-Identifier: Apache-2.0
// DynamicResources: claims of devices. Only what pods without claims see of it so far; pods with
// claims are kept out, as nothing can allocate their claims yet.
#include "scheduler/plugins/all.h"

namespace knarr::scheduler {

namespace {

class DynamicResources final : public Plugin {
 public:
  [[nodiscard]] std::string_view name() const override { return "DynamicResources"; }
  Prepared prepare(const PodInfo& pod, const Snapshot&) override {
    if (pod.object[object::atom::spec][object::atom::resourceClaims].empty()) return Prepared::skip();
    return Prepared::reject(Verdict::Unresolvable, "resource claims cannot be allocated yet");
  }
};

// The deallocation of claims that are in the way.
class Deallocation final : public RemedyPlugin {
 public:
  Remedy help(const PodInfo&, const Diagnosis& diagnosis, Snapshot&, Filters&) override {
    // Another plug-in refused the pod before claims were looked at: Kubernetes finds no state.
    if (!diagnosis.prepared) return {.kind = Remedy::Kind::Final, .message = "not found"};
    return {.message = "no new claims to deallocate"};
  }
};

}  // namespace

std::unique_ptr<Plugin> make_dynamic_resources() { return std::make_unique<DynamicResources>(); }
std::unique_ptr<RemedyPlugin> make_deallocation() { return std::make_unique<Deallocation>(); }

}  // namespace knarr::scheduler
