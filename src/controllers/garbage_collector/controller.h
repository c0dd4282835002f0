// SPDX-License-Identifier: Apache-2.0
// garbage-collector-controller: deletes objects whose owners are all gone, and carries out deletion
// in the foreground and with orphans (BEHAVIOURS 95). The informers' indices are the graph; before an
// object is deleted, it and its owners are read live.
// Source: k8s.io/kubernetes pkg/controller/garbagecollector.
#pragma once

#include "client/controller.h"
#include "client/events.h"
#include "controllers/garbage_collector/decision.h"
#include "controllers/garbage_collector/tracked.h"

#include <vector>

namespace knarr::controllers {

class GarbageCollector final : public client::Controller {
 public:
  explicit GarbageCollector(client::LoopContext context);
  Task<> stop() override;

 protected:
  /// `key` is "<resource>|<namespace>/<name>|<uid>".
  Task<Result<client::Requeue>> reconcile(client::ObjectKey key) override;

 private:
  client::Handler watch(std::size_t resource);
  void enqueue(std::size_t resource, object::Value object);
  void enqueue_dependents(object::Value owner);
  void enqueue_waiting_owners(object::Value dependent);
  void appeared(std::size_t resource, object::Value object, bool references_changed);
  /// Is the owner of this reference where it says, as the informers know it?
  [[nodiscard]] object::Document known_owner(object::Value dependent, object::Value reference) const;
  void report_misplaced(std::size_t resource, const object::Document& dependent);

  Task<Result<client::Requeue>> collect(std::size_t resource, object::Document cached);
  Task<Result<>> finish_foreground(std::size_t resource, object::Document owner);
  Task<Result<>> release_dependents(std::size_t resource, object::Document owner);
  Task<Result<>> release_one(garbage_collector::Item item, std::string owner_uid);
  Task<Result<>> remove_finalizer(std::size_t resource, object::Document object, std::string finalizer);
  Task<Result<garbage_collector::OwnerState>> state_of(std::size_t resource, object::Document dependent,
                                                       std::size_t reference);
  [[nodiscard]] client::Target target_of(std::size_t resource, object::Value object) const;

  garbage_collector::Tracked tracked_;
  client::EventRecorder events_;
};

}  // namespace knarr::controllers
