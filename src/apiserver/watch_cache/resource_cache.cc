// SPDX-License-Identifier: Apache-2.0
// Applying events, reading the past, and watching.
#include "apiserver/watch_cache/resource_cache.h"

#include "base/log.h"
#include "object/draft.h"

#include <algorithm>

#include <fmt/format.h>

namespace knarr::apiserver {

using object::Document;

namespace {

constexpr log::Logger kLog("watch cache");
constexpr std::size_t kRecentSnapshots = 4;
constexpr std::size_t kEventBytes = sizeof(CacheEvent) + 32;  // With its entry in the window.

// The document with this revision in its header: itself while it has none, else a copy.
Document with_revision(Document document, Revision revision) {
  if (document.resource_version() != 0 && document.resource_version() != revision) {
    document = object::Draft::freeze(object::Draft::from(document.root()).root());
  }
  document.set_resource_version(revision);
  return document;
}

}  // namespace

class CacheWatcher final : public Watcher {
 public:
  CacheWatcher(std::shared_ptr<CachedResource> resource, Revision since, std::string prefix,
               std::uint64_t place)
      : resource_(std::move(resource)),
        prefix_(std::move(prefix)),
        since_(since),
        told_(since),
        progress_(since),
        place_(place) {
    resource_->watchers_.push_back(this);
  }
  ~CacheWatcher() override { std::erase(resource_->watchers_, this); }

  Task<Result<CacheEvent>> next() override {
    while (true) {
      signal_.reset();
      if (std::optional<CacheEvent> event = poll()) co_return std::move(*event);
      if (place_ < resource_->first_) {
        co_return Error(Reason::Expired,
                        fmt::format("too old resource version: {} ({})", told_, resource_->floor_));
      }
      if (resource_->ended_)
        co_return Error(Reason::ServiceUnavailable, "the collection is not served any more");
      CO_TRY(co_await signal_.wait());
    }
  }

  std::optional<CacheEvent> poll() override {
    if (place_ < resource_->first_) return std::nullopt;
    skip();
    if (place_ == resource_->end_of_window()) return std::nullopt;
    const CacheEvent& event = resource_->at(place_);
    ++place_;
    told_ = event.revision;
    return event;
  }

  [[nodiscard]] Revision progress() const override {
    if (place_ < resource_->first_) return progress_;
    skip();
    Revision known = resource_->clock_->revision();
    if (place_ != resource_->end_of_window()) known = resource_->at(place_).revision - 1;
    return progress_ = std::max(progress_, known);
  }

  // Called after events were added. True when one of them is for this watcher.
  bool wants() {
    if (place_ < resource_->first_) return true;  // To learn that it is too late.
    skip();
    return place_ != resource_->end_of_window();
  }
  void wake() { signal_.set(); }

 private:
  [[nodiscard]] bool matches(const CacheEvent& event) const {
    return event.revision > since_ && event.key.starts_with(prefix_);
  }
  // Over what is not for this watcher.
  void skip() const {
    const std::uint64_t end = resource_->end_of_window();
    while (place_ < end && !matches(resource_->at(place_))) ++place_;
  }

