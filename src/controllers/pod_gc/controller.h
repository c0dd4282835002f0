// SPDX-License-Identifier: Apache-2.0
// pod-garbage-collector-controller: every twenty seconds removes pods that nobody else will: those of
// nodes that are gone, those that end but were never bound, those of nodes out of service, and the
// oldest ended ones beyond a large number (BEHAVIOURS 101).
// Source: k8s.io/kubernetes pkg/controller/podgc.
#pragma once

#include "client/controller.h"

#include <map>
#include <string>

namespace knarr::controllers {

class PodGarbageCollector final : public client::Controller {
 public:
  explicit PodGarbageCollector(client::LoopContext context);

 protected:
  Task<Result<client::Requeue>> reconcile(client::ObjectKey key) override;

 private:
  Task<Result<>> remove_orphans();
  Task<Result<>> remove_ended();
  Task<Result<>> remove_unbound();
  Task<Result<>> remove_out_of_service();
  Task<Result<>> remove(object::Document pod, std::string reason, std::string message);

  client::Informer& pods_;
  client::Informer& nodes_;
  std::map<std::string, SteadyTime, std::less<>> missing_;  // Nodes that pods name, since when.
};

}  // namespace knarr::controllers
