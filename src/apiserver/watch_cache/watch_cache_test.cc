// SPDX-License-Identifier: Apache-2.0
// The watch cache over a real store in memory, on one thread under a simulated clock.
#include "apiserver/watch_cache/watch_cache.h"

#include "base/run_sync.h"
#include "base/testing/sim_clock.h"
#include "object/draft.h"
#include "store/memory_store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace knarr::apiserver {
namespace {

using object::Document;
using object::Draft;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

Document make_document(std::string_view text) {
  Draft draft;
  draft.root().set("text", text);
  return draft.freeze();
}

std::string text_of(const Document& document) {
  return document ? std::string(document["text"].as_string()) : "-";
}

// Bytes are the text itself; "bad" cannot be decoded.
class TextDecoder final : public StorageDecoder {
 public:
  [[nodiscard]] Result<Document> decode(std::string_view key,
                                        std::string_view bytes) const override {
    if (bytes == "bad") return Error(Reason::InternalError, fmt::format("{} is bad", key));
    return make_document(bytes);
  }
};

std::string describe(const CacheEvent& event) {
  return fmt::format("{} {} {}@{} was {}", event.type == CacheEvent::Type::Put ? "PUT" : "DELETE",
                     event.key, text_of(event.object), event.object.resource_version(),
                     text_of(event.previous));
}

class WatchCacheTest : public testing::Test {
 protected:
  void SetUp() override { open({}); }
  void TearDown() override {
    run(cache_->stop());
    cache_.reset();
    MUST(run(store_->stop()));
    store_.reset();
    loop_.run_until_idle();
  }
  void open(WatchCacheLimits limits) {
    disk_ = store::make_memory_disk();
    start(limits);
  }
  void start(WatchCacheLimits limits) {
    if (cache_ != nullptr) TearDown();
    store_ = store::make_memory_store(std::make_unique<Worker>(loop_), clock_, disk_);
    cache_ = make_watch_cache(*store_, loop_, clock_, limits);
    pods_ = &cache_->add("/registry/pods/", decoder_);
    nodes_ = &cache_->add("/registry/minions/", decoder_);
    MUST(run(cache_->start()));
  }

  template <typename T>
  T run(Task<T> task) {
    return run_sync(loop_, std::move(task));
  }
  Revision commit(store::Txn txn) {
    const Revision revision = MUST(run(store_->commit(std::move(txn)))).revision;
    loop_.run_until_idle();
    return revision;
  }
  // With its document, as the API server does.
  Revision put(const std::string& key, const std::string& text) {
    store::Txn txn;
    txn.put("/registry/" + key, text, make_document(text));
    return commit(std::move(txn));
  }
  // Bytes alone, as another server's write arrives.
  Revision put_bytes(const std::string& key, const std::string& text) {
    store::Txn txn;
    txn.put("/registry/" + key, text);
    return commit(std::move(txn));
  }
  Revision erase(const std::string& key) {
    store::Txn txn;
    txn.erase("/registry/" + key);
    return commit(std::move(txn));
  }
  static Lines items(const Snapshot& snapshot) {
    Lines lines;
    for (auto c = snapshot.from(""); c; c.next()) {
      EXPECT_EQ(c->object.resource_version(), c->modified);
      lines.push_back(
          fmt::format("{}={} {} {}", c->key, text_of(c->object), c->created, c->modified));
    }
    return lines;
  }
  static Lines events(Watcher& watcher) {
    Lines lines;
    while (auto event = watcher.poll()) lines.push_back(describe(*event));
    return lines;
  }

