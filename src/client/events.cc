// SPDX-License-Identifier: Apache-2.0
// Events: counted, bounded, written behind. Source: k8s.io/client-go tools/record/events_cache.go.
#include "client/events.h"

#include "base/channel.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/task_group.h"
#include "client/resources.h"
#include "object/time_text.h"

#include <fmt/core.h>

#include <list>
#include <unordered_map>

namespace knarr::client {

using object::Document;
using object::Draft;
using object::NodeRef;
namespace atom = object::atom;

namespace {

constexpr std::size_t kQueue = 1000;        // Events waiting to be written; more are dropped.
constexpr std::size_t kRemembered = 4096;   // Events and sources kept for counting.
constexpr double kBurst = 25;               // Per source and object,
constexpr double kPerSecond = 1.0 / 300;    // then one every five minutes.

std::string time_of(SystemTime now) {
  return object::time_text(std::chrono::floor<std::chrono::microseconds>(now));
}

struct Seen {
  std::string name;  // Of the Event object.
  std::string namespace_;
  std::string first;
  std::int64_t count = 0;
};

struct Bucket {
  double tokens = kBurst;
  SteadyTime last;
};

}  // namespace

struct EventRecorder::State {
  State(Transport& transport_, Executor& strand, Clock& clock_, std::string component_, std::string host_)
      : transport(transport_),
        clock(clock_),
        component(std::move(component_)),
        host(std::move(host_)),
        queue(kQueue),
        tasks(strand) {}

  struct Write {
    std::string key;  // What counts as the same event.
    Draft event;
  };

  Task<> run() {
    for (;;) {
      auto write = co_await queue.recv();
      if (!write || !*write) co_return;
      auto result = co_await store(std::move(**write));
      if (!result && result.error().is(Reason::Cancelled)) co_return;
      if (!result) log::debug("event not written", {{"error", result.error()}});
    }
  }

  Task<Result<>> store(Write write) {
    const std::string now = time_of(clock.system_now());
    const auto known = seen.find(write.key);
    if (known != seen.end()) {
      Draft patch;
      patch.root().set("count", static_cast<long>(known->second.count + 1));
      patch.root().set("lastTimestamp", now);
      Target target{kEvents, known->second.namespace_, known->second.name, ""};
      auto patched = co_await transport.patch(std::move(target), PatchType::Merge, std::move(patch), {});
      const auto still = seen.find(write.key);
      if (patched && still != seen.end()) {
        ++still->second.count;
        co_return ok();
      }
      if (!patched && !patched.error().is(Reason::NotFound)) co_return std::move(patched).error();
    }
    const std::string space(write.event[atom::metadata][atom::namespace_].as_string());
    const std::string name(write.event[atom::metadata][atom::name].as_string());
    Target target{kEvents, space, "", ""};
    CO_TRY(co_await transport.create(std::move(target), std::move(write.event), {}));
    if (seen.size() >= kRemembered) seen.clear();
    seen[write.key] = {name, space, now, 1};
    co_return ok();
  }

  bool allowed(const std::string& source) {
    if (buckets.size() >= kRemembered) buckets.clear();
    const SteadyTime now = clock.steady_now();
    const auto [at, fresh] = buckets.try_emplace(source);
    Bucket& bucket = at->second;
    if (!fresh) {
      const std::chrono::duration<double> passed = now - bucket.last;
      bucket.tokens = std::min(kBurst, bucket.tokens + passed.count() * kPerSecond);
    }
    bucket.last = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  Transport& transport;
  Clock& clock;
  std::string component;
  std::string host;
  std::unordered_map<std::string, Seen> seen;
  std::unordered_map<std::string, Bucket> buckets;
  std::uint64_t sequence = 0;
  bool started = false;
  Channel<Write> queue;
  TaskGroup tasks;
};

EventRecorder::EventRecorder(Transport& transport, Executor& strand, Clock& clock,
                             std::string component, std::string host)
    : state_(std::make_unique<State>(transport, strand, clock, std::move(component), std::move(host))) {}

EventRecorder::~EventRecorder() = default;

void EventRecorder::record(const Document& object, const Resource& resource, std::string_view type,
                           std::string_view reason, std::string message,
                           std::string_view field_path) {
  State& s = *state_;
  const std::string_view name = object::name_of(object.root());
  const std::string_view own_space = object::namespace_of(object.root());
  const std::string_view space = own_space.empty() ? "default" : own_space;
  const std::string_view uid = object::uid_of(object.root());
  if (!s.allowed(fmt::format("{}/{}/{}", resource.plural, own_space, name))) return;
  const SystemTime system_now = s.clock.system_now();
  const std::string now = time_of(system_now);
  const std::string api_version = resource.group.empty()
                                      ? std::string(resource.version)
                                      : fmt::format("{}/{}", resource.group, resource.version);
  State::Write write;
  write.key = fmt::format("{}|{}|{}|{}|{}|{}|{}", resource.kind, own_space, name, uid, type, reason, message);
  NodeRef event = write.event.root();
  NodeRef metadata = event.ensure_map("metadata");
  const auto nanos = static_cast<std::uint64_t>(system_now.time_since_epoch().count()) + s.sequence++;
  metadata.set("name", fmt::format("{}.{:x}", name, nanos));
  metadata.set("namespace", space);
  NodeRef involved = event.ensure_map("involvedObject");
  involved.set("kind", resource.kind);
  if (!own_space.empty()) involved.set("namespace", own_space);
  involved.set("name", name);
  involved.set("uid", uid);
  involved.set("apiVersion", api_version);
  if (object.resource_version() != 0) {
    involved.set("resourceVersion", std::to_string(object.resource_version()));
  }
  if (!field_path.empty()) involved.set("fieldPath", field_path);
  event.set("reason", reason);
  event.set("message", message);
  NodeRef source = event.ensure_map("source");
  source.set("component", s.component);
  if (!s.host.empty()) source.set("host", s.host);
  event.set("firstTimestamp", now);
  event.set("lastTimestamp", now);
  event.set("count", 1);
  event.set("type", type);
  event.set("reportingComponent", s.component);
  if (!s.host.empty()) event.set("reportingInstance", s.host);
  if (!s.started) {
    s.started = true;
    s.tasks.spawn("events", [state = state_.get()] { return state->run(); });
  }
  if (!s.queue.try_send(std::move(write))) log::debug("too many events: one dropped", {{"reason", reason}});
}

Task<> EventRecorder::stop() {
  state_->queue.close();
  (void)co_await with_deadline(state_->clock, std::chrono::seconds(1), drained());
  co_await state_->tasks.stop();
}

Task<Result<>> EventRecorder::drained() {
  co_await state_->tasks.join();
  co_return ok();
}

}  // namespace knarr::client
