// SPDX-License-Identifier: Apache-2.0
// endpoints-controller: writes the pods behind each service as an Endpoints object.
// Source: k8s.io/kubernetes pkg/controller/endpoint.
#pragma once

#include "client/controller.h"
#include "client/events.h"
#include "controllers/service_pods.h"

namespace knarr::controllers {

class EndpointsController final : public client::Controller {
 public:
  explicit EndpointsController(client::LoopContext context);
  Task<> stop() override;

 protected:
  /// `key` is a service's.
  Task<Result<client::Requeue>> reconcile(client::ObjectKey key) override;

 private:
  client::Informer& services_;
  client::Informer& pods_;
  client::Informer& endpoints_;
  TriggerTimes trigger_times_;
  client::EventRecorder events_;
};

}  // namespace knarr::controllers
