// SPDX-License-Identifier: Apache-2.0
// FakeApi: a Transport over a few objects in memory, with watches, bindings and status patches: just
// enough of an API for the scheduler's tests.
#pragma once

#include "base/channel.h"
#include "client/resources.h"
#include "client/transport.h"
#include "scheduler/testing/objects.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace knarr::scheduler::testing {

class FakeApi final : public client::Transport {
 public:
  using Doc = object::Document;

  void put(std::string_view plural, const Doc& object) {
    auto& slot = objects_[std::string(plural)][client::key_of(object)];
    const bool known = static_cast<bool>(slot);
    slot = at_revision(object, ++revision_);
    tell(plural, known ? client::WatchEvent::Type::Modified : client::WatchEvent::Type::Added, slot);
  }
  void erase(std::string_view plural, const std::string& key) {
    auto& all = objects_[std::string(plural)];
    const Doc last = at_revision(all.at(key), ++revision_);
    all.erase(key);
    tell(plural, client::WatchEvent::Type::Deleted, last);
  }
  Doc pod(const std::string& name) { return objects_["pods"]["ns/" + name]; }
  /// "" while it has none.
  std::string node_of(const std::string& name) {
    return std::string(pod(name)["spec"]["nodeName"].as_string());
  }
  std::string condition_of(const std::string& name) {
    object::Value condition = pod(name)["status"]["conditions"].at(0);
    return fmt::format("{}: {}", condition["reason"].as_string(), condition["message"].as_string());
  }

  std::vector<std::string> events;  // "Normal Scheduled ..."
  int bindings = 0;
  int refuse_bindings = 0;  // So many are refused.

  Task<Result<Doc>> get(client::Target) override { co_return Error(Reason::NotFound, "no"); }
  Task<Result<client::List>> list(client::Target, client::ListOptions) override {
    co_return client::List{};
  }
  Task<Result<std::unique_ptr<client::Watch>>> watch(client::Target target,
                                                     client::WatchOptions) override {
    auto queue = std::make_shared<Channel<client::WatchEvent>>(10'000);
    const std::string plural(target.resource.plural);
    for (const auto& [key, object] : objects_[plural]) {
      (void)queue->try_send({client::WatchEvent::Type::Added, object, revision_});
    }
    (void)queue->try_send({client::WatchEvent::Type::Bookmark, {}, ++revision_, true});
    watches_[plural].push_back(queue);
    co_return std::make_unique<Stream>(queue);
  }
  Task<Result<Doc>> create(client::Target target, object::Draft object, client::WriteOptions) override {
    const Doc given = object.freeze();
    if (target.resource.plural == "events") {
      events.push_back(fmt::format("{} {} {}", given["type"].as_string(), given["reason"].as_string(),
                                   given["message"].as_string()));
      co_return given;
    }
    CHECK(target.subresource == "binding");
    ++bindings;
    co_await yield();
    if (refuse_bindings > 0) {
      --refuse_bindings;
      co_return Error(Reason::InternalError, "no luck");
    }
    object::Draft bound = object::Draft::from(pod(target.name).root());
    bound.root().ensure_map("spec").set("nodeName", given["target"]["name"].as_string());
    put("pods", bound.freeze());
    co_return given;
  }
  Task<Result<Doc>> update(client::Target, object::Draft, client::WriteOptions) override {
    co_return Error(Reason::NotFound, "no");
  }
  Task<Result<Doc>> patch(client::Target target, client::PatchType, object::Draft patch,
                          client::WriteOptions) override {
    if (target.resource.plural != "pods") co_return Error(Reason::NotFound, "no");
    object::Draft pod_now = object::Draft::from(pod(target.name).root());
    for (const auto [key, atom, value] : patch.root()["status"].entries()) {
      pod_now.root().ensure_map("status").ensure(key).assign(value);
    }
    put("pods", pod_now.freeze());
    co_return pod(target.name);
  }
  Task<Result<Doc>> remove(client::Target target, client::DeleteOptions) override {
    erase("pods", "ns/" + target.name);
    co_return Doc();
  }

 private:
  struct Stream final : client::Watch {
    explicit Stream(std::shared_ptr<Channel<client::WatchEvent>> queue_) : queue(std::move(queue_)) {}
    Task<Result<client::WatchEvent>> next() override {
      auto event = CO_TRY(co_await queue->recv());
      co_return std::move(*event);
    }
    std::shared_ptr<Channel<client::WatchEvent>> queue;
  };
  void tell(std::string_view plural, client::WatchEvent::Type type, const Doc& object) {
    for (const auto& watch : watches_[std::string(plural)]) {
      (void)watch->try_send({type, object, revision_});
    }
  }

  std::uint64_t revision_ = 0;
  std::map<std::string, std::map<std::string, Doc>> objects_;
  std::map<std::string, std::vector<std::shared_ptr<Channel<client::WatchEvent>>>> watches_;
};

}  // namespace knarr::scheduler::testing