  ManualExecutor loop_;
  SimClock clock_{&loop_};
  TextDecoder decoder_;
  std::shared_ptr<store::MemoryDisk> disk_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<WatchCache> cache_;
  ResourceCache* pods_ = nullptr;
  ResourceCache* nodes_ = nullptr;
};

TEST_F(WatchCacheTest, FollowsTheStore) {
  put("pods/a/web", "1");
  put_bytes("pods/a/db", "1");
  put("minions/n1", "1");
  put("pods/a/web", "2");
  EXPECT_EQ(items(pods_->snapshot()), (Lines{"a/db=1 2 2", "a/web=2 1 4"}));
  EXPECT_EQ(items(nodes_->snapshot()), (Lines{"n1=1 3 3"}));
  erase("pods/a/db");
  EXPECT_EQ(items(pods_->snapshot()), (Lines{"a/web=2 1 4"}));
  EXPECT_EQ(pods_->snapshot().find("a/db"), nullptr);
  EXPECT_EQ(cache_->revision(), 5);
}

TEST_F(WatchCacheTest, AListHasTheRevisionOfItsTimeNotOfItsNewestItem) {  // BEHAVIOURS 23
  put("pods/a/web", "1");
  put("minions/n1", "1");
  EXPECT_EQ(pods_->snapshot().revision(), 2);
  EXPECT_EQ(nodes_->snapshot().revision(), 2);
}

TEST_F(WatchCacheTest, KeepsTheVeryDocumentOfTheWriter) {
  const Document document = make_document("1");
  store::Txn txn;
  txn.put("/registry/pods/a/web", "1", document);
  commit(std::move(txn));
  EXPECT_TRUE(pods_->snapshot().find("a/web")->object.same(document));
  EXPECT_EQ(document.resource_version(), 1);
}

TEST_F(WatchCacheTest, StartsFromWhatIsStoredAndLeavesOutWhatCannotBeRead) {
  put_bytes("pods/a/web", "1");
  put_bytes("pods/a/broken", "bad");
  put_bytes("minions/n1", "1");
  put_bytes("unknown/x", "1");
  start({});
  EXPECT_EQ(items(pods_->snapshot()), (Lines{"a/web=1 1 1"}));
  EXPECT_EQ(items(nodes_->snapshot()), (Lines{"n1=1 3 3"}));
  EXPECT_EQ(cache_->revision(), 4);
  auto watcher = MUST(pods_->watch(4, ""));
  erase("pods/a/broken");
  put_bytes("pods/a/broken", "good");
  put_bytes("pods/a/web", "bad");  // As good as gone.
  EXPECT_EQ(events(*watcher), (Lines{"PUT a/broken good@6 was -", "DELETE a/web 1@7 was 1"}));
}

TEST_F(WatchCacheTest, AWatchGivesExactlyTheEventsAfterARevision) {  // BEHAVIOURS 24
  put("pods/a/web", "1");
  auto all = MUST(pods_->watch(0, ""));
  auto later = MUST(pods_->watch(2, ""));
  put("pods/a/web", "2");
  put("minions/n1", "1");
  put("pods/b/db", "1");
  erase("pods/a/web");
  EXPECT_EQ(events(*all), (Lines{"PUT a/web 1@1 was -", "PUT a/web 2@2 was 1", "PUT b/db 1@4 was -",
                                 "DELETE a/web 2@5 was 2"}));
  EXPECT_EQ(events(*later), (Lines{"PUT b/db 1@4 was -", "DELETE a/web 2@5 was 2"}));
  EXPECT_EQ(events(*all), Lines{});
  EXPECT_EQ(all->progress(), 5);
  put("minions/n2", "1");
  EXPECT_EQ(all->progress(), 6);
}

TEST_F(WatchCacheTest, ADeletionCarriesTheObjectAtItsOwnRevision) {  // BEHAVIOURS 27
  put("pods/a/web", "1");
  put("pods/a/db", "1");
  auto watcher = MUST(pods_->watch(2, ""));
  erase("pods/a/web");
  store::Txn txn;
  txn.erase("/registry/pods/a/db", make_document("last"));
  commit(std::move(txn));
  EXPECT_EQ(events(*watcher), (Lines{"DELETE a/web 1@3 was 1", "DELETE a/db last@4 was 1"}));
}

TEST_F(WatchCacheTest, ATransactionIsSeenWholeAndInOrder) {  // BEHAVIOURS 28
  auto watcher = MUST(pods_->watch(0, ""));
  store::Txn txn;
  txn.put("/registry/pods/b", "1");
  txn.put("/registry/minions/n1", "1");
  txn.put("/registry/pods/a", "1");
  commit(std::move(txn));
  EXPECT_EQ(watcher->progress(), 0);
  ASSERT_TRUE(watcher->poll().has_value());
  EXPECT_EQ(watcher->progress(), 0);  // Half of revision 1 is not all of it.
  EXPECT_EQ(events(*watcher), (Lines{"PUT a 1@1 was -"}));
  EXPECT_EQ(watcher->progress(), 1);
}

TEST_F(WatchCacheTest, AWatchOfAPrefixSeesNoOther) {
  auto watcher = MUST(pods_->watch(0, "a/"));
  put("pods/a/web", "1");
  put("pods/ab/web", "1");
  put("pods/b/web", "1");
  EXPECT_EQ(events(*watcher), (Lines{"PUT a/web 1@1 was -"}));
  EXPECT_EQ(watcher->progress(), 3);
}

TEST_F(WatchCacheTest, AWatchFromTheFutureWaitsForIt) {  // BEHAVIOURS 135
  auto watcher = MUST(pods_->watch(2, ""));
  put("pods/a/web", "1");
  EXPECT_EQ(watcher->progress(), 2);
  put("pods/a/web", "2");
  EXPECT_EQ(events(*watcher), Lines{});
  put("pods/a/web", "3");
  EXPECT_EQ(events(*watcher), (Lines{"PUT a/web 3@3 was 2"}));
}

Task<std::string> next_text(Watcher* watcher) {
  auto event = co_await watcher->next();
  co_return event ? describe(*event) : event.error().message();
}

Task<> put_later(store::Store* store, std::string key, std::string text) {
  co_await yield();
  store::Txn txn;
  txn.put("/registry/" + key, text);
  MUST(co_await store->commit(std::move(txn)));
}

TEST_F(WatchCacheTest, AWaitingWatcherIsWokenByItsOwnEvents) {
  auto watcher = MUST(pods_->watch(0, "a/"));
  const auto [line, one, two, three] = run(
      all(next_text(watcher.get()), put_later(store_.get(), "pods/b/x", "1"),
          put_later(store_.get(), "minions/a/x", "1"), put_later(store_.get(), "pods/a/x", "2")));
  EXPECT_EQ(line, "PUT a/x 2@3 was -");
}

TEST_F(WatchCacheTest, AWaitCanBeCancelledAndTakenUpAgain) {
  auto watcher = MUST(pods_->watch(0, ""));
  CancelSource source;
  loop_.post([&] { source.cancel(); });
  EXPECT_EQ(run_sync(loop_, next_text(watcher.get()), source.token()), "cancelled");
  put("pods/a", "1");
  EXPECT_EQ(run(next_text(watcher.get())), "PUT a 1@1 was -");
}

TEST_F(WatchCacheTest, TooOldAWatchExpires) {  // BEHAVIOURS 24
  open({.window_bytes = 1U << 20, .window_events = 10, .window_age = 300s});
  auto slow = MUST(pods_->watch(0, ""));
  for (int i = 1; i <= 12; ++i) put("pods/a", std::to_string(i));
  EXPECT_TRUE(pods_->watch(1, "").error().is(Reason::Expired));
  auto watcher = MUST(pods_->watch(2, ""));
  EXPECT_EQ(events(*watcher).size(), 10);
  EXPECT_FALSE(slow->poll().has_value());
  EXPECT_EQ(run(next_text(slow.get())), "too old resource version: 0 (2)");
  EXPECT_TRUE(nodes_->watch(0, "").has_value());  // Nothing of it was lost.
}

TEST_F(WatchCacheTest, AWatchFromBeforeTheStartExpires) {
  put("pods/a", "1");
  put("pods/a", "2");
  start({});
  EXPECT_TRUE(pods_->watch(1, "").error().is(Reason::Expired));
  EXPECT_TRUE(pods_->watch(2, "").has_value());
}

TEST_F(WatchCacheTest, AWatcherThatIsUpToDateNeverExpires) {
  open({.window_bytes = 1000, .window_events = 10, .window_age = 300s});
  auto watcher = MUST(pods_->watch(0, "mine"));
  for (int i = 0; i < 100; ++i) {
    put("pods/other", "x");
    clock_.advance(10s);
  }
  EXPECT_EQ(watcher->progress(), 100);
  put("pods/mine", "1");
  EXPECT_EQ(events(*watcher), (Lines{"PUT mine 1@101 was -"}));
}

TEST_F(WatchCacheTest, TheWindowIsBoundedByBytesOfOldVersions) {
  open({.window_bytes = 100'000, .window_events = 100'000, .window_age = 300s});
  for (int i = 0; i < 100; ++i) {
    put("pods/a", std::string(10'000, 'x'));
    clock_.advance(3s);
  }
  EXPECT_TRUE(pods_->watch(90, "").error().is(Reason::Expired));
  EXPECT_TRUE(pods_->watch(93, "").has_value());
  // A burst stays for those who read it at once.
  auto watcher = MUST(pods_->watch(100, ""));
  for (int i = 0; i < 50; ++i) put("pods/a", std::string(10'000, 'x'));
  EXPECT_EQ(events(*watcher).size(), 50);
  for (int i = 0; i < 200; ++i) put("pods/a", std::string(10'000, 'x'));
  EXPECT_EQ(events(*watcher).size(), 0);
}

TEST_F(WatchCacheTest, TheWindowIsBoundedByAge) {
  put("pods/a", "1");
  put("pods/a", "2");
  clock_.advance(299s);
  put("minions/n1", "1");
  EXPECT_TRUE(pods_->watch(0, "").has_value());
  clock_.advance(2s);
  put("minions/n1", "2");
  EXPECT_TRUE(pods_->watch(0, "").error().is(Reason::Expired));
  EXPECT_TRUE(pods_->watch(2, "").has_value());
}

TEST_F(WatchCacheTest, GivesTheStateOfAnyRevisionInTheWindow) {  // BEHAVIOURS 32
  std::vector<Lines> states = {{}};
  for (int i = 0; i < 60; ++i) {
    const std::string key = fmt::format("pods/k{}", (i * 7) % 10);
    if (i % 3 == 2 && pods_->snapshot().find(key.substr(5)) != nullptr) {
      erase(key);
    } else {
      put(key, std::to_string(i));
    }
    states.push_back(items(pods_->snapshot()));
  }
  for (Revision revision = 0; revision < states.size(); ++revision) {
    const Snapshot snapshot = MUST(pods_->snapshot_at(revision));
    EXPECT_EQ(snapshot.revision(), revision);
    EXPECT_EQ(items(snapshot), states[revision]) << revision;
  }
  EXPECT_TRUE(pods_->snapshot_at(states.size()).error().is(Reason::Expired));
}

TEST_F(WatchCacheTest, StatesOfThePastExpireAfterFiveMinutes) {  // BEHAVIOURS 168
  put("pods/a", "1");
  const Snapshot kept = MUST(pods_->snapshot_at(1));
  for (int i = 0; i < 29; ++i) {
    clock_.advance(10s);
    put("minions/n1", "lease");
  }
  EXPECT_TRUE(pods_->snapshot_at(1).has_value());
  for (int i = 0; i < 3; ++i) {
    clock_.advance(10s);
    put("minions/n1", "lease");
  }
  EXPECT_TRUE(pods_->snapshot_at(1).error().is(Reason::Expired));  // Though no pod has changed.
  EXPECT_TRUE(pods_->snapshot_at(pods_->snapshot().revision()).has_value());
  EXPECT_EQ(items(kept), (Lines{"a=1 1 1"}));
}

TEST_F(WatchCacheTest, StatesOfThePastExpireWhenCompacted) {
  put("pods/a", "1");
  put("pods/a", "2");
  put("pods/a", "3");
  MUST(run(store_->compact(2)));
  EXPECT_TRUE(pods_->snapshot_at(1).error().is(Reason::Expired));
  EXPECT_TRUE(pods_->snapshot_at(2).has_value());
}

TEST_F(WatchCacheTest, CountsAndPages) {
  for (int i = 0; i < 500; ++i) put(fmt::format("pods/{}/p{:03}", i < 100 ? "a" : "b", i), "x");
  const Snapshot snapshot = pods_->snapshot();
  EXPECT_EQ(snapshot.size(), 500);
  EXPECT_EQ(snapshot.count("a/", "a0"), 100);
  EXPECT_EQ(snapshot.count("b/", ""), 400);
  EXPECT_EQ(snapshot.count("b/p300", "b0"), 200);
  EXPECT_EQ(snapshot.count("c", "a"), 0);
  EXPECT_EQ(snapshot.lower_bound("b/")->key, "b/p100");
  EXPECT_EQ(snapshot.after("b/p100")->key, "b/p101");
  EXPECT_EQ(snapshot.after("b/p499"), nullptr);
  erase("pods/b/p100");
  EXPECT_EQ(snapshot.lower_bound("b/")->key, "b/p100");
}

TEST_F(WatchCacheTest, WaitsForARevision) {
  EXPECT_TRUE(run(cache_->wait_for(0, 1s)).has_value());
  const auto [waited, written] =
      run(all(cache_->wait_for(1, 3s), put_later(store_.get(), "pods/a", "1")));
  EXPECT_TRUE(waited.has_value());

  std::optional<Result<>> late;
  TaskGroup tasks(loop_);
  tasks.spawn("wait", [&]() {
    return [](WatchCache* cache, std::optional<Result<>>* out) -> Task<> {
      out->emplace(co_await cache->wait_for(7, 3s));
    }(cache_.get(), &late);
  });
  clock_.advance(2s);
  EXPECT_FALSE(late.has_value());
  clock_.advance(1s);
  ASSERT_TRUE(late.has_value());  // BEHAVIOURS 135
  EXPECT_TRUE(late->error().is(Reason::Timeout));
  EXPECT_EQ(late->error().message(), "Too large resource version: 7, current: 1");
}

TEST_F(WatchCacheTest, ResourcesComeAndGoWhileRunning) {
  put("example.com/widgets/a", "1");
  ResourceCache* widgets = *run(cache_->open("/registry/example.com/widgets/", decoder_));
  EXPECT_EQ(items(widgets->snapshot()), (Lines{"a=1 1 1"}));
  auto watcher = MUST(widgets->watch(1, ""));
  put("example.com/widgets/b", "1");
  EXPECT_EQ(events(*watcher), (Lines{"PUT b 1@2 was -"}));
  put("example.com/widgets/c", "1");
  cache_->close(*widgets);
  EXPECT_EQ(run(next_text(watcher.get())), "PUT c 1@3 was -");  // What was there is still told.
  EXPECT_EQ(run(next_text(watcher.get())), "the collection is not served any more");
  put("example.com/widgets/d", "1");
  watcher.reset();
  widgets = *run(cache_->open("/registry/example.com/widgets/", decoder_));
  EXPECT_EQ(widgets->snapshot().size(), 4);
}

TEST_F(WatchCacheTest, StoppingEndsWatchersAndWaiters) {
  auto watcher = MUST(pods_->watch(0, ""));
  const auto [line, waited, stopped] =
      run(all(next_text(watcher.get()), cache_->wait_for(9, 3s), cache_->stop()));
  EXPECT_EQ(line, "the collection is not served any more");
  EXPECT_TRUE(waited.error().is(Reason::ServiceUnavailable));
  EXPECT_TRUE(pods_->watch(0, "").error().is(Reason::ServiceUnavailable));
}

}  // namespace
}  // namespace knarr::apiserver
