// SPDX-License-Identifier: Apache-2.0
// The cache of all resources: hands the store's events to theirs, keeps the window, wakes who waits
// for a revision.
#include "apiserver/watch_cache/watch_cache.h"

#include "apiserver/watch_cache/resource_cache.h"
#include "apiserver/watch_cache/window.h"
#include "base/event.h"
#include "base/log.h"

#include <map>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

namespace knarr::apiserver {
namespace {

constexpr log::Logger kLog("watch cache");

class Cache final : public WatchCache {
 public:
  Cache(store::Store& store, Executor& strand, Clock& clock, WatchCacheLimits limits)
      : store_(store),
        strand_(strand),
        clock_(clock),
        shared_(std::make_shared<CacheClock>(store, clock, limits.window_age)),
        window_(limits) {}

  ResourceCache& add(std::string prefix, const StorageDecoder& decoder) override {
    return *make(std::move(prefix), decoder);
  }

  Task<Result<ResourceCache*>> open(std::string prefix, const StorageDecoder& decoder) override {
    return load_new(make(std::move(prefix), decoder));
  }

  void close(ResourceCache& resource) override {
    auto& cached = static_cast<CachedResource&>(resource);
    cached.end();
    resources_.erase(cached.prefix());
  }

  Task<Result<>> start() override {
    CO_TRY(co_await store_.subscribe(
        strand_, [this, alive = std::weak_ptr(alive_)](store::EventBatch batch) {
          if (!alive.expired()) apply(batch);
        }));
    co_return co_await load("", nullptr);
  }

  Task<> stop() override {
    stopped_ = true;
    for (const auto& [prefix, resource] : resources_) resource->end();
    shared_->stop();
    reached_.notify();
    co_return;
  }

  [[nodiscard]] Revision revision() const override { return shared_->revision(); }

  Task<Result<>> wait_for(Revision revision, std::chrono::milliseconds patience) override {
    if (revision <= shared_->revision()) co_return ok();
    auto waited = co_await with_deadline(clock_, patience, wait_until(revision));
    if (!waited && waited.error().is(Reason::Timeout)) {
      co_return Error(Reason::Timeout, fmt::format("Too large resource version: {}, current: {}",
                                                   revision, shared_->revision()))
          .with_causes({{"ResourceVersionTooLarge", "", "Too large resource version"}})
          .with_retry_after(std::chrono::seconds(1));
    }
    co_return waited;
  }

 private:
  using Loading = std::unordered_map<CachedResource*, Tree>;

  std::shared_ptr<CachedResource> make(std::string prefix, const StorageDecoder& decoder) {
    CHECK(prefix.ends_with('/') && !resources_.contains(prefix));
    auto resource = std::make_shared<CachedResource>(prefix, decoder, shared_);
    resources_.emplace(std::move(prefix), resource);
    return resource;
  }

  Task<Result<ResourceCache*>> load_new(std::shared_ptr<CachedResource> resource) {
    auto loaded = co_await load(resource->prefix(), resource);
    if (!loaded) {
      close(*resource);
      co_return std::move(loaded).error();
    }
    co_return resource.get();
  }

  // The resource of a storage key: of the prefixes that end in a slash, the longest.
  [[nodiscard]] CachedResource* find(std::string_view key) const {
    for (std::size_t slash = key.rfind('/'); slash != std::string_view::npos && slash > 0;
         slash = key.rfind('/', slash - 1)) {
      const auto found = resources_.find(key.substr(0, slash + 1));
      if (found != resources_.end()) return found->second.get();
    }
    return nullptr;
  }

  // Loads one resource, or all. Events up to the revision loaded came before and were for a
  // resource not loaded yet; later ones come afterwards.
  Task<Result<>> load(std::string prefix, std::shared_ptr<CachedResource> only) {
    Loading loading;
    const Revision revision =
        CO_TRY(co_await store_.load(prefix, [this, &loading, &only](const store::Pair& pair) {
          // On the store's thread, while this strand leaves resources_ alone.
          CachedResource* const resource = only != nullptr ? only.get() : find(pair.key);
          if (resource == nullptr) return ok();
          auto item = resource->decode(pair);
          if (item) {
            loading[resource].put(std::move(*item));
          } else {
            kLog.error("an object is left out", {{"key", pair.key}, {"error", item.error()}});
          }
          return ok();
        }));
    if (only != nullptr) {
      only->loaded(std::move(loading[only.get()]), revision);
    } else {
      for (const auto& [name, resource] : resources_)
        resource->loaded(std::move(loading[resource.get()]), revision);
    }
    reach(revision);
    co_return ok();
  }

  void apply(const store::EventBatch& batch) {
    if (stopped_) return;
    const SteadyTime now = clock_.steady_now();
    std::vector<CachedResource*> touched;
    for (const store::Event& event : batch.events) {
      CachedResource* const resource = find(event.key);
      if (resource == nullptr) continue;
      const std::size_t bytes = resource->apply(event);
      if (bytes == 0) continue;
      window_.add(resource->shared_from_this(), bytes, now);
      if (touched.empty() || touched.back() != resource) touched.push_back(resource);
    }
    reach(batch.revision);
    for (CachedResource* resource : touched) resource->wake();
    window_.trim(now);
  }

  void reach(Revision revision) {
    if (revision <= shared_->revision()) return;
    shared_->reach(revision);
    reached_.notify();
  }

  Task<Result<>> wait_until(Revision revision) {
    while (true) {
      const std::uint64_t seen = reached_.generation();
      if (revision <= shared_->revision()) co_return ok();
      if (stopped_) co_return Error(Reason::ServiceUnavailable, "the server is stopping");
      CO_TRY(co_await reached_.changed(seen));
    }
  }

  store::Store& store_;
  Executor& strand_;
  Clock& clock_;
  const std::shared_ptr<CacheClock> shared_;
  Window window_;
  std::map<std::string, std::shared_ptr<CachedResource>, std::less<>> resources_;
  Notify reached_;
  bool stopped_ = false;
  // The store's events may come after the cache, on the same strand.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<WatchCache> make_watch_cache(store::Store& store, Executor& strand, Clock& clock,
                                             WatchCacheLimits limits) {
  return std::make_unique<Cache>(store, strand, clock, limits);
}

}  // namespace knarr::apiserver
