// SPDX-License-Identifier: Apache-2.0
// WATCH: the cache's events as a client may see them: selectors, versions, synthetic beginnings,
// bookmarks, the end of its time (BEHAVIOURS 24-31, 136).
#include "apiserver/endpoints/list_options.h"

#include <deque>

namespace knarr::apiserver {

using object::Document;
using object::Draft;
namespace atom = object::atom;

namespace {

constexpr std::chrono::seconds kMinimumTimeout{1800};  // BEHAVIOURS 30.
constexpr std::chrono::seconds kBookmarkEvery{60};

class Stream final : public WatchStream {
 public:
  Stream(Registry& registry, const Served& served, Selection selection, bool bookmarks,
         SteadyTime end)
      : registry_(registry),
        served_(served),
        selection_(std::move(selection)),
        bookmarks_(bookmarks),
        end_(end),
        next_bookmark_(registry.clock().steady_now() + kBookmarkEvery) {}

  void begin(const Snapshot& snapshot, bool initial_end) {
    initial_ = snapshot;
    initial_from_ = selection_.key_prefix;
    in_initial_ = true;
    initial_end_ = initial_end;
  }
  void follow(std::unique_ptr<Watcher> watcher) { watcher_ = std::move(watcher); }
  void fail(Error error) { failure_ = std::move(error); }

  Task<Result<WatchItem>> next() override {
    for (;;) {
      if (auto item = poll()) co_return std::move(*item);
      if (finished_ || watcher_ == nullptr) co_return Error::cancelled();
      const SteadyTime now = registry_.clock().steady_now();
      if (now >= end_) {
        finished_ = true;
        if (!bookmarks_) co_return Error::cancelled();
        co_return bookmark(watcher_->progress(), false);
      }
      if (bookmarks_ && now >= next_bookmark_) {
        next_bookmark_ = now + kBookmarkEvery;
        if (watcher_->progress() > told_) co_return bookmark(watcher_->progress(), false);
      }
      const SteadyTime until = bookmarks_ ? std::min(end_, next_bookmark_) : end_;
      auto event = co_await with_deadline(registry_.clock(), until - now, watcher_->next());
      if (!event && event.error().is(Reason::Timeout)) continue;
      if (!event && event.error().is(Reason::Cancelled)) co_return std::move(event).error();
      if (!event) {
        failure_ = std::move(event).error();
      } else if (auto item = convert(*event)) {
        co_return std::move(*item);
      }
    }
  }

  std::optional<WatchItem> poll() override {
    if (failure_) {
      finished_ = true;
      watcher_.reset();
      WatchItem item{.type = WatchItem::Type::Error, .object = {}, .error = std::move(failure_)};
      failure_.reset();
      return item;
    }
    if (in_initial_) {
      if (auto item = next_initial()) return item;
    }
    while (watcher_ != nullptr) {
      auto event = watcher_->poll();
      if (!event) return std::nullopt;
      if (auto item = convert(*event)) return item;
    }
    return std::nullopt;
  }

 private:
  std::optional<WatchItem> next_initial() {
    for (const CacheItem* item = initial_from_.empty() || !started_ ? initial_.lower_bound(initial_from_)
                                                                    : initial_.after(initial_from_);
         item != nullptr; item = initial_.after(item->key)) {
      if (!item->key.starts_with(selection_.key_prefix)) break;
      started_ = true;
      initial_from_ = item->key;
      if (!selection_.matches(item->object)) continue;
      return WatchItem{.type = WatchItem::Type::Added,
                       .object = registry_.to_served(served_, item->object),
                       .error = {}};
    }
    in_initial_ = false;
    const Revision revision = initial_.revision();
    initial_ = {};
    if (!initial_end_) return std::nullopt;
    return bookmark(revision, true);
  }

