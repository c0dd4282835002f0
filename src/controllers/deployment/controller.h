// SPDX-License-Identifier: Apache-2.0
// deployment-controller: rolls templates out over ReplicaSets. The deciding is in rollout.h and
// status.h. Source: k8s.io/kubernetes pkg/controller/deployment.
#pragma once

#include "client/controller.h"
#include "client/events.h"
#include "controllers/deployment/rollout.h"
#include "controllers/deployment/status.h"

#include <optional>
#include <vector>

namespace knarr::controllers {

class DeploymentController final : public client::Controller {
 public:
  explicit DeploymentController(client::LoopContext context);
  Task<> stop() override;

 protected:
  Task<Result<client::Requeue>> reconcile(client::ObjectKey key) override;

 private:
  /// What one round works on. The deployment is replaced as its status is written.
  struct Round {
    object::Document deployment;
    deployment::Spec spec;
    std::vector<object::Document> sets;
    deployment::Split split;
  };

  void set_changed(const object::Document& set);
  void pod_deleted(const object::Document& pod);

  Task<Result<std::vector<object::Document>>> claim_sets(object::Document deployment);
  /// Brings annotations of the set with the present template up to date; makes it if asked to.
  /// False: the round is over (the name was taken, the namespace ends).
  Task<Result<bool>> sync_current(Round* round, bool make);
  Task<Result<bool>> make_current(Round* round, std::int64_t revision);
  Task<Result<>> update_current(Round* round, std::int64_t revision);
  Task<Result<>> note_paused(Round* round);

  Task<Result<client::Requeue>> roll(Round* round);
  Task<Result<client::Requeue>> recreate(Round* round);
  Task<Result<client::Requeue>> scale_only(Round* round);
  Task<Result<>> apply(Round* round, std::vector<deployment::Scale> plan);
  Task<Result<>> clean_up(Round* round);
  Task<Result<client::Requeue>> finish(Round* round);
  [[nodiscard]] bool old_pods_run(const Round& round) const;

  /// Writes status and annotations of the round's deployment if they differ.
  Task<Result<>> write(Round* round, deployment::Status status, std::string revision);

  client::Informer& deployments_;
  client::Informer& sets_;
  client::Informer& pods_;
  client::EventRecorder events_;
};

}  // namespace knarr::controllers
