// SPDX-License-Identifier: Apache-2.0
// node-lifecycle-controller: notices nodes that fell silent (neither lease nor status renewed), marks
// them and their pods, and taints nodes by their conditions. Each node comes again every five seconds.
// Source: k8s.io/kubernetes pkg/controller/nodelifecycle.
#pragma once

#include "client/controller.h"
#include "client/events.h"
#include "controllers/node_lifecycle/plan.h"

#include <map>
#include <string>

namespace knarr::controllers {

class NodeLifecycleController final : public client::Controller {
 public:
  explicit NodeLifecycleController(client::LoopContext context);
  Task<> stop() override;

 protected:
  Task<Result<client::Requeue>> reconcile(client::ObjectKey key) override;

 private:
  struct Health {
    std::string uid;
    std::string heartbeat;  // Of the status: status, heartbeat and transition of Ready.
    std::string renewed;    // Of the lease.
    SteadyTime heard;
  };

  /// How long nothing was heard.
  std::chrono::nanoseconds silence(const object::Document& node);
  Task<Result<object::Document>> mark_silent(object::Document node);
  Task<Result<>> mark_pods(object::Document node);
  [[nodiscard]] node_lifecycle::Evict may_evict(const object::Document& node);
  Task<Result<>> taint(object::Document node);

  client::Informer& nodes_;
  client::Informer& leases_;
  client::Informer& pods_;
  std::map<std::string, Health, std::less<>> health_;
  std::map<std::string, SteadyTime> next_eviction_;  // By zone.
  client::EventRecorder events_;
};

}  // namespace knarr::controllers