  // The transition of one object as seen through the selectors (BEHAVIOURS 25-27).
  std::optional<WatchItem> convert(const CacheEvent& event) {
    if (event.type == CacheEvent::Type::Progress) return std::nullopt;
    const bool gone = event.type == CacheEvent::Type::Delete;
    const Document& last = event.previous ? event.previous : event.object;
    const bool before = (gone || event.previous) && selection_.matches(last);
    const bool now = !gone && selection_.matches(event.object);
    if (!before && !now) return std::nullopt;
    told_ = event.revision;
    if (now) {
      return WatchItem{.type = before ? WatchItem::Type::Modified : WatchItem::Type::Added,
                       .object = registry_.to_served(served_, event.object),
                       .error = {}};
    }
    Document object = event.object;
    if (!gone) {  // It stopped matching: its last matching state, at the new revision.
      object = Draft::freeze(Draft::from(last.root()).root());
      object.set_resource_version(event.revision);
    }
    object = registry_.to_served(served_, object);
    return WatchItem{.type = WatchItem::Type::Deleted, .object = std::move(object), .error = {}};
  }

  WatchItem bookmark(Revision revision, bool initial_end) {
    told_ = std::max(told_, revision);
    Draft draft;
    draft.root().ensure_map("metadata");
    Document object = draft.freeze();
    object.set_resource_version(revision);
    return WatchItem{.type = WatchItem::Type::Bookmark,
                     .object = std::move(object),
                     .initial_events_end = initial_end,
                     .error = {}};
  }

  Registry& registry_;
  const Served& served_;
  Selection selection_;
  bool bookmarks_;
  SteadyTime end_;
  SteadyTime next_bookmark_;
  Revision told_ = 0;

  Snapshot initial_;
  std::string initial_from_;
  bool in_initial_ = false;
  bool started_ = false;
  bool initial_end_ = false;
  bool finished_ = false;
  std::unique_ptr<Watcher> watcher_;
  std::optional<Error> failure_;
};

Task<Result<ApiReply>> watch(Call* call) {
  Registry& registry = call->parts->registry;
  ListOptions options = CO_TRY(read_list_options(*call));
  const Revision since = CO_TRY(parse_version(options.resource_version));
  const auto spread = std::chrono::seconds(
      static_cast<std::int64_t>(registry.rng().below(static_cast<std::uint64_t>(kMinimumTimeout.count()))));
  const std::chrono::seconds timeout =
      options.timeout && options.timeout->count() > 0 ? *options.timeout : kMinimumTimeout + spread;
  const bool initial = options.send_initial_events ? *options.send_initial_events : since == 0;
  if (options.send_initial_events.value_or(false)) {
    CO_TRY(co_await wait_for_version(registry.cache(), options.resource_version));
  }
  const std::string prefix = options.selection.key_prefix;
  auto stream = std::make_unique<Stream>(registry, *call->served, std::move(options.selection),
                                         options.bookmarks,
                                         registry.clock().steady_now() + timeout);
  ResourceCache& cache = *call->collection().cache;
  Revision from = since;
  if (initial || since == 0) {
    const Snapshot snapshot = cache.snapshot();
    from = snapshot.revision();
    if (initial) {
      stream->begin(snapshot, options.send_initial_events.value_or(false) && options.bookmarks);
    }
  }
  auto watcher = cache.watch(from, prefix);
  if (watcher) {
    stream->follow(std::move(*watcher));
  } else {
    // HTTP 200 and an ERROR event (BEHAVIOURS 136).
    stream->fail(std::move(watcher).error());
  }
  ApiReply reply;
  reply.warnings = std::move(call->warnings);
  reply.body = WatchReply{std::move(stream), call->served->type, call->served->api_version,
                          call->served->row->kind(), call->served};
  co_return reply;
}

}  // namespace

Task<ApiReply> serve_watch(Call* call) {
  auto reply = co_await watch(call);
  if (!reply) co_return failed(*call, std::move(reply).error());
  co_return std::move(*reply);
}

}  // namespace knarr::apiserver
