// SPDX-License-Identifier: Apache-2.0
// What the scheduler writes to pods: the binding and the condition PodScheduled.
#pragma once

#include "base/clock.h"
#include "base/task_group.h"
#include "client/informer.h"
#include "client/transport.h"
#include "scheduler/core/pod_info.h"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace knarr::scheduler {

/// The Binding of a pod to a node. Its UID keeps a namesake from being bound.
object::Draft binding(const PodInfo& pod, std::string_view node);

/// Status patches of preemption: the victim is told why, another pod loses its nominated node.
object::Draft disruption_patch(const PodInfo& victim, SystemTime now);
object::Draft no_nomination_patch(const PodInfo& pod);

/// Writes conditions behind, one write for a pod at a time: the last word wins.
class StatusWriter {
 public:
  /// Writes run in `tasks`. All must outlive this; not used after `tasks` stopped.
  StatusWriter(client::Transport& transport, Clock& clock, client::Informer& pods, TaskGroup& tasks);

  /// PodScheduled=False for this reason. Nothing is written when the pod says so already. 
  /// `nominated`, if given, becomes status.nominatedNodeName.
  void set(const PodInfo& pod, std::string_view reason, std::string message,
           std::optional<std::string> nominated = std::nullopt);

 private:
  struct Wanted {
    std::string key;
    std::string reason;
    std::string message;
    std::optional<std::string> nominated;
  };
  Task<> write(std::string uid);
  Task<Result<>> write_one(const std::string& uid, const Wanted& wanted);

  client::Transport& transport_;
  Clock& clock_;
  client::Informer& pods_;
  TaskGroup& tasks_;
  struct Waiting {
    Wanted wanted;
    bool fresh = true;  // Not being written yet.
  };
  std::unordered_map<std::string, Waiting> waiting_;  // By UID; those being written, too.
};

}  // namespace knarr::scheduler
