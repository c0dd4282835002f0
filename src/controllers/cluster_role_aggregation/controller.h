// SPDX-License-Identifier: Apache-2.0
// clusterrole-aggregation-controller: a ClusterRole with an aggregationRule holds the rules of the
// ClusterRoles that its selectors match. Source: k8s.io/kubernetes
// pkg/controller/clusterroleaggregation.
#pragma once

#include "client/controller.h"

namespace knarr::controllers {

class ClusterRoleAggregationController final : public client::Controller {
 public:
  explicit ClusterRoleAggregationController(client::LoopContext context);

 protected:
  Task<Result<client::Requeue>> reconcile(client::ObjectKey key) override;

 private:
  void enqueue_aggregates();

  client::Informer& roles_;
};

}  // namespace knarr::controllers
