// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/queue.h"

#include "base/check.h"
#include "object/equality.h"

#include <algorithm>
#include <vector>

namespace knarr::scheduler {

namespace atom = object::atom;

namespace {

// Did the pod change in a way that a plug-in may look at? Its conditions, say, do not matter.
bool changed_itself(const PodInfo& before, const PodInfo& now) {
  const auto same = [&](object::Atom part, object::Atom field) {
    return object::equal(before.object[part][field], now.object[part][field]);
  };
  return !same(atom::metadata, atom::labels) || !object::equal(before.object[atom::spec], now.object[atom::spec]);
}

}  // namespace

Queue::Queue(Clock& clock, const Plugins& plugins) : clock_(clock), plugins_(plugins) {}
Queue::~Queue() = default;

bool Queue::may_queue(const PodInfo& pod) const {
  return std::ranges::all_of(plugins_, [&](const auto& plugin) { return plugin->may_queue(pod); });
}

void Queue::put(Entry& entry, Place place) {
  leave(entry);
  entry.place = place;
  switch (place) {
    case Place::Out: break;
    case Place::Active: active_.insert(&entry); break;
    case Place::Backoff: backoff_.insert(&entry); break;
    case Place::ErrorBackoff: error_backoff_.insert(&entry); break;
    case Place::Unschedulable: unschedulable_.insert(&entry); break;
    case Place::Gated: ++gated_; break;
  }
}

void Queue::leave(Entry& entry) {
  switch (entry.place) {
    case Place::Out: break;
    case Place::Active: active_.erase(&entry); break;
    case Place::Backoff: backoff_.erase(&entry); break;
    case Place::ErrorBackoff: error_backoff_.erase(&entry); break;
    case Place::Unschedulable: unschedulable_.erase(&entry); break;
    case Place::Gated: --gated_; break;
  }
  entry.place = Place::Out;
}

void Queue::admit(Entry& entry) {
  if (!may_queue(*entry.pod)) {
    put(entry, Place::Gated);
  } else if (entry.failures > 0 && entry.backoff_until > clock_.steady_now()) {
    put(entry, Place::Backoff);
  } else {
    put(entry, Place::Active);
  }
}

void Queue::set(PodPtr pod) {
  auto& slot = entries_[pod->uid];
  if (!slot) {
    slot = std::make_unique<Entry>();
    slot->order = ++arrivals_;
    slot->since = clock_.steady_now();
    slot->pod = std::move(pod);
    admit(*slot);
    return;
  }
  Entry& entry = *slot;
  const Place place = entry.place;
  leave(entry);  // The order of the sets looks at the pod.
  const PodPtr before = std::exchange(entry.pod, std::move(pod));
  if (place == Place::Gated) {
    admit(entry);
  } else if (place == Place::Unschedulable && changed_itself(*before, *entry.pod) &&
             is_helped(entry, {.bits = kOwnChange, .pod_before = before.get(), .pod = entry.pod.get()})) {
    admit(entry);
  } else {
    put(entry, place);
  }
}

void Queue::remove(const std::string& uid) {
  const auto found = entries_.find(uid);
  if (found == entries_.end()) return;
  leave(*found->second);
  entries_.erase(found);
}

PodPtr Queue::pop() {
  flush();
  Entry* next = nullptr;
  if (!active_.empty()) {
    next = *active_.begin();
  } else if (!backoff_.empty()) {
    next = *backoff_.begin();
  } else {
    return nullptr;
  }
  put(*next, Place::Out);
  return next->pod;
}

void Queue::start_backoff(Entry& entry) {
  auto backoff = kFirstBackoff;
  for (int i = 0; i < entry.failures && backoff < kLongestBackoff; ++i) backoff *= 2;
  ++entry.failures;
  entry.since = clock_.steady_now();
  entry.order = ++arrivals_;
  entry.backoff_until = entry.since + std::min(backoff, kLongestBackoff);
}

void Queue::unschedulable(const std::string& uid, PluginSet rejectors) {
  const auto found = entries_.find(uid);
  if (found == entries_.end()) return;  // Deleted meanwhile.
  Entry& entry = *found->second;
  leave(entry);
  start_backoff(entry);
  entry.rejectors = rejectors;
  put(entry, may_queue(*entry.pod) ? Place::Unschedulable : Place::Gated);
}

void Queue::failed(const std::string& uid) {
  const auto found = entries_.find(uid);
  if (found == entries_.end()) return;
  Entry& entry = *found->second;
  leave(entry);
  start_backoff(entry);
  entry.rejectors = 0;
  put(entry, may_queue(*entry.pod) ? Place::ErrorBackoff : Place::Gated);
}

bool Queue::is_helped(const Entry& entry, const ClusterEvent& event) const {
  if (entry.rejectors == 0) return true;
  for (std::size_t i = 0; i < plugins_.size(); ++i) {
    if ((entry.rejectors & (PluginSet{1} << i)) == 0) continue;
    if ((plugins_[i]->events() & event.bits) == 0) continue;
    if (plugins_[i]->helps(*entry.pod, event)) return true;
  }
  return false;
}

void Queue::tell(const ClusterEvent& event) {
  if (event.bits == 0 || unschedulable_.empty()) return;
  std::vector<Entry*> helped;
  for (Entry* entry : unschedulable_) {
    if (is_helped(*entry, event)) helped.push_back(entry);
  }
  for (Entry* entry : helped) admit(*entry);
}

void Queue::flush() {
  const SteadyTime now = clock_.steady_now();
  for (auto* const waiting : {&backoff_, &error_backoff_}) {
    while (!waiting->empty() && (*waiting->begin())->backoff_until <= now) {
      put(**waiting->begin(), Place::Active);
    }
  }
  while (!unschedulable_.empty() && now - (*unschedulable_.begin())->since >= kLongestUnschedulable) {
    admit(**unschedulable_.begin());
  }
}

std::optional<SteadyTime> Queue::next_deadline() const {
  std::optional<SteadyTime> next;
  const auto take = [&](SteadyTime time) {
    if (!next || time < *next) next = time;
  };
  if (!backoff_.empty()) take((*backoff_.begin())->backoff_until);
  if (!error_backoff_.empty()) take((*error_backoff_.begin())->backoff_until);
  if (!unschedulable_.empty()) take((*unschedulable_.begin())->since + kLongestUnschedulable);
  return next;
}

Queue::Sizes Queue::sizes() const {
  const std::size_t placed =
      active_.size() + backoff_.size() + error_backoff_.size() + unschedulable_.size() + gated_;
  return {.active = active_.size(),
          .backoff = backoff_.size() + error_backoff_.size(),
          .unschedulable = unschedulable_.size(),
          .gated = gated_,
          .out = entries_.size() - placed};
}

void Queue::clear() {
  active_.clear();
  backoff_.clear();
  error_backoff_.clear();
  unschedulable_.clear();
  gated_ = 0;
  entries_.clear();
}

}  // namespace knarr::scheduler
