// SPDX-License-Identifier: Apache-2.0
// replicaset-controller and replicationcontroller-controller: keep a number of pods of a template
// running. One engine, two flavours. Source: k8s.io/kubernetes pkg/controller/replicaset.
#pragma once

#include "api/label_selector.h"
#include "client/controller.h"
#include "client/events.h"
#include "controllers/expectations.h"

#include <optional>
#include <vector>

namespace knarr::controllers {

/// What differs between the two kinds.
struct ReplicaFlavour {
  std::string_view controller;
  std::string_view event_source;
  client::Resource resource;
  bool counts_terminating = true;
};

class ReplicaController : public client::Controller {
 public:
  ReplicaController(client::LoopContext context, ReplicaFlavour flavour);
  Task<> stop() override;

 protected:
  Task<Result<client::Requeue>> reconcile(client::ObjectKey key) override;

 private:
  struct Pods {
    std::vector<object::Document> active;
    std::vector<object::Document> terminating;
  };

  void pod_added(const object::Document& pod);
  void pod_updated(const object::Document& before, const object::Document& now);
  void pod_deleted(const object::Document& pod);
  /// The key of the set that controls this pod; empty without one in the cache.
  [[nodiscard]] client::ObjectKey owner_key(object::Value pod) const;
  void enqueue_matching(object::Value pod);
  [[nodiscard]] Result<api::LabelSelector> selector_of(object::Value set) const;

  Task<Result<Pods>> claim_pods(object::Document set, api::LabelSelector selector);
  [[nodiscard]] std::vector<object::Document> related_pods(object::Value set) const;
  /// Gives the failure, if any; nothing is also what a namespace that ends gives.
  Task<std::optional<Error>> make_pods(object::Document set, client::ObjectKey key, int count);
  Task<Result<>> make_pod(object::Document set, client::ObjectKey key);
  Task<std::optional<Error>> delete_pods(object::Document set, client::ObjectKey key,
                                         std::vector<object::Document> pods);
  Task<Result<>> delete_pod(object::Document set, client::ObjectKey key, object::Document pod);
  Task<Result<object::Document>> write_status(object::Document set, object::Draft status);

  ReplicaFlavour flavour_;
  client::Informer& sets_;
  client::Informer& pods_;
  Expectations expectations_;
  client::EventRecorder events_;
};

class ReplicaSetController final : public ReplicaController {
 public:
  explicit ReplicaSetController(client::LoopContext context);
};

class ReplicationControllerController final : public ReplicaController {
 public:
  explicit ReplicationControllerController(client::LoopContext context);
};

}  // namespace knarr::controllers
