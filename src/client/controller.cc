// SPDX-License-Identifier: Apache-2.0
// The loop: wait for the caches, take keys, reconcile, come back to what failed.
#include "client/controller.h"

#include "base/log.h"

namespace knarr::client {

namespace atom = object::atom;

Controller::Controller(std::string name, LoopContext context, int workers)
    : name_(std::move(name)),
      context_(context),
      workers_(workers),
      queue_(context.clock) {}

Controller::~Controller() = default;

void Controller::start() {
  queue_.restart();
  tasks_ = std::make_unique<TaskGroup>(context_.strand);
  tasks_->spawn(name_, [this] { return run(); });
}

Task<> Controller::stop() {
  queue_.shut_down();
  if (tasks_) co_await tasks_->stop();
}

Task<> Controller::run() {
  if (!co_await context_.informers.wait_synced()) co_return;
  for (int i = 0; i < workers_; ++i) {
    tasks_->spawn(name_, [this] { return work(); });
  }
}

Task<> Controller::work() {
  for (;;) {
    auto key = co_await queue_.get();
    if (!key) co_return;
    auto result = co_await reconcile(*key);
    if (result) {
      queue_.forget(*key);
      if (result->after) queue_.add_after(*key, *result->after);
    } else if (!result.error().is(Reason::Cancelled)) {
      // Somebody else was faster: usual, and mended by the next round.
      if (!result.error().is(Reason::Conflict) && !result.error().is(Reason::NotFound)) {
        log::warn("reconcile failed",
                  {{"controller", name_}, {"key", *key}, {"error", result.error()}});
      }
      queue_.add_failed(*key);
    }
    queue_.done(*key);
  }
}

Handler Controller::enqueue_self() {
  return Handler{.added = [this](const object::Document& now) { queue_.add(key_of(now)); },
                 .updated = [this](const object::Document&,
                                   const object::Document& now) { queue_.add(key_of(now)); },
                 .deleted = [this](const object::Document& last) { queue_.add(key_of(last)); }};
}

Handler Controller::enqueue_controller_of(std::string_view kind) {
  const auto enqueue = [this, kind = std::string(kind)](const object::Document& object) {
    for (object::Value owner : object[atom::metadata][atom::ownerReferences].items()) {
      if (!owner[atom::controller].as_bool() || owner[atom::kind].as_string() != kind) continue;
      std::string key(object::namespace_of(object.root()));
      if (!key.empty()) key += '/';
      queue_.add(key.append(owner[atom::name].as_string()));
    }
  };
  return Handler{.added = enqueue,
                 .updated =
                     [enqueue](const object::Document& before, const object::Document& now) {
                       enqueue(before);  // It may have changed hands.
                       enqueue(now);
                     },
                 .deleted = enqueue};
}

}  // namespace knarr::client