  const std::shared_ptr<CachedResource> resource_;
  const std::string prefix_;
  const Revision since_;
  Revision told_;                // The last event's revision; at first `since`.
  mutable Revision progress_;    // What progress() said last.
  mutable std::uint64_t place_;  // The sequence number of the next event to look at.
  Event signal_;
};

CachedResource::~CachedResource() = default;

Snapshot CachedResource::snapshot() const {
  return {tree_, clock_->revision()};
}

Result<Snapshot> CachedResource::snapshot_at(Revision revision) const {
  if (revision < std::max(floor_, clock_->floor()) || revision > clock_->revision()) {
    return Error(Reason::Expired,
                 fmt::format("too old resource version: {} ({})", revision, floor_));
  }
  if (events_.empty() || events_.back().revision <= revision) return Snapshot(tree_, revision);
  for (const Snapshot& recent : recent_) {
    if (recent.revision() == revision) return recent;
  }
  Snapshot snapshot(undo_to(revision), revision);
  recent_.push_back(snapshot);
  if (recent_.size() > kRecentSnapshots) recent_.pop_front();
  return snapshot;
}

Tree CachedResource::undo_to(Revision revision) const {
  Tree tree = tree_;
  for (auto event = events_.rbegin(); event != events_.rend() && event->revision > revision;
       ++event) {
    if (!event->previous) {
      tree.erase(event->key);
    } else {
      tree.put({.key = event->key,
                .object = event->previous,
                .created = event->created,
                .modified = event->previous.resource_version(),
                .storage_key = event->storage_key});
    }
  }
  return tree;
}

Result<std::unique_ptr<Watcher>> CachedResource::watch(Revision since, std::string key_prefix) {
  if (ended_) return Error(Reason::ServiceUnavailable, "the collection is not served any more");
  if (since < floor_) {
    return Error(Reason::Expired, fmt::format("too old resource version: {} ({})", since, floor_));
  }
  const auto begin = std::ranges::upper_bound(events_, since, {}, &CacheEvent::revision);
  const std::uint64_t place = first_ + static_cast<std::uint64_t>(begin - events_.begin());
  return std::make_unique<CacheWatcher>(shared_from_this(), since, std::move(key_prefix), place);
}

Result<CacheItem> CachedResource::decode(const store::Pair& pair) const {
  CacheItem item {
    .key = {}, .object = with_revision(TRY(decoder_.decode(pair.key, pair.value)), pair.modified),
    .created = pair.created, .modified = pair.modified, .storage_key = pair.key
  };
  item.key = item.storage_key.view().substr(prefix_.size());
  return item;
}

void CachedResource::loaded(Tree tree, Revision revision) {
  tree_ = std::move(tree);
  floor_ = revision;
  loaded_ = true;
}

Document CachedResource::document_of(const store::Event& event) const {
  if (const auto* attached = event.attachment.as<Document>(); attached != nullptr && *attached)
    return *attached;
  if (event.type == store::Event::Type::Delete) return {};
  auto decoded = decoder_.decode(event.key, event.value);
  if (decoded) return with_revision(std::move(*decoded), event.revision);
  kLog.error("an object is left out", {{"key", event.key.view()}, {"error", decoded.error()}});
  return {};
}

std::size_t CachedResource::apply(const store::Event& event) {
  if (!loaded_ || ended_ || event.revision <= floor_) return 0;
  CacheEvent mine{.type = CacheEvent::Type::Put,
                  .key = event.key.view().substr(prefix_.size()),
                  .object = document_of(event),
                  .previous = {},
                  .revision = event.revision,
                  .created = event.created,
                  .storage_key = event.key};
  const CacheItem* before = tree_.find(mine.key);
  if (before != nullptr) mine.previous = before->object;
  if (event.type == store::Event::Type::Delete || !mine.object) {
    if (before == nullptr) return 0;  // It was left out when it was loaded or written.
    if (!mine.object) mine.object = with_revision(mine.previous, event.revision);
    mine.type = CacheEvent::Type::Delete;
    tree_.erase(mine.key);
  } else {
    tree_.put({.key = mine.key,
               .object = mine.object,
               .created = event.created,
               .modified = event.revision,
               .storage_key = event.key});
  }
  std::size_t bytes = kEventBytes + mine.previous.size_bytes();
  if (mine.type == CacheEvent::Type::Delete) bytes += mine.object.size_bytes();
  events_.push_back(std::move(mine));
  return bytes;
}

void CachedResource::wake() {
  if (woken_to_ == end_of_window()) return;
  woken_to_ = end_of_window();
  for (CacheWatcher* watcher : watchers_) {
    if (watcher->wants()) watcher->wake();
  }
}

void CachedResource::drop_oldest() {
  floor_ = std::max(floor_, events_.front().revision);
  events_.pop_front();
  ++first_;
  std::erase_if(recent_, [this](const Snapshot& recent) { return recent.revision() < floor_; });
}

void CachedResource::end() {
  ended_ = true;
  for (CacheWatcher* watcher : watchers_) watcher->wake();
}

}  // namespace knarr::apiserver
