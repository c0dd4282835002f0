// SPDX-License-Identifier: Apache-2.0
// The reflector (list and watch, resumed where it ended) and the indexed view it feeds.
#include "client/informer.h"

#include "base/event.h"
#include "base/log.h"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace knarr::client {

using object::Document;
namespace atom = object::atom;

namespace {

constexpr std::chrono::milliseconds kFirstRetry{200};
constexpr std::chrono::milliseconds kLongestRetry{30'000};

class View final : public Informer {
 public:
  View(Transport& transport, Clock& clock, Resource resource, InformerOptions options)
      : transport_(transport), clock_(clock), resource_(resource), options_(std::move(options)) {}

  [[nodiscard]] bool is_for(const Resource& resource, const InformerOptions& options) const {
    return resource.group == resource_.group && resource.version == resource_.version &&
           resource.plural == resource_.plural && options.namespace_ == options_.namespace_ &&
           options.label_selector == options_.label_selector &&
           options.field_selector == options_.field_selector;
  }

  void add_handler(Handler handler) override {
    for (const auto& [key, object] : objects_) {
      if (handler.added) handler.added(object);
    }
    handlers_.push_back(std::move(handler));
  }

  void add_index(std::string name, IndexFunction function) override {
    const auto [at, fresh] = indices_.try_emplace(std::move(name));
    if (!fresh) return;
    at->second.function = std::move(function);
    for (const auto& [key, object] : objects_) at->second.add(key, object);
  }

  [[nodiscard]] Document get(std::string_view key) const override {
    const auto found = objects_.find(key);
    return found == objects_.end() ? Document() : found->second;
  }
  [[nodiscard]] std::vector<Document> all() const override {
    std::vector<Document> result;
    result.reserve(objects_.size());
    for (const auto& [key, object] : objects_) result.push_back(object);
    return result;
  }
  [[nodiscard]] std::vector<Document> in_namespace(std::string_view namespace_) const override {
    std::vector<Document> result;
    const std::string prefix = std::string(namespace_) + "/";
    for (auto at = objects_.lower_bound(prefix);
         at != objects_.end() && at->first.starts_with(prefix); ++at) {
      result.push_back(at->second);
    }
    return result;
  }
  [[nodiscard]] std::vector<Document> by_index(std::string_view index,
                                               std::string_view value) const override {
    std::vector<Document> result;
    const auto found = indices_.find(index);
    if (found == indices_.end()) return result;
    const auto keys = found->second.keys.find(value);
    if (keys == found->second.keys.end()) return result;
    for (const std::string& key : keys->second) result.push_back(get(key));
    return result;
  }
  [[nodiscard]] std::size_t size() const override { return objects_.size(); }
  [[nodiscard]] bool is_synced() const override { return synced_.is_set(); }
  Task<Result<>> wait_synced() override { co_return co_await synced_.wait(); }

  Task<> run() {
    std::chrono::milliseconds delay = kFirstRetry;
    for (;;) {
      auto ended = co_await follow();
      if (ended.error().is(Reason::Cancelled)) co_return;
      if (ended.error().is(Reason::Gone)) {  // The server ended the watch: go on from there.
        delay = kFirstRetry;
        continue;
      }
      if (ended.error().is(Reason::Expired)) {
        revision_ = 0;
      } else {
        log::warn("watch failed", {{"resource", resource_.plural}, {"error", ended.error()}});
      }
      if (!co_await clock_.sleep(delay)) co_return;
      delay = std::min(delay * 2, kLongestRetry);
    }
  }

  void reset() {
    objects_.clear();
    for (auto& [name, index] : indices_) index.keys.clear();
    synced_.reset();
    revision_ = 0;
  }

 private:
  struct Index {
    IndexFunction function;
    std::map<std::string, std::set<std::string>, std::less<>> keys;
    void add(const std::string& key, const Document& object) {
      for (std::string& value : function(object)) keys[std::move(value)].insert(key);
    }
    void remove(const std::string& key, const Document& object) {
      for (const std::string& value : function(object)) {
        const auto found = keys.find(value);
        if (found == keys.end()) continue;
        found->second.erase(key);
        if (found->second.empty()) keys.erase(found);
      }
    }
  };

  // Watches until an error. From nothing it begins with all objects (WatchList).
  Task<Result<>> follow() {
    Target target{resource_, options_.namespace_, "", ""};
    const bool initial = revision_ == 0;
    WatchOptions watch_options{.label_selector = options_.label_selector,
                               .field_selector = options_.field_selector,
                               .since = revision_,
                               .initial_events = initial};
    auto watch = CO_TRY(co_await transport_.watch(std::move(target), std::move(watch_options)));
    std::set<std::string> seen;
    bool replacing = initial;
    for (;;) {
      WatchEvent event = CO_TRY(co_await watch->next());
      if (event.type == WatchEvent::Type::Bookmark) {
        if (event.initial_events_end && replacing) {
          replacing = false;
          remove_unseen(seen);
          seen.clear();
          synced_.set();
        }
        if (!replacing) revision_ = std::max(revision_, event.revision);
        continue;
      }
      std::string key = key_of(event.object);
      if (replacing) seen.insert(key);
      if (event.type == WatchEvent::Type::Deleted) {
        if (!replacing) revision_ = event.revision;
        remove(key, &event.object);
      } else {
        if (!replacing) revision_ = event.revision;
        put(std::move(key), std::move(event.object));
      }
    }
  }

  void put(std::string key, Document object) {
    Document& slot = objects_[key];
    const Document before = std::exchange(slot, object);
    if (before && before.resource_version() == object.resource_version()) return;
    for (auto& [name, index] : indices_) {
      if (before) index.remove(key, before);
      index.add(key, object);
    }
    for (const Handler& handler : handlers_) {
      if (before && handler.updated) handler.updated(before, object);
      if (!before && handler.added) handler.added(object);
    }
  }

  void remove(const std::string& key, const Document* last) {
    const auto found = objects_.find(key);
    if (found == objects_.end()) return;
    const Document before = std::move(found->second);
    objects_.erase(found);
    for (auto& [name, index] : indices_) index.remove(key, before);
    for (const Handler& handler : handlers_) {
      if (handler.deleted) handler.deleted(last != nullptr ? *last : before);
    }
  }

  void remove_unseen(const std::set<std::string>& seen) {
    std::vector<std::string> gone;
    for (const auto& [key, object] : objects_) {
      if (!seen.contains(key)) gone.push_back(key);
    }
    for (const std::string& key : gone) remove(key, nullptr);
  }

  Transport& transport_;
  Clock& clock_;
  Resource resource_;
  InformerOptions options_;
  std::vector<Handler> handlers_;
  std::map<std::string, Document, std::less<>> objects_;
  std::map<std::string, Index, std::less<>> indices_;
  Event synced_;
  std::uint64_t revision_ = 0;
};

}  // namespace

ObjectKey key_of(const Document& object) {
  std::string key(object::namespace_of(object.root()));
  if (!key.empty()) key += '/';
  return key.append(object::name_of(object.root()));
}

std::pair<std::string_view, std::string_view> split_key(std::string_view key) {
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return {{}, key};
  return {key.substr(0, slash), key.substr(slash + 1)};
}

std::vector<std::string> index_by_controller(const Document& object) {
  for (object::Value owner : object[atom::metadata][atom::ownerReferences].items()) {
    if (owner[atom::controller].as_bool()) return {std::string(owner[atom::uid].as_string())};
  }
  return {};
}

std::vector<std::string> index_by_node(const Document& object) {
  const std::string_view node = object[atom::spec][atom::nodeName].as_string();
  return node.empty() ? std::vector<std::string>() : std::vector<std::string>{std::string(node)};
}

struct InformerFactory::State {
  State(Transport& transport_, Executor& strand_, Clock& clock_)
      : transport(transport_), strand(strand_), clock(clock_) {}
  Transport& transport;
  Executor& strand;
  Clock& clock;
  std::vector<std::unique_ptr<View>> views;
  std::size_t running = 0;  // The first ones of `views`.
  bool started = false;
  std::unique_ptr<TaskGroup> tasks;  // One for each start().
};

InformerFactory::InformerFactory(Transport& transport, Executor& strand, Clock& clock)
    : state_(std::make_unique<State>(transport, strand, clock)) {}
InformerFactory::~InformerFactory() = default;

Informer& InformerFactory::informer(const Resource& resource, InformerOptions options) {
  State& s = *state_;
  for (const auto& view : s.views) {
    if (view->is_for(resource, options)) return *view;
  }
  s.views.push_back(std::make_unique<View>(s.transport, s.clock, resource, std::move(options)));
  if (s.started) start();
  return *s.views.back();
}

void InformerFactory::start() {
  State& s = *state_;
  if (!s.started) s.tasks = std::make_unique<TaskGroup>(s.strand);
  s.started = true;
  for (; s.running < s.views.size(); ++s.running) {
    View* const view = s.views[s.running].get();
    s.tasks->spawn("informer", [view] { return view->run(); });
  }
}

Task<> InformerFactory::stop() {
  State& s = *state_;
  if (s.tasks) co_await s.tasks->stop();
  s.started = false;
  s.running = 0;
  for (const auto& view : s.views) view->reset();
}

Task<Result<>> InformerFactory::wait_synced() {
  for (std::size_t i = 0; i < state_->views.size(); ++i) {
    CO_TRY(co_await state_->views[i]->wait_synced());
  }
  co_return ok();
}

}  // namespace knarr::client
