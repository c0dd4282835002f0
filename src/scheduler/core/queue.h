// SPDX-License-Identifier: Apache-2.0
// Queue: the pods that wait for a node. Active ones come out by priority, then by age; those that
// failed wait for news that may help them (unschedulable) and for their backoff; gated ones wait
// for a change of their own. While nothing is active, those whose backoff is not over are taken
// as well. Source: pkg/scheduler/backend/queue. On one strand; never waits.
#pragma once

#include "base/clock.h"
#include "scheduler/core/cycle.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

namespace knarr::scheduler {

class Queue {
 public:
  static constexpr std::chrono::seconds kFirstBackoff{1};
  static constexpr std::chrono::seconds kLongestBackoff{10};
  static constexpr std::chrono::minutes kLongestUnschedulable{5};

  /// `plugins` must outlive this.
  Queue(Clock& clock, const Plugins& plugins);
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  /// Takes a new pod in, or a new version of one that it has (also one that is out at the moment).
  void set(PodPtr pod);
  void remove(const std::string& uid);
  [[nodiscard]] bool contains(const std::string& uid) const { return entries_.contains(uid); }

  /// The next pod to schedule, or null. It is out until one of the following is said of it.
  PodPtr pop();
  /// It has its node.
  void done(const std::string& uid) { remove(uid); }
  /// No node can be used: it waits for news that concern these plug-ins (none: any news).
  void unschedulable(const std::string& uid, PluginSet rejectors);
  /// Something failed on the way: it comes back after its backoff.
  void failed(const std::string& uid);

  /// News: wakes the unschedulable pods that they may help.
  void tell(const ClusterEvent& event);

  /// When pop() may give more without any call from outside; none: not by itself.
  [[nodiscard]] std::optional<SteadyTime> next_deadline() const;

  struct Sizes {
    std::size_t active = 0, backoff = 0, unschedulable = 0, gated = 0, out = 0;
  };
  [[nodiscard]] Sizes sizes() const;
  void clear();

 private:
  enum class Place : std::uint8_t { Out, Active, Backoff, ErrorBackoff, Unschedulable, Gated };
  struct Entry {
    PodPtr pod;
    Place place = Place::Out;
    std::uint64_t order = 0;  // Of arrival in the queue, for pods of one priority.
    SteadyTime since;         // When it came (again).
    SteadyTime backoff_until;
    int failures = 0;
    PluginSet rejectors = 0;
  };
  struct ByPriority {
    bool operator()(const Entry* a, const Entry* b) const {
      if (a->pod->priority != b->pod->priority) return a->pod->priority > b->pod->priority;
      return a->order < b->order;
    }
  };
  struct ByBackoff {
    bool operator()(const Entry* a, const Entry* b) const {
      if (a->backoff_until != b->backoff_until) return a->backoff_until < b->backoff_until;
      return a->order < b->order;
    }
  };
  struct BySince {
    bool operator()(const Entry* a, const Entry* b) const {
      if (a->since != b->since) return a->since < b->since;
      return a->order < b->order;
    }
  };

  [[nodiscard]] bool may_queue(const PodInfo& pod) const;
  [[nodiscard]] bool is_helped(const Entry& entry, const ClusterEvent& event) const;
  void put(Entry& entry, Place place);
  void leave(Entry& entry);
  void admit(Entry& entry);  // To Active, or to Backoff when it is not over.
  void start_backoff(Entry& entry);
  void flush();

  Clock& clock_;
  const Plugins& plugins_;
  std::unordered_map<std::string, std::unique_ptr<Entry>> entries_;  // By UID.
  std::set<Entry*, ByPriority> active_;
  std::set<Entry*, ByBackoff> backoff_;
  std::set<Entry*, ByBackoff> error_backoff_;
  std::set<Entry*, BySince> unschedulable_;
  std::size_t gated_ = 0;
  std::uint64_t arrivals_ = 0;
};

}  // namespace knarr::scheduler
