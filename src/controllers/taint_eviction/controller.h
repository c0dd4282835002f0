// SPDX-License-Identifier: Apache-2.0
// taint-eviction-controller: deletes pods that do not, or no longer, tolerate a NoExecute taint of
// their node (BEHAVIOURS 99). Source: k8s.io/kubernetes pkg/controller/tainteviction.
#pragma once

#include "client/controller.h"
#include "client/events.h"

#include <map>
#include <string>

namespace knarr::controllers {

class TaintEvictionController final : public client::Controller {
 public:
  explicit TaintEvictionController(client::LoopContext context);
  Task<> stop() override;

 protected:
  /// `key` is a pod's.
  Task<Result<client::Requeue>> reconcile(client::ObjectKey key) override;

 private:
  struct Waiting {
    std::string uid;
    SteadyTime since;
    SteadyTime due;
  };
  void cancel(const client::ObjectKey& key, const object::Document& pod);

  client::Informer& pods_;
  client::Informer& nodes_;
  std::map<std::string, Waiting> waiting_;  // Pods that tolerate a taint for some time.
  client::EventRecorder events_;
};

}  // namespace knarr::controllers
