// SPDX-License-Identifier: Apache-2.0
// endpointslice-controller: writes the pods behind each service as EndpointSlices. Deciding is in
// plan.h. Not here: topology mode Auto (the annotation service.kubernetes.io/topology-mode).
// Source: k8s.io/kubernetes pkg/controller/endpointslice.
#pragma once

#include "client/controller.h"
#include "client/events.h"
#include "controllers/endpoint_slice/plan.h"
#include "controllers/service_pods.h"

#include <map>

namespace knarr::controllers {

class EndpointSliceController final : public client::Controller {
 public:
  explicit EndpointSliceController(client::LoopContext context);
  Task<> stop() override;

 protected:
  /// `key` is a service's.
  Task<Result<client::Requeue>> reconcile(client::ObjectKey key) override;

 private:
  void slice_changed(const object::Document& slice);
  void node_changed(const object::Document& before, const object::Document& now);
  [[nodiscard]] bool is_current(const std::string& key) const;
  Task<Result<>> apply(client::ObjectKey key, object::Document service, endpoint_slice::Plan plan,
                       std::string trigger_time);

  client::Informer& services_;
  client::Informer& pods_;
  client::Informer& slices_;
  client::Informer& nodes_;
  /// Service -> slice -> the version we wrote last: the informer must have seen it before we plan on.
  std::map<std::string, std::map<std::string, std::uint64_t>> written_;
  TriggerTimes trigger_times_;
  client::EventRecorder events_;
};

}  // namespace knarr::controllers
